package dev.thresher.loadbalancer.reconcile;

import com.google.gson.JsonArray;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import dev.thresher.api.json.LenientJson;
import dev.thresher.api.loadbalancer.Condition;
import dev.thresher.api.loadbalancer.IPPool;
import dev.thresher.api.loadbalancer.IPPoolStatus;
import dev.thresher.loadbalancer.ipam.Claim;
import dev.thresher.loadbalancer.ipam.PoolProjection;
import dev.thresher.loadbalancer.reconcile.Conflicts.Conflict;
import dev.thresher.loadbalancer.rules.Violation;
import dev.thresher.runtime.patch.Patch;
import dev.thresher.runtime.patch.Patches;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.ObjLongConsumer;
import java.util.stream.Collectors;

/// What a pool's status must say, and what of the present one is wrong.
///
/// Only the entries that change are sent: the status of a large pool is not.
final class PoolStatus {

  private static final String READY = "Ready";
  private static final String UNCLAIMED = "UnclaimedAddresses";
  private static final String TRUNCATED = "ProjectionTruncated";
  private static final String CONFLICTS = "AddressConflicts";
  private static final String AGAINST_RULES = "AgainstRules";
  private static final int NAMED_IN_MESSAGE = 100;

  /// By the type of the condition.
  private static final SortedMap<String, End> ENDS =
      new TreeMap<>(
          Map.of(
              READY,
              new End(
                  "RangesValid", "spec.ranges can be understood again: the pool gives addresses"),
              UNCLAIMED,
              new End(
                  "NoUnclaimedAddress",
                  "every entry of status.allocated is claimed by its LoadBalancer again"),
              CONFLICTS,
              new End(
                  "NoAddressConflict", "no address is in the status of two LoadBalancers any more"),
              TRUNCATED,
              new End(
                  "ProjectionComplete",
                  "status.allocated names every allocated address again: going back to Harvester's"
                      + " controller is safe"),
              AGAINST_RULES,
              new End("WithinRules", "the pool breaks no rule of the webhook any more")));

  private PoolStatus() {}

  /// What makes the status right; empty if it is.
  ///
  /// @param conflicts addresses that more than one load balancer says it has
  /// @param violations rules of the webhook that the pool breaks though it can be used
  static Optional<Patch> repair(
      IPPool seen,
      PoolProjection projection,
      List<Conflict> conflicts,
      List<Violation> violations,
      Instant now) {
    IPPoolStatus said = Objects.requireNonNullElse(seen.getStatus(), new IPPoolStatus());
    JsonObject changes = new JsonObject();
    ObjLongConsumer<String> number = changes::addProperty;
    if (!Objects.equals(said.getTotal(), projection.total())) {
      number.accept("total", projection.total());
    }
    if (!Objects.equals(said.getAvailable(), projection.available())) {
      number.accept("available", projection.available());
    }
    // The schema requires it, also of a pool that never gave an address.
    if (!projection.lastAllocated().equals(said.getLastAllocated())) {
      changes.addProperty("lastAllocated", projection.lastAllocated());
    }
    entries(changes, "allocated", said.getAllocated(), projection.allocated());
    entries(changes, "allocatedHistory", said.getAllocatedHistory(), projection.history());
    conditions(
            said.getConditions(),
            now,
            List.of(
                new Wanted(READY, true, "", ""),
                unclaimed(projection),
                conflicts(conflicts),
                truncated(projection),
                againstRules(violations)))
        .ifPresent(conditions -> changes.add("conditions", conditions));
    return patch(seen, changes);
  }

  /// The condition of a pool that cannot be understood; empty if it is said already.
  static Optional<Patch> broken(IPPool seen, String problem, Instant now) {
    IPPoolStatus said = Objects.requireNonNullElse(seen.getStatus(), new IPPoolStatus());
    JsonObject changes = new JsonObject();
    conditions(
            said.getConditions(), now, List.of(new Wanted(READY, false, "InvalidRange", problem)))
        .ifPresent(conditions -> {
          changes.add("conditions", conditions);
          if (said.getTotal() == null) {
            changes.addProperty("total", 0);
            changes.addProperty("available", 0);
            changes.addProperty("lastAllocated", "");
          }
        });
    return patch(seen, changes);
  }

  /// Takes these claims, which end, out of the entries of a pool that cannot be understood, and
  /// puts their owners into its history; empty if that is so.
  static Optional<Patch> released(IPPool seen, List<Claim> claims) {
    IPPoolStatus said = Objects.requireNonNullElse(seen.getStatus(), new IPPoolStatus());
    JsonObject allocated = new JsonObject();
    JsonObject history = new JsonObject();
    for (Claim claim : claims) {
      String address = claim.address().toString();
      if (said.getAllocated().containsKey(address)) {
        allocated.add(address, JsonNull.INSTANCE);
        history.addProperty(address, claim.owner().toString());
      }
    }
    JsonObject changes = new JsonObject();
    if (!allocated.isEmpty()) {
      changes.add("allocated", allocated);
      changes.add("allocatedHistory", history);
    }
    return patch(seen, changes);
  }

  /// Whether the status names these unclaimed addresses already.
  static boolean saysUnclaimed(IPPool seen, PoolProjection projection) {
    return says(seen, unclaimed(projection));
  }

  /// Whether the status names these conflicts already.
  static boolean saysConflicts(IPPool seen, List<Conflict> conflicts) {
    return says(seen, conflicts(conflicts));
  }

  private static boolean says(IPPool seen, Wanted wanted) {
    IPPoolStatus said = Objects.requireNonNullElse(seen.getStatus(), new IPPoolStatus());
    return said.getConditions().stream()
        .anyMatch(condition ->
            wanted.type().equals(condition.getType())
                && wanted.message().equals(condition.getMessage()));
  }

