package dev.thresher.loadbalancer.reconcile;

import dev.thresher.api.loadbalancer.Condition;
import dev.thresher.api.loadbalancer.LoadBalancer;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// The conditions besides `Ready`, and what to tell when they change.
final class OtherConditions {

  static final List<String> TYPES =
      List.of(NodeChecks.CHECKED, BridgeNat.TYPE, OtherVlan.TYPE, WantedAddress.TYPE);

  /// Those that say that all is well, where the others say that it is not.
  private static final List<String> GOOD = List.of(NodeChecks.CHECKED, WantedAddress.TYPE);

  private OtherConditions() {}

  /// What to tell: that something is wrong when it begins, and its end. That all is well from the
  /// beginning is no news.
  static List<BackendChanges.Change> changes(LoadBalancer before, LoadBalancer after) {
    return TYPES.stream().flatMap(type -> change(type, before, after).stream()).toList();
  }

  private static Optional<BackendChanges.Change> change(
      String type, LoadBalancer before, LoadBalancer after) {
    Optional<Condition> was = StatusDocument.condition(before, type);
    Optional<Condition> is = StatusDocument.condition(after, type);
    boolean wasWrong = was.filter(OtherConditions::isWrong).isPresent();
    boolean isWrong = is.filter(OtherConditions::isWrong).isPresent();
    boolean same = wasWrong == isWrong && (!isWrong || reason(was).equals(reason(is)));
    return same
        ? Optional.empty()
        : is.map(now ->
            new BackendChanges.Change(isWrong, text(now.getReason()), text(now.getMessage())));
  }

  private static boolean isWrong(Condition condition) {
    return (GOOD.contains(condition.getType()) ? "False" : "True").equals(condition.getStatus());
  }

  private static String reason(Optional<Condition> condition) {
    return condition.map(one -> text(one.getReason())).orElse("");
  }

  private static String text(@Nullable String value) {
    return Objects.requireNonNullElse(value, "");
  }
}
