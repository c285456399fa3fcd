package dev.thresher.loadbalancer.reconcile;

import static java.util.Objects.requireNonNullElse;

import dev.thresher.api.address.IpAddress;
import dev.thresher.api.address.IpFamily;
import dev.thresher.api.kubevirt.Network;
import dev.thresher.api.kubevirt.VirtualMachineInstance;
import dev.thresher.api.kubevirt.VirtualMachineInstanceNetworkInterface;
import dev.thresher.api.kubevirt.VirtualMachineInstanceSpec;
import dev.thresher.api.kubevirt.VirtualMachineInstanceStatus;
import java.util.Collection;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// The network cards of a machine at which traffic may arrive, and their addresses.
///
/// Interfaces that only the guest knows are not looked at: they are its own bridges and tunnels.
final class MachineCards {

  private final String asked;
  private final List<Network> networks;
  private final List<VirtualMachineInstanceNetworkInterface> reported;

  /// @param asked a network of the machine, or a NetworkAttachmentDefinition as `namespace/name`,
  ///   where a name without namespace in the machine's spec is of the machine's; empty for any
  MachineCards(String asked, VirtualMachineInstance instance) {
    this.asked = asked;
    List<Network> all =
        requireNonNullElse(instance.getSpec(), new VirtualMachineInstanceSpec()).getNetworks();
    this.networks =
        all.stream()
            .filter(network -> isAsked(network, instance.getMetadata().getNamespace()))
            .toList();
    this.reported =
        requireNonNullElse(instance.getStatus(), new VirtualMachineInstanceStatus())
            .getInterfaces();
  }

  private boolean isAsked(Network network, @Nullable String namespace) {
    if (asked.isEmpty()) {
      return true;
    }
    return asked.indexOf('/') < 0
        ? asked.equals(network.getName())
        : asked.equals(attachment(network, namespace));
  }

  private static String attachment(Network network, @Nullable String namespace) {
    String name = network.getMultus() == null ? "" : text(network.getMultus().getNetworkName());
    return name.isEmpty() || name.indexOf('/') >= 0 ? name : text(namespace) + "/" + name;
  }

  /// Whether a network was asked for that the machine has not.
  boolean areMissing() {
    return !asked.isEmpty() && networks.isEmpty();
  }

  /// The first usable address of each family, by the order of the networks in the spec.
  ///
  /// @param virtual whether an address moves between machines
  /// @param named addresses at which back ends answer; one of these goes before any other, since
  ///   node ports may be open on no other
  Map<IpFamily, IpAddress> addresses(Predicate<IpAddress> virtual, Set<IpAddress> named) {
    var addresses = new EnumMap<IpFamily, IpAddress>(IpFamily.class);
    networks.stream()
        .flatMap(this::of)
        .filter(address -> address.isReachable() && !virtual.test(address))
        .forEach(address ->
            addresses.merge(
                address.family(),
                address,
                (first, later) -> !named.contains(first) && named.contains(later) ? later : first));
    return addresses;
  }

  /// Whether any of these addresses is at a network of a host bridge, which the pod network is not.
  boolean areBridged(Collection<IpAddress> addresses) {
    return networks.stream()
        .filter(network -> network.getMultus() != null)
        .flatMap(this::of)
        .anyMatch(addresses::contains);
  }

  /// Every address that is reported of the machine, whatever it is asked for.
  Set<IpAddress> all() {
    return reported.stream()
        .flatMap(MachineCards::texts)
        .flatMap(text -> IpAddress.tryParse(text).stream())
        .collect(Collectors.toUnmodifiableSet());
  }

  private Stream<IpAddress> of(Network network) {
    return reported.stream()
        .filter(card -> text(network.getName()).equals(card.getName()))
        .flatMap(MachineCards::texts)
        .flatMap(text -> IpAddress.tryParse(text).stream());
  }

  private static Stream<String> texts(VirtualMachineInstanceNetworkInterface card) {
    return card.getIpAddresses().isEmpty()
        ? Stream.ofNullable(card.getIpAddress())
        : card.getIpAddresses().stream();
  }

  private static String text(@Nullable String value) {
    return value == null ? "" : value;
  }
}
