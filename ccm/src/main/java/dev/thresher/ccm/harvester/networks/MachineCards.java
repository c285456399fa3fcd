package dev.thresher.ccm.harvester.networks;

import dev.thresher.api.kubevirt.Network;
import dev.thresher.api.kubevirt.VirtualMachineInstance;
import dev.thresher.api.kubevirt.VirtualMachineInstanceNetworkInterface;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
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
      cards.putIfAbsent(definition(network, namespace), interfaceName(instance, network.getName()));
    }
    return new MachineCards(node, cards);
  }

  /// The addresses of a machine on one network, as its guest agent reports them.
  static List<String> addresses(VirtualMachineInstance instance, String network) {
    String namespace = Objects.requireNonNullElse(instance.getMetadata().getNamespace(), "");
    Set<String> names =
        list(instance.getSpec().getNetworks()).stream()
            .filter(on -> on.getMultus() != null)
            .filter(on -> network.equals(definition(on, namespace)))
            .map(Network::getName)
            .collect(Collectors.toSet());
    var status = instance.getStatus();
    return status == null
        ? List.of()
        : list(status.getInterfaces()).stream()
            .filter(card -> card.getName() != null && names.contains(card.getName()))
            .flatMap(card -> addresses(card).stream())
            .toList();
  }

  /// Where there is no list, the single field counts.
  public static List<String> addresses(VirtualMachineInstanceNetworkInterface card) {
    List<String> all = list(card.getIpAddresses());
    String one = card.getIpAddress();
    return !all.isEmpty() ? all : one == null || one.isEmpty() ? List.of() : List.of(one);
  }

  private static String definition(Network network, String namespace) {
    String name = network.getMultus().getNetworkName();
    return name.contains("/") ? name : namespace + "/" + name;
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
