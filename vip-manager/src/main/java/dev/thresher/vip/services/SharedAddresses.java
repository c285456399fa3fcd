package dev.thresher.vip.services;

import dev.thresher.api.ObjectKey;
import io.kubernetes.client.openapi.models.V1Service;
import io.kubernetes.client.openapi.models.V1ServicePort;
import java.net.InetAddress;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// Who has an address that several Services ask for. Pure.
///
/// Services may share an address, but not a port of it: then who answers would be up to each node's
/// service proxy, and whoever may write an annotation could take another's traffic. Those whose
/// status shows the address come first, which a tenant does not write; of equals the oldest.
final class SharedAddresses {

  /// By which Services say that they share their address, each with the same value; the name that
  /// MetalLB has for it, and its older one.
  static final List<String> CONSENT =
      List.of("metallb.io/allow-shared-ip", "metallb.universe.tf/allow-shared-ip");

  private record Port(String protocol, int number) {
    @Override
    public String toString() {
      return number + "/" + protocol;
    }
  }

  private final InetAddress address;
  private final boolean byAll;
  private final Map<Port, ObjectKey> ports = new HashMap<>();
  private @Nullable V1Service first;

  private SharedAddresses(InetAddress address, boolean byAll) {
    this.address = address;
    this.byAll = byAll;
  }

  /// The readings without the addresses that are another Service's.
  ///
  /// @param services all that were read
  /// @param byAll whether Services of different namespaces may share an address without a word
  static List<ServiceReading> settled(
      Collection<ServiceReading> readings, Map<ObjectKey, V1Service> services, boolean byAll) {
    Map<InetAddress, List<V1Service>> askers = new HashMap<>();
    for (ServiceReading reading : readings) {
      if (reading instanceof ServiceReading.Asks asks) {
        V1Service service = Objects.requireNonNull(services.get(asks.key()));
        asks.addresses()
            .forEach(each -> askers.computeIfAbsent(each, a -> new ArrayList<>()).add(service));
      }
    }
    Map<ObjectKey, Map<InetAddress, Refusal>> refused = new HashMap<>();
    askers.forEach((address, all) -> {
      if (all.size() > 1) {
        new SharedAddresses(address, byAll).settle(all, refused);
      }
    });
    return readings.stream()
        .map(reading ->
            without(
                reading,
                services.get(reading.key()),
                refused.getOrDefault(reading.key(), Map.of())))
        .toList();
  }

  private static ServiceReading without(
      ServiceReading reading, @Nullable V1Service service, Map<InetAddress, Refusal> refused) {
    if (refused.isEmpty() || service == null || !(reading instanceof ServiceReading.Asks asks)) {
      return reading;
    }
    List<InetAddress> left =
        asks.addresses().stream().filter(each -> !refused.containsKey(each)).toList();
    List<Refusal> refusals = new ArrayList<>(asks.refusals());
    asks.addresses().stream()
        .filter(refused::containsKey)
        .forEach(each -> refusals.add(Objects.requireNonNull(refused.get(each))));
    return left.isEmpty()
        ? ServiceReading.Nothing.of(service, refusals)
        : asks.only(left, refusals);
  }

  private void settle(List<V1Service> askers, Map<ObjectKey, Map<InetAddress, Refusal>> refused) {
    askers.stream()
        .sorted(
            Comparator.comparing((V1Service service) -> !ServiceReader.has(service, address))
                .thenComparing(SharedAddresses::born)
                .thenComparing((V1Service service) -> ObjectKey.of(service)))
        .forEach(service -> {
          ObjectKey key = ObjectKey.of(service);
          Optional<Refusal> refusal = refusal(service);
          refusal.ifPresent(
              why -> refused.computeIfAbsent(key, k -> new HashMap<>()).put(address, why));
          if (refusal.isEmpty()) {
            first = first == null ? service : first;
            ports(service).forEach(port -> ports.put(port, key));
          }
        });
  }

  private Optional<Refusal> refusal(V1Service service) {
    V1Service owner = first;
    if (owner == null) {
      return Optional.empty();
    }
    if (!byAll
        && !Objects.equals(namespace(owner), namespace(service))
        && !ServiceReader.has(service, address)
        && consent(owner).stream().noneMatch(consent(service)::contains)) {
      return Optional.of(
          ServiceReader.refusal(
              service,
              address,
              "is the address of Service " + ObjectKey.of(owner) + " in another namespace",
              "Choose another address, or give both Services one value of the annotation "
                  + CONSENT.getFirst()));
    }
    return ports(service).stream()
        .filter(ports::containsKey)
        .findFirst()
        .map(port ->
            ServiceReader.refusal(
                service,
                address,
                "has port " + port + " for Service " + ports.get(port) + ", which came first",
                "Choose another address or another port"));
  }

  private static Set<String> consent(V1Service service) {
    Map<String, String> annotations = service.getMetadata().getAnnotations();
    return annotations == null
        ? Set.of()
        : CONSENT.stream()
            .map(annotations::get)
            .filter(value -> value != null && !value.isBlank())
            .collect(Collectors.toSet());
  }

  private static List<Port> ports(V1Service service) {
    List<V1ServicePort> ports =
        service.getSpec() == null || service.getSpec().getPorts() == null
            ? List.of()
            : service.getSpec().getPorts();
    return ports.stream()
        .map(port ->
            new Port(
                Objects.requireNonNullElse(port.getProtocol(), "TCP"),
                Objects.requireNonNullElse(port.getPort(), 0)))
        .toList();
  }

  private static @Nullable String namespace(V1Service service) {
    return service.getMetadata().getNamespace();
  }

  private static OffsetDateTime born(V1Service service) {
    return Objects.requireNonNullElse(
        service.getMetadata().getCreationTimestamp(), OffsetDateTime.MAX);
  }
}
