package dev.thresher.loadbalancer.rules;

import static dev.thresher.loadbalancer.rules.Texts.annotation;
import static dev.thresher.loadbalancer.rules.Texts.text;

import dev.thresher.api.loadbalancer.LoadBalancer;
import dev.thresher.api.names.ThresherNames;
import dev.thresher.loadbalancer.ipam.Placement;
import java.util.Optional;

/// Whether an address that is allocated is asked to be held elsewhere, which nobody does: the claim
/// froze its place.
public final class Placements {

  /// Reason of `Ready` of an address that is reserved here and held by a node of a guest; said of
  /// no other.
  public static final String RESERVED = "AddressAllocated";

  private Placements() {}

  /// Field and annotation may vanish, and come back as they were: writers that do not know them do
  /// that. What they say must not contradict where the address is held.
  ///
  /// @param before has an address
  static Optional<Violation> moved(LoadBalancer before, LoadBalancer after) {
    if (!Asked.guestCluster(after).value()) {
      return Optional.empty();
    }
    String field = text(Asked.spec(before).getPlacement());
    String now = text(Asked.spec(after).getPlacement());
    if (!field.isEmpty() && !now.isEmpty() && !field.equals(now)) {
      return Optional.of(contradiction("spec.placement", now, field));
    }
    Optional<Placement> asked = named(after);
    if (asked.isEmpty() || asked.equals(named(before))) {
      return Optional.empty();
    }
    return held(before)
        .filter(held -> held != asked.get())
        .map(held ->
            contradiction(
                isAnnotated(after)
                    ? Texts.fieldOfAnnotation(ThresherNames.PLACEMENT)
                    : "spec.placement",
                asked.get().text(),
                held.text()));
  }

  /// Where the address is held, if the object tells.
  private static Optional<Placement> held(LoadBalancer object) {
    boolean isReserved =
        object.getStatus() != null
            && object.getStatus().getConditions().stream()
                .anyMatch(condition ->
                    "Ready".equals(condition.getType()) && RESERVED.equals(condition.getReason()));
    return isReserved ? Optional.of(Placement.GUEST) : named(object);
  }

  /// The placement that is named; the annotation wins.
  private static Optional<Placement> named(LoadBalancer object) {
    return Placement.tryParse(
        isAnnotated(object)
            ? annotation(object, ThresherNames.PLACEMENT)
            : text(Asked.spec(object).getPlacement()));
  }

  private static boolean isAnnotated(LoadBalancer object) {
    return Texts.annotations(object).containsKey(ThresherNames.PLACEMENT);
  }

  private static Violation contradiction(String field, String value, String held) {
    return LoadBalancerRules.frozen(field, value, held + ", where the address is held");
  }
}