  /// What to tell when something that was wrong with a pool is over.
  ///
  /// @param reason of the Event
  record End(String reason, String message) {}

  /// What was wrong before and is not any more.
  static List<End> ended(IPPool before, IPPool after) {
    return ENDS.entrySet().stream()
        .filter(end -> isWrong(before, end.getKey()) && !isWrong(after, end.getKey()))
        .map(Map.Entry::getValue)
        .toList();
  }

  private static boolean isWrong(IPPool pool, String type) {
    IPPoolStatus said = Objects.requireNonNullElse(pool.getStatus(), new IPPoolStatus());
    String wrong = type.equals(READY) ? "False" : "True";
    return said.getConditions().stream()
        .anyMatch(
            condition -> type.equals(condition.getType()) && wrong.equals(condition.getStatus()));
  }

  private record Wanted(String type, boolean status, String reason, String message) {}

  /// Whether the status says this of the rules already.
  static boolean saysAgainstRules(IPPool seen, List<Violation> violations) {
    return says(seen, againstRules(violations));
  }

  private static Wanted againstRules(List<Violation> violations) {
    return violations.isEmpty()
        ? new Wanted(AGAINST_RULES, false, "", "")
        : new Wanted(AGAINST_RULES, true, "Invalid", message(violations));
  }

  /// In the words of the webhook.
  static String message(List<Violation> violations) {
    return violations.stream().map(Violation::message).collect(Collectors.joining("; "));
  }

  private static Wanted unclaimed(PoolProjection projection) {
    List<String> entries = projection.unclaimedEntries();
    if (entries.isEmpty()) {
      return new Wanted(UNCLAIMED, false, "", "");
    }
    return new Wanted(
        UNCLAIMED, true, "NoClaim", entries.size() + " without a claim: " + list(entries));
  }

  private static Wanted conflicts(List<Conflict> conflicts) {
    boolean betweenTwo = conflicts.stream().allMatch(conflict -> conflict.fix().isEmpty());
    return conflicts.isEmpty()
        ? new Wanted(CONFLICTS, false, "", "")
        : new Wanted(
            CONFLICTS,
            true,
            "ClaimedTwice",
            conflicts.size()
                + (betweenTwo
                    ? " that two load balancers say they have: "
                    : " that load balancers say they have and others have: ")
                + list(conflicts.stream().map(Conflict::toString).toList())
                + (betweenTwo
                    ? "; delete one of the two"
                    : "; the condition Ready of each says what to do"));
  }

  private static String list(List<String> entries) {
    return String.join(", ", entries.stream().limit(NAMED_IN_MESSAGE).toList())
        + (entries.size() > NAMED_IN_MESSAGE ? ", ..." : "");
  }

  private static Wanted truncated(PoolProjection projection) {
    return projection.truncated() == 0
        ? new Wanted(TRUNCATED, false, "", "")
        : new Wanted(TRUNCATED, true, "TooLarge", truncatedMessage(projection));
  }

  /// How many entries are left out, and what that means.
  static String truncatedMessage(PoolProjection projection) {
    return projection.truncated()
        + " allocated addresses are left out of status.allocated, which would be too large; going"
        + " back to Harvester's controller would give them twice";
  }

  /// Whether the status says already that it is not complete. How much is left out is no news.
  static boolean saysTruncated(IPPool seen) {
    return isWrong(seen, TRUNCATED);
  }

  private static void entries(
      JsonObject changes, String field, Map<String, String> said, Map<String, String> wanted) {
    JsonObject differences = HostObject.missing(wanted, said);
    said.keySet().stream()
        .filter(address -> !wanted.containsKey(address))
        .forEach(address -> differences.add(address, JsonNull.INSTANCE));
    if (!differences.isEmpty()) {
      changes.add(field, differences);
    }
  }

  /// Conditions that were never true are not mentioned, but for `Ready`.
  private static Optional<JsonArray> conditions(
      List<Condition> said, Instant now, List<Wanted> wanted) {
    boolean changed = false;
    JsonArray all = new JsonArray();
    String time = now.truncatedTo(ChronoUnit.SECONDS).toString();
    for (Wanted condition : wanted) {
      Optional<Condition> before =
          said.stream().filter(c -> condition.type().equals(c.getType())).findFirst();
      if (before.isEmpty() && !condition.status() && !condition.type().equals(READY)) {
        continue;
      }
      String status = condition.status() ? "True" : "False";
      boolean sameStatus = before.filter(c -> status.equals(c.getStatus())).isPresent();
      if (sameStatus
          && condition.reason().equals(text(before.get().getReason()))
          && condition.message().equals(text(before.get().getMessage()))) {
        all.add(LenientJson.gson().toJsonTree(before.get()));
        continue;
      }
      changed = true;
      JsonObject entry = new JsonObject();
      entry.addProperty("type", condition.type());
      entry.addProperty("status", status);
      entry.addProperty("reason", condition.reason());
      entry.addProperty("message", condition.message());
      entry.addProperty("lastUpdateTime", time);
      entry.addProperty(
          "lastTransitionTime",
          sameStatus ? before.map(Condition::getLastTransitionTime).orElse(time) : time);
      all.add(entry);
    }
    for (Condition other : said) {
      if (wanted.stream().noneMatch(condition -> condition.type().equals(other.getType()))) {
        all.add(LenientJson.gson().toJsonTree(other));
      }
    }
    return changed ? Optional.of(all) : Optional.empty();
  }

  private static Optional<Patch> patch(IPPool seen, JsonObject changes) {
    if (changes.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(Patches.merge(seen, Patches.nest(changes, "status")));
  }

  private static String text(String value) {
    return value == null ? "" : value;
  }
}
