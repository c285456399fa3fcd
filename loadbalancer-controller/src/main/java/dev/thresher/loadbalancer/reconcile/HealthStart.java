package dev.thresher.loadbalancer.reconcile;

import dev.thresher.api.address.IpAddress;
import dev.thresher.api.loadbalancer.Backend;
import dev.thresher.api.loadbalancer.LoadBalancer;
import dev.thresher.loadbalancer.health.Verdict;
import dev.thresher.loadbalancer.health.Verdict.Health;
import dev.thresher.loadbalancer.reconcile.Backends.State;
import dev.thresher.loadbalancer.rules.HealthRule;
import io.kubernetes.client.openapi.models.V1Endpoint;
import io.kubernetes.client.openapi.models.V1EndpointSlice;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/// With which verdict the check of a back end begins, so that neither a restart nor the hand-over
/// to another replica nor a check that is switched on takes a machine out of service that had
/// traffic.
///
/// The slice says who has traffic. Of one that has none the status says why. With `all-open` the
/// slice does not tell the healthy from the others, so the status does. A check that trusts begins
/// with trust, so that nobody waits for it and nothing is written of those who pass.
///
/// One that has traffic and was found healthy is healthy still; one that nobody has asked is
/// trusted, and not shown as healthy before it has passed.
final class HealthStart {

  private final Map<IpAddress, Boolean> serving = new HashMap<>();
  private final Map<IpAddress, Backend> said = new HashMap<>();
  private final boolean allOpen;
  private final boolean trusts;

  /// @param rule empty if it is not known
  HealthStart(Collection<V1EndpointSlice> slices, LoadBalancer object, Optional<HealthRule> rule) {
    this.allOpen = rule.filter(HealthRule::allOpen).isPresent();
    this.trusts = rule.filter(HealthRule::trusts).isPresent();
    for (V1EndpointSlice slice : slices) {
      for (V1Endpoint endpoint :
          Objects.requireNonNullElse(slice.getEndpoints(), List.<V1Endpoint>of())) {
        endpoint.getAddresses().stream()
            .flatMap(text -> IpAddress.tryParse(text).stream())
            .forEach(address -> serving.put(address, isServing(endpoint)));
      }
    }
    if (object.getStatus() != null) {
      object
          .getStatus()
          .getBackends()
          .forEach(backend ->
              IpAddress.tryParse(Objects.requireNonNullElse(backend.getAddress(), ""))
                  .ifPresent(address -> said.put(address, backend)));
    }
  }

  private static boolean isServing(V1Endpoint endpoint) {
    var conditions = endpoint.getConditions();
    return conditions != null
        && (Boolean.TRUE.equals(conditions.getReady())
            || Boolean.TRUE.equals(conditions.getServing()));
  }

  /// The verdict to begin with, if this back end is not checked yet.
  Verdict of(IpAddress address) {
    boolean traffic = serving.getOrDefault(address, false);
    if (traffic && !allOpen) {
      return up(address);
    }
    return failure(address).orElseGet(() -> traffic || trusts ? up(address) : Verdict.UNKNOWN);
  }

  private Verdict up(IpAddress address) {
    Backend backend = said.get(address);
    boolean unasked =
        backend == null
            || ShownHealth.NOT_PROBED.isSaidOf(backend)
            || ShownHealth.UNKNOWN.isSaidOf(backend);
    return unasked && !trusts ? Verdict.TRUSTED : Verdict.UP;
  }

  /// What the status says of a failed check.
  private Optional<Verdict> failure(IpAddress address) {
    Backend backend = said.get(address);
    if (backend == null || Boolean.TRUE.equals(backend.getReady())) {
      return Optional.empty();
    }
    String reason = Objects.requireNonNullElse(backend.getReason(), "");
    if (reason.equals(Verdict.NOT_CHECKED_YET) || reason.equals(NodeChecks.NO_AGENT)) {
      return Optional.of(Verdict.UNKNOWN);
    }
    boolean ofTheMachine =
        reason.isEmpty()
            || Arrays.stream(State.values()).map(State::reason).anyMatch(reason::equals);
    if (ofTheMachine) {
      // One that leaves is probed to the end, and its status does not say how it failed.
      return ShownHealth.UNHEALTHY.isSaidOf(backend)
          ? Optional.of(new Verdict(Health.DOWN, "Failed", "failed the health check"))
          : Optional.empty();
    }
    return Optional.of(
        new Verdict(Health.DOWN, reason, Objects.requireNonNullElse(backend.getMessage(), "")));
  }
}
