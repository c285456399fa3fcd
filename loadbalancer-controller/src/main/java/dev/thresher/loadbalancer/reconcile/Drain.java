package dev.thresher.loadbalancer.reconcile;

import dev.thresher.api.kubevirt.VirtualMachineInstance;
import dev.thresher.api.loadbalancer.Backend;
import dev.thresher.api.loadbalancer.LoadBalancer;
import dev.thresher.loadbalancer.reconcile.Backends.State;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/// Machines that the selector has let go: for how long they go on serving the clients they have.
///
/// When it began stands in the status, so that a restart neither begins anew nor ends it early. A
/// machine that is being deleted is none of these: it serves for as long as it runs.
final class Drain {

  private final Wish wish;
  private final Set<String> serving;
  private final Map<String, Instant> begun = new HashMap<>();
  private final Instant now;

  /// @param object with its status as it is before this look
  /// @param serving UIDs of the machines that the slices hold
  Drain(Wish wish, LoadBalancer object, Set<String> serving, Instant now) {
    this.wish = wish;
    this.serving = Set.copyOf(serving);
    this.now = now;
    if (object.getStatus() != null) {
      object.getStatus().getBackends().stream()
          .filter(backend -> State.DRAINING.reason().equals(backend.getReason()))
          .forEach(backend ->
              since(backend)
                  .ifPresent(time ->
                      begun.merge(
                          Objects.requireNonNullElse(backend.getName(), ""),
                          time,
                          (one, other) -> one.isBefore(other) ? one : other)));
    }
  }

  /// Whether the load balancer has a machine that drains.
  static boolean has(LoadBalancer object, String machine) {
    return object.getStatus() != null
        && object.getStatus().getBackends().stream()
            .anyMatch(backend ->
                machine.equals(backend.getName())
                    && State.DRAINING.reason().equals(backend.getReason()));
  }

  /// Whether a machine that the selector does not match still is a back end.
  boolean keeps(VirtualMachineInstance instance) {
    String uid = Objects.requireNonNullElse(instance.getMetadata().getUid(), "");
    return wish.drain().isPositive()
        && serving.contains(uid)
        && end(instance.getMetadata().getName()).isAfter(now);
  }

  /// How long until the next one ends; empty if none drains.
  Optional<Duration> untilNext(Collection<Backends.Backend> backends) {
    return backends.stream()
        .filter(backend -> backend.state() == State.DRAINING)
        .map(backend -> Duration.between(now, end(backend.name())))
        .min(Duration::compareTo);
  }

  private Instant end(String machine) {
    return begun.getOrDefault(machine, now).plus(wish.drain());
  }

  private static Optional<Instant> since(Backend backend) {
    try {
      return Optional.ofNullable(backend.getLastTransitionTime()).map(Instant::parse);
    } catch (DateTimeParseException _) {
      // Somebody else wrote it: it begins now.
      return Optional.empty();
    }
  }
}
