package dev.thresher.loadbalancer.reconcile;

import static java.util.Objects.requireNonNullElse;

import dev.thresher.api.address.IpAddress;
import dev.thresher.api.address.IpFamily;
import dev.thresher.api.kubevirt.Network;
import dev.thresher.api.kubevirt.VirtualMachineInstance;
import dev.thresher.api.kubevirt.VirtualMachineInstanceNetworkInterface;
import dev.thresher.api.kubevirt.VirtualMachineInstanceSpec;
import dev.thresher.api.kubevirt.VirtualMachineInstanceStatus;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiPredicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// The network cards of a machine at which traffic may arrive, and their addresses.
///
/// Interfaces that only the guest knows are not looked at: they are its own bridges and tunnels.
final class MachineCards {

  private final String asked;
  private final String namespace;
  private final List<Network> networks;
  private final List<VirtualMachineInstanceNetworkInterface> reported;

  /// @param asked a network of the machine, or a NetworkAttachmentDefinition as `namespace/name`,
  ///   where a name without namespace in the machine's spec is of the machine's; empty for any
  MachineCards(String asked, VirtualMachineInstance instance) {
    this.asked = asked;
    this.namespace = text(instance.getMetadata().getNamespace());
    List<Network> all =
        requireNonNullElse(instance.getSpec(), new VirtualMachineInstanceSpec()).getNetworks();
    this.networks = all.stream().filter(this::isAsked).toList();
    this.reported =
        requireNonNullElse(instance.getStatus(), new VirtualMachineInstanceStatus())
            .getInterfaces();
  }

  private boolean isAsked(Network network) {
    if (asked.isEmpty()) {
      return true;
    }
    return asked.indexOf('/') < 0
        ? asked.equals(network.getName())
        : asked.equals(attachment(network));
  }

  /// `namespace/name`, empty for the pod network.
  private String attachment(Network network) {
    String name = network.getMultus() == null ? "" : text(network.getMultus().getNetworkName());
    return name.isEmpty() || name.indexOf('/') >= 0 ? name : namespace + "/" + name;
  }

  /// Whether a network was asked for that the machine has not.
  boolean areMissing() {
    return !asked.isEmpty() && networks.isEmpty();
  }

  /// The first usable address of each family, by the order of the networks in the spec.
  ///
  /// @param virtual whether an address at a network, `namespace/name` or empty for the pod network,
  ///   moves between machines
  /// @param named addresses at which back ends answer; one of these goes before any other, since
  ///   node ports may be open on no other
  Map<IpFamily, IpAddress> addresses(BiPredicate<String, IpAddress> virtual, Set<IpAddress> named) {
    var addresses = new EnumMap<IpFamily, IpAddress>(IpFamily.class);
    networks.stream()
        .flatMap(
            network -> of(network).filter(address -> !virtual.test(attachment(network), address)))
        .filter(IpAddress::isReachable)
        .forEach(address ->
            addresses.merge(
                address.family(),
                address,
                (first, later) -> !named.contains(first) && named.contains(later) ? later : first));
    return addresses;
  }

  /// Whether an address that is not reported at the moment may move between machines, at whichever
  /// of the networks it was.
  ///
  /// @param virtual as in [#addresses]
  boolean mayBeVirtual(IpAddress address, BiPredicate<String, IpAddress> virtual) {
    return networks.stream().anyMatch(network -> virtual.test(attachment(network), address));
  }

  /// The NetworkAttachmentDefinition, as `namespace/name`, at which each of these addresses is. An
  /// address that is not reported at the moment is at the only network there is, or it is not
  /// known.
  Map<IpFamily, String> networks(Map<IpFamily, IpAddress> addresses) {
    var found = new EnumMap<IpFamily, String>(IpFamily.class);
    addresses.forEach((family, address) ->
        networks.stream()
            .filter(network -> of(network).anyMatch(address::equals))
            .findFirst()
            .or(() -> networks.size() == 1 ? Optional.of(networks.get(0)) : Optional.empty())
            .map(this::attachment)
            .filter(name -> !name.isEmpty())
            .ifPresent(name -> found.put(family, name)));
    return found;
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
