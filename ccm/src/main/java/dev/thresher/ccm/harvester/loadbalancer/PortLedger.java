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
import java.util.concurrent.atomic.AtomicReference;
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

  /// What came of the wish to share.
  sealed interface Answer {

    /// The ports are written down.
    record Granted() implements Answer {}

    /// A port is another one's.
    record Taken(Port port, ObjectKey by) implements Answer {}

    /// The address is being given back.
    record Closed() implements Answer {}
  }

  /// Address (by UID of the Service that it belongs to) to those that share it, by their UIDs.
  private final Map<String, Map<String, Holder>> byAddress = new ConcurrentHashMap<>();

  private final Map<String, String> addressOf = new ConcurrentHashMap<>();

  /// Addresses that nobody may come to any more; changed under the lock of the address.
  private final Set<String> closed = ConcurrentHashMap.newKeySet();

  /// Writes down the ports of one that comes to an address, unless one is taken. Asked again with
  /// the same ports, only the owner of the address can stand in the way: who came first stays.
  ///
  /// @param owner the Service that the address belongs to
  /// @param present all others that hold the address, as the cache shows them; asked under the lock
  Answer claim(Holder owner, Holder comer, Supplier<List<Holder>> present) {
    String address = owner.uid();
    String before = addressOf.put(comer.uid(), address);
    if (before != null && !before.equals(address)) {
      strike(before, comer.uid());
    }
    var answer = new AtomicReference<Answer>(new Answer.Granted());
    byAddress.compute(
        address,
        (_, known) -> {
          Map<String, Holder> holders = known == null ? new HashMap<>() : new HashMap<>(known);
          answer.set(answer(owner, comer, holders, present));
          if (answer.get() instanceof Answer.Granted) {
            holders.put(comer.uid(), comer);
          } else {
            holders.remove(comer.uid());
          }
          return holders.isEmpty() ? null : holders;
        });
    return Objects.requireNonNull(answer.get());
  }

  private Answer answer(
      Holder owner, Holder comer, Map<String, Holder> holders, Supplier<List<Holder>> present) {
    if (closed.contains(owner.uid())) {
      return new Answer.Closed();
    }
    Map<String, Holder> others = new HashMap<>();
    if (!comer.equals(holders.get(comer.uid()))) {
      others.putAll(holders);
      present.get().forEach(holder -> others.put(holder.uid(), holder));
      others.remove(comer.uid());
    }
    others.put(owner.uid(), owner);
    return taken(comer, others).<Answer>map(taken -> taken).orElseGet(Answer.Granted::new);
  }

  /// Lets nobody come to the address any more, if nobody is there.
  ///
  /// @return those who are there
  List<ObjectKey> close(String address) {
    var there = new AtomicReference<List<ObjectKey>>(List.of());
    byAddress.compute(
        address,
        (_, known) -> {
          if (known == null) {
            closed.add(address);
          } else {
            there.set(known.values().stream().map(Holder::service).sorted().toList());
          }
          return known;
        });
    return Objects.requireNonNull(there.get());
  }

  /// The Service has an address of its own, to which others may come.
  void open(String address) {
    closed.remove(address);
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

  private static Optional<Answer.Taken> taken(Holder comer, Map<String, Holder> others) {
    return comer.ports().stream()
        .flatMap(port ->
            others.values().stream()
                .filter(other -> other.ports().contains(port))
                .map(other -> new Answer.Taken(port, other.service())))
        .min(
            Comparator.<Answer.Taken>comparingInt(taken -> taken.port().number())
                .thenComparing(taken -> taken.by().toString()));
  }
}
