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
import java.util.function.Function;

/// Services may share an address, but not a port of it: then who answers would be up to each node's
/// service proxy, and whoever may write an annotation could take another's traffic. The oldest
/// Service keeps the address. Pure.
final class PortClashes {

  private record Place(InetAddress address, String protocol, Integer port) {}

  private PortClashes() {}

  /// The readings without the addresses that another Service has on the same port.
  static List<ServiceReading> without(
      Collection<ServiceReading> readings, Function<ObjectKey, V1Service> services) {
    Map<Place, ObjectKey> owners = new HashMap<>();
    Map<ObjectKey, ServiceReading> kept = new HashMap<>();
    readings.stream()
        .filter(ServiceReading.Asks.class::isInstance)
        .map(ServiceReading.Asks.class::cast)
        .sorted(
            Comparator.comparing((ServiceReading.Asks asks) -> born(services.apply(asks.key())))
                .thenComparing(ServiceReading.Asks::key))
        .forEach(asks -> kept.put(asks.key(), without(asks, services.apply(asks.key()), owners)));
    return readings.stream()
        .map(reading -> Objects.requireNonNull(kept.getOrDefault(reading.key(), reading)))
        .toList();
  }

  private static ServiceReading without(
      ServiceReading.Asks asks, V1Service service, Map<Place, ObjectKey> owners) {
    List<InetAddress> free = new ArrayList<>();
    List<Refusal> refusals = new ArrayList<>(asks.refusals());
    for (InetAddress address : asks.addresses()) {
      List<Place> places = places(service, address);
      var clash = places.stream().filter(owners::containsKey).findFirst();
      if (clash.isPresent()) {
        refusals.add(
            ServiceReader.refusal(
                service,
                address,
                "has port "
                    + clash.get().port()
                    + "/"
                    + clash.get().protocol()
                    + " for Service "
                    + owners.get(clash.get())
                    + ", which is older",
                "Choose another address or another port"));
      } else {
        places.forEach(place -> owners.put(place, asks.key()));
        free.add(address);
      }
    }
    return free.isEmpty()
        ? new ServiceReading.Nothing(asks.key(), refusals)
        : new ServiceReading.Asks(
            asks.key(), free, asks.interfaceName(), asks.local(), asks.needsEndpoint(), refusals);
  }

  private static List<Place> places(V1Service service, InetAddress address) {
    List<V1ServicePort> ports =
        service.getSpec() == null || service.getSpec().getPorts() == null
            ? List.of()
            : service.getSpec().getPorts();
    return ports.stream()
        .map(port ->
            new Place(
                address,
                Objects.requireNonNullElse(port.getProtocol(), "TCP"),
                Objects.requireNonNullElse(port.getPort(), 0)))
        .toList();
  }

  private static OffsetDateTime born(V1Service service) {
    return Objects.requireNonNullElse(
        service.getMetadata().getCreationTimestamp(), OffsetDateTime.MAX);
  }
}
