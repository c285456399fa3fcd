package dev.thresher.ccm.kubevirt;

import dev.thresher.api.CoreTypes;
import dev.thresher.api.kubevirt.KubeVirtTypes;
import dev.thresher.ccm.rights.Right;
import java.util.List;
import java.util.stream.Stream;

/// What the provider takes on the host to look after nodes: the rules of the role that is shipped.
public final class KubeVirtRights {

  private KubeVirtRights() {}

  /// In the namespace of the machines.
  public static List<Right> machines(String namespace) {
    return Stream.concat(
            Right.on(KubeVirtTypes.VIRTUAL_MACHINE, namespace, "list", "watch"),
            Right.on(KubeVirtTypes.VIRTUAL_MACHINE_INSTANCE, namespace, "list", "watch"))
        .toList();
  }

  /// In the whole host, for zones and regions.
  public static List<Right> hostNodes() {
    return Right.on(CoreTypes.NODE, "", "list", "watch").toList();
  }
}
