package dev.thresher.ccm.harvester.loadbalancer;

import dev.thresher.api.ObjectKey;
import dev.thresher.api.address.IpAddress;
import dev.thresher.api.names.HarvesterNames;
import dev.thresher.api.names.KubeVipNames;
import dev.thresher.runtime.informer.Change;
import dev.thresher.runtime.informer.Informer;
import io.kubernetes.client.openapi.models.V1Service;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;

/// Which guest Services have to do with each other because of one address. Thread-safe.
///
/// A Service holds an address if its annotation `kube-vip.io/loadbalancerIPs` says so: that is what
/// a VIP manager acts on, and what a Service keeps until it is told another one.
final class SharedAddresses {

  private static final String BY_PRIMARY = "primaryService";
  private static final String BY_ADDRESS = "heldAddress";

  private final Informer<V1Service> services;

  /// Only before the informer starts.
  SharedAddresses(Informer<V1Service> services) {
    this.services = services;
    services.addIndex(
        BY_PRIMARY,
        service ->
            Share.parse(Share.named(service))
                .map(key -> List.of(key.toString()))
                .orElse(List.of()));
    services.addIndex(BY_ADDRESS, SharedAddresses::held);
  }

  Optional<V1Service> find(ObjectKey key) {
    return services.get(key);
  }

  /// The addresses of a Service that others may share: those that are answered and that it was
  /// given. What its status shows of an earlier life is not among them.
  static List<String> answered(V1Service service) {
    List<String> given = named(service);
    boolean dhcp =
        given.contains(HarvesterNames.DHCP_ADDRESS_V4)
            || given.contains(HarvesterNames.DHCP_ADDRESS_V6);
    return Ingress.of(service).stream().filter(ip -> dhcp || given.contains(ip)).toList();
  }

  /// All other Services that hold one of these addresses.
  List<V1Service> holders(Collection<String> addresses, String exceptUid) {
    return addresses.stream()
        .flatMap(address -> services.byIndex(BY_ADDRESS, canonical(address)).stream())
        .filter(service -> !exceptUid.equals(service.getMetadata().getUid()))
        .distinct()
        .toList();
  }

  /// Whether another Service was given this address, and not because it shares that of this one.
  boolean isOfAnother(String address, V1Service service) {
    String uid = Objects.requireNonNull(service.getMetadata().getUid());
    return holders(List.of(address), uid).stream()
        .anyMatch(holder ->
            switch (Share.of(holder, this::find)) {
              case Share.Of(V1Service primary) -> !uid.equals(primary.getMetadata().getUid());
              case Share.None _, Share.Refused _ -> true;
            });
  }

  /// Hears which Services to look at again because another one, whose address they share or whose
  /// ports are beside theirs, changed. Most changes concern nobody else.
  void onChange(Consumer<ObjectKey> listener) {
    services.onChange(change -> concerned(change).forEach(listener));
  }

  private Set<ObjectKey> concerned(Change<V1Service> change) {
    List<V1Service> versions =
        switch (change) {
          case Change.Added<V1Service>(V1Service service) -> List.of(service);
          case Change.Updated<V1Service>(V1Service before, V1Service now) ->
              isSame(before, now) ? List.of() : List.of(before, now);
          case Change.Deleted<V1Service>(V1Service service) -> List.of(service);
        };
    Set<ObjectKey> keys = new LinkedHashSet<>();
    for (V1Service version : versions) {
      keys.addAll(followers(ObjectKey.of(version)));
      Optional<ObjectKey> primary = Share.parse(Share.named(version));
      primary.ifPresent(key -> {
        keys.add(key);
        keys.addAll(followers(key));
      });
      named(version).stream()
          .filter(address -> !isDhcp(address))
          .flatMap(address -> services.byIndex(BY_ADDRESS, canonical(address)).stream())
          .map(ObjectKey::of)
          .forEach(keys::add);
    }
    versions.stream().map(ObjectKey::of).forEach(keys::remove);
    return keys;
  }

  /// Those that name this Service, and those that name one of them.
  private Set<ObjectKey> followers(ObjectKey key) {
    Set<ObjectKey> found = new LinkedHashSet<>();
    Deque<ObjectKey> open = new ArrayDeque<>(List.of(key));
    while (!open.isEmpty()) {
      for (V1Service follower : services.byIndex(BY_PRIMARY, open.removeFirst().toString())) {
        if (found.add(ObjectKey.of(follower))) {
          open.add(ObjectKey.of(follower));
        }
      }
    }
    return found;
  }

  /// What matters to others is the same.
  private static boolean isSame(V1Service before, V1Service now) {
    return Objects.equals(before.getMetadata().getUid(), now.getMetadata().getUid())
        && Objects.equals(
            before.getMetadata().getDeletionTimestamp(), now.getMetadata().getDeletionTimestamp())
        && Objects.equals(Share.named(before), Share.named(now))
        && named(before).equals(named(now))
        && Ingress.of(before).equals(Ingress.of(now))
        && Objects.equals(before.getSpec(), now.getSpec());
  }

  private static List<String> named(V1Service service) {
    String list = Annotations.of(service, KubeVipNames.LOAD_BALANCER_IPS);
    return Stream.of(list.split(",")).map(String::strip).filter(ip -> !ip.isEmpty()).toList();
  }

  /// With DHCP the annotation names no address; then it is the one that is answered.
  private static List<String> held(V1Service service) {
    List<String> named = named(service);
    Stream<String> addresses =
        named.stream().anyMatch(SharedAddresses::isDhcp)
            ? Stream.concat(named.stream(), Ingress.of(service).stream())
            : named.stream();
    return addresses
        .filter(address -> !isDhcp(address))
        .map(SharedAddresses::canonical)
        .distinct()
        .toList();
  }

  private static boolean isDhcp(String address) {
    return address.equals(HarvesterNames.DHCP_ADDRESS_V4)
        || address.equals(HarvesterNames.DHCP_ADDRESS_V6);
  }

  private static String canonical(String address) {
    return IpAddress.tryParse(address).map(IpAddress::toString).orElse(address);
  }
}
