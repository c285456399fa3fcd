package dev.thresher.vip.services;

import dev.thresher.api.ObjectKey;
import dev.thresher.vip.election.AddressGroup;
import io.kubernetes.client.openapi.models.V1Service;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/// An address that a Service names and that nobody is to hold for it: for people. Pure.
///
/// @param why not
record Unheld(InetAddress address, ObjectKey service, State state, String why) {

  enum State {
    /// The Service may not have it.
    REFUSED,
    /// It is held with the Service's first endpoint.
    WAITING,
    /// The Service is left alone.
    NOT_SERVED
  }

  private static final Comparator<Unheld> ORDER =
      Comparator.comparing(Unheld::address, AddressGroup.ORDER).thenComparing(Unheld::service);

  /// @param services as they are now
  static List<Unheld> of(
      Collection<ServiceReading> readings,
      Desired desired,
      Function<ObjectKey, Optional<V1Service>> services) {
    List<Unheld> all = new ArrayList<>();
    for (ServiceReading reading : readings) {
      ObjectKey key = reading.key();
      switch (reading) {
        case ServiceReading.NotOurs notOurs ->
            named(services.apply(key))
                .forEach(address ->
                    all.add(new Unheld(address, key, State.NOT_SERVED, notOurs.reason())));
        case ServiceReading.Nothing nothing ->
            named(services.apply(key))
                .forEach(address ->
                    why(address, nothing.refusals())
                        .ifPresent(why -> all.add(new Unheld(address, key, State.REFUSED, why))));
        case ServiceReading.Asks asks -> {
          for (Refusal refusal : asks.refusals()) {
            ServiceReader.refusedAddress(refusal)
                .ifPresent(address ->
                    all.add(new Unheld(address, key, State.REFUSED, refusal.toString())));
          }
          if (!desired.byService().containsKey(key)) {
            asks.addresses()
                .forEach(
                    address -> all.add(new Unheld(address, key, State.WAITING, Reports.WAITS)));
          }
        }
      }
    }
    all.sort(ORDER);
    return List.copyOf(all);
  }

  private static List<InetAddress> named(Optional<V1Service> service) {
    return service.map(ServiceReader::named).orElse(List.of());
  }

  /// Why an address of a Service that gets none is not held: it is refused, or the whole Service.
  private static Optional<String> why(InetAddress address, List<Refusal> refusals) {
    List<Refusal> own =
        refusals.stream()
            .filter(refusal ->
                ServiceReader.refusedAddress(refusal).filter(address::equals).isPresent())
            .toList();
    List<Refusal> all =
        own.isEmpty()
            ? refusals.stream()
                .filter(refusal -> !ServiceReader.concernsAnAddress(refusal))
                .toList()
            : own;
    return all.isEmpty()
        ? Optional.empty()
        : Optional.of(all.stream().map(Refusal::toString).collect(Collectors.joining("; ")));
  }
}
