package dev.thresher.ccm.harvester.loadbalancer;

import dev.thresher.api.ObjectKey;
import io.kubernetes.client.openapi.models.V1Service;
import io.kubernetes.client.openapi.models.V1ServicePort;
import io.kubernetes.client.openapi.models.V1ServiceSpec;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/// Which ports of a shared address are whose.
///
/// Two Services that come to one address at the same moment do not see each other in a cache yet;
/// so each port is also written down here, under a lock of the address. What is written here counts
/// until the cache shows that the Service holds the address. Thread-safe.
final class PortLedger {

  /// A port as clients see it: TCP and UDP have ports of their own.
  record Port(String protocol, int number) {

    static Set<Port> of(V1Service service) {
      V1ServiceSpec spec = service.getSpec();
      List<V1ServicePort> ports = spec == null ? null : spec.getPorts();
      Set<Port> all = new LinkedHashSet<>();
      if (ports != null) {
        ports.forEach(port ->
            all.add(
                new Port(Objects.requireNonNullElse(port.getProtocol(), "TCP"), port.getPort())));
      }
      return all;
    }

    @Override
    public String toString() {
      return number + "/" + protocol;
    }
  }

  /// A Service and the ports that it has or wants.
  ///
  /// @param uid UID of the Service
  record Holder(String uid, ObjectKey service, Set<Port> ports) {

    Holder {
      ports = Set.copyOf(ports);
    }

    static Holder of(V1Service service) {
      return new Holder(
          Objects.requireNonNull(service.getMetadata().getUid()),
          ObjectKey.of(service),
          Port.of(service));
    }
  }

  /// A port that two Services want.
  record Clash(Port port, ObjectKey with) {}

  /// Address (by UID of the Service that it belongs to) to those that share it, by their UIDs.
  private final Map<String, Map<String, Holder>> byAddress = new ConcurrentHashMap<>();

  private final Map<String, String> addressOf = new ConcurrentHashMap<>();

  /// Writes down the ports of one that comes to an address, unless one is taken. Asked again with
  /// the same ports, only the owner of the address can stand in the way: who came first stays.
  ///
  /// @param owner the Service that the address belongs to
  /// @param present all others that hold the address, as the cache shows them; asked under the lock
  /// @return the port that is taken
  Optional<Clash> claim(Holder owner, Holder comer, Supplier<List<Holder>> present) {
    String address = owner.uid();
    String before = addressOf.put(comer.uid(), address);
    if (before != null && !before.equals(address)) {
      strike(before, comer.uid());
    }
    Map<String, Clash> found = new HashMap<>();
    byAddress.compute(
        address,
        (_, known) -> {
          Map<String, Holder> holders = known == null ? new HashMap<>() : new HashMap<>(known);
          Map<String, Holder> others = new HashMap<>();
          if (!comer.equals(holders.get(comer.uid()))) {
            others.putAll(holders);
            present.get().forEach(holder -> others.put(holder.uid(), holder));
            others.remove(comer.uid());
          }
          others.put(owner.uid(), owner);
          Optional<Clash> clash = clash(comer, others);
          if (clash.isPresent()) {
            found.put(comer.uid(), clash.get());
            holders.remove(comer.uid());
          } else {
            holders.put(comer.uid(), comer);
          }
          return holders;
        });
    return Optional.ofNullable(found.get(comer.uid()));
  }

  /// The Service shares no address any more.
  void release(String uid) {
    String address = addressOf.remove(uid);
    if (address != null) {
      strike(address, uid);
    }
  }

  private void strike(String address, String uid) {
    byAddress.computeIfPresent(
        address,
        (_, known) -> {
          Map<String, Holder> left = new HashMap<>(known);
          left.remove(uid);
          return left.isEmpty() ? null : left;
        });
  }

  private static Optional<Clash> clash(Holder comer, Map<String, Holder> others) {
    return comer.ports().stream()
        .flatMap(port ->
            others.values().stream()
                .filter(other -> other.ports().contains(port))
                .map(other -> new Clash(port, other.service())))
        .min(
            Comparator.<Clash>comparingInt(clash -> clash.port().number())
                .thenComparing(clash -> clash.with().toString()));
  }
}
