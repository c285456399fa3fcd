package dev.thresher.loadbalancer.reconcile;

import dev.thresher.api.loadbalancer.Backend;
import dev.thresher.api.loadbalancer.LoadBalancer;
import dev.thresher.loadbalancer.health.Verdict;
import dev.thresher.loadbalancer.reconcile.Backends.State;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// Which back ends have changed sides, from the status before and after.
///
/// Who comes or goes altogether is no change of a back end, nor is the first success of a new one:
/// the condition `Ready` speaks of those.
final class BackendChanges {

  private BackendChanges() {}

  /// What to tell.
  ///
  /// @param warning whether a person should look
  record Change(boolean warning, String reason, String message) {}

  static List<Change> of(LoadBalancer before, LoadBalancer after) {
    Map<String, Backend> former =
        backends(before).stream()
            .collect(
                Collectors.toMap(BackendChanges::key, backend -> backend, (first, _) -> first));
    return backends(after).stream()
        .flatMap(now -> change(former.get(key(now)), now).stream())
        .toList();
  }

  private static List<Change> change(@Nullable Backend before, Backend now) {
    if (before == null) {
      return List.of();
    }
    boolean was = Boolean.TRUE.equals(before.getReady());
    boolean is = Boolean.TRUE.equals(now.getReady());
    String formerReason = text(before.getReason());
    String who = text(now.getName()) + " at " + text(now.getAddress());
    if (!was && is) {
      return formerReason.equals(Verdict.NOT_CHECKED_YET)
          ? List.of()
          : List.of(new Change(false, "BackendReady", who + " takes part again"));
    }
    if (is || text(now.getReason()).equals(Verdict.NOT_CHECKED_YET)) {
      return List.of();
    }
    if (isOfTheMachine(text(now.getReason()))) {
      return was
          ? List.of(
              new Change(false, "BackendLeft", who + " gets nothing new: " + text(now.getReason())))
          : List.of();
    }
    boolean news = was || formerReason.equals(Verdict.NOT_CHECKED_YET);
    return news
        ? List.of(new Change(true, "BackendUnhealthy", who + " " + text(now.getMessage())))
        : List.of();
  }

  private static boolean isOfTheMachine(String reason) {
    return Arrays.stream(State.values()).map(State::reason).anyMatch(reason::equals);
  }

  private static List<Backend> backends(LoadBalancer object) {
    return object.getStatus() == null ? List.of() : object.getStatus().getBackends();
  }

  private static String key(Backend backend) {
    return text(backend.getName()) + " " + text(backend.getAddress());
  }

  private static String text(@Nullable String value) {
    return Objects.requireNonNullElse(value, "");
  }
}
