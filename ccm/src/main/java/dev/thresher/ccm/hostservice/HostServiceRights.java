package dev.thresher.ccm.hostservice;

import dev.thresher.api.CoreTypes;
import dev.thresher.ccm.rights.Right;
import java.util.List;
import java.util.stream.Stream;

/// What host Services take beyond reading machines: the rules of the roles that are shipped.
public final class HostServiceRights {

  private HostServiceRights() {}

  /// On the host, in the namespace of the machines.
  public static List<Right> host(String namespace) {
    return Stream.concat(
            Right.on(
                CoreTypes.SERVICE, namespace, "get", "list", "watch", "create", "patch", "delete"),
            Right.on(
                CoreTypes.ENDPOINT_SLICE, namespace, "list", "watch", "create", "patch", "delete"))
        .toList();
  }

  /// In the guest, if slices are written: which nodes have pods of a Service whose traffic policy
  /// is Local.
  public static List<Right> guest(BackEndSource backEnds) {
    return backEnds.mayWriteSlices()
        ? Right.on(CoreTypes.ENDPOINT_SLICE, "", "list", "watch").toList()
        : List.of();
  }
}
