package dev.thresher.ccm.harvester.networks;

import dev.thresher.api.kubevirt.Network;
import dev.thresher.api.kubevirt.VirtualMachineInstance;
import dev.thresher.api.kubevirt.VirtualMachineInstanceNetworkInterface;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// The secondary networks of one machine and the guest's names of its cards there.
///
/// @param node name of the Node, or of the machine while it is none
/// @param byNetwork network as `namespace/name` to interface name, in the order of the machine's
///   specification; an empty name while the guest agent does not tell it
public record MachineCards(String node, Map<String, String> byNetwork) {

  public MachineCards {
    byNetwork = Collections.unmodifiableMap(new LinkedHashMap<>(byNetwork));
  }

  /// Two cards on one network: the first counts.
  public static MachineCards of(String node, VirtualMachineInstance instance) {
    String namespace = Objects.requireNonNullElse(instance.getMetadata().getNamespace(), "");
    Map<String, String> cards = new LinkedHashMap<>();
    for (Network network : list(instance.getSpec().getNetworks())) {
      if (network.getMultus() == null) {
        continue;
      }
      String definition = network.getMultus().getNetworkName();
      cards.putIfAbsent(
          definition.contains("/") ? definition : namespace + "/" + definition,
          interfaceName(instance, network.getName()));
    }
    return new MachineCards(node, cards);
  }

  private static String interfaceName(VirtualMachineInstance instance, String network) {
    var status = instance.getStatus();
    if (status == null) {
      return "";
    }
    for (VirtualMachineInstanceNetworkInterface card : list(status.getInterfaces())) {
      if (network.equals(card.getName())) {
        return Objects.requireNonNullElse(card.getInterfaceName(), "");
      }
    }
    return "";
  }

  private static <T> List<T> list(@Nullable List<T> list) {
    return list == null ? List.of() : list;
  }
}
