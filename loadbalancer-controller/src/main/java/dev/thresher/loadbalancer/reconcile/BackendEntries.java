package dev.thresher.loadbalancer.reconcile;

import com.google.gson.JsonObject;
import dev.thresher.api.address.IpAddress;
import dev.thresher.api.loadbalancer.LoadBalancer;
import dev.thresher.loadbalancer.health.Verdict;
import dev.thresher.loadbalancer.reconcile.Backends.Backend;
import dev.thresher.loadbalancer.reconcile.Backends.State;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// The entries of `status.backends`: one for each address of a back end, with the reason if it
/// takes no part, what its check has found, and the time of the last change.
final class BackendEntries {

  private final List<dev.thresher.api.loadbalancer.Backend> said;
  private final String now;

  /// @param seen says since when what has not changed is so
  BackendEntries(LoadBalancer seen, Instant now) {
    this.said = seen.getStatus() == null ? List.of() : seen.getStatus().getBackends();
    this.now = now.truncatedTo(ChronoUnit.SECONDS).toString();
  }

  /// Of a back end that has no address.
  JsonObject of(Backend backend) {
    return entry("", backend, false, backend.state().reason(), "", ShownHealth.NOT_PROBED, "");
  }

  JsonObject of(Backend backend, IpAddress address) {
    Optional<Verdict> judged = Optional.ofNullable(backend.verdicts().get(address.family()));
    Verdict verdict = judged.orElse(Verdict.UP);
    boolean byTheMachine = backend.state() != State.READY;
    return entry(
        address.toString(),
        backend,
        backend.takesPart(address.family()),
        byTheMachine ? backend.state().reason() : verdict.reason(),
        byTheMachine ? "" : verdict.message(),
        ShownHealth.of(judged),
        backend.checkers().getOrDefault(address.family(), ""));
  }

  private JsonObject entry(
      String address,
      Backend backend,
      boolean ready,
      String reason,
      String message,
      ShownHealth health,
      String checker) {
    JsonObject entry = new JsonObject();
    entry.addProperty("address", address);
    entry.addProperty("name", backend.name());
    if (!backend.node().isEmpty()) {
      entry.addProperty("nodeName", backend.node());
    }
    entry.addProperty("ready", ready);
    if (!reason.isEmpty()) {
      entry.addProperty("reason", reason);
    }
    if (!message.isEmpty()) {
      entry.addProperty("message", message);
    }
    entry.addProperty("health", health.text());
    if (!checker.isEmpty()) {
      entry.addProperty("checkedFrom", checker);
    }
    entry.addProperty(
        "lastTransitionTime", since(address, backend.name(), ready, reason).orElse(now));
    return entry;
  }

  private Optional<String> since(String address, String name, boolean ready, String reason) {
    return said.stream()
        .filter(
            entry -> address.equals(text(entry.getAddress())) && name.equals(text(entry.getName())))
        .filter(entry ->
            ready == Boolean.TRUE.equals(entry.getReady())
                && reason.equals(text(entry.getReason())))
        .flatMap(entry -> Optional.ofNullable(entry.getLastTransitionTime()).stream())
        .findFirst();
  }

  private static String text(@Nullable String value) {
    return Objects.requireNonNullElse(value, "");
  }
}
