package dev.thresher.vip.services;

import dev.thresher.api.ObjectKey;
import dev.thresher.api.names.OwnershipNames;
import dev.thresher.vip.election.AddressGroup;
import dev.thresher.vip.election.Verdict;
import io.kubernetes.client.openapi.models.V1Condition;
import java.net.InetAddress;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;

/// Whether the addresses of a Service are held, as its condition says it: pure.
///
/// Where nothing was ever wrong there is no condition: that a Service is well is in its status
/// anyway, and a write per Service would say nothing more. An address that somebody else claims too
/// is held, and the condition says by whom it is claimed while that is news.
///
/// @param reason a word in CamelCase
public record Finding(boolean held, String reason, String message) {

  private static final String HELD = "Held";
  private static final int MESSAGE_AT_MOST = 32_768;

  /// What this node has to say. Of what concerns all nodes one speaks, of what an address meets on
  /// a link its holder, so that no two write one condition in turn.
  ///
  /// @param speaker whether this node speaks for all
  static Map<ObjectKey, Finding> of(
      Collection<ServiceReading> readings,
      Assignment assignment,
      Keeping keeping,
      boolean speaker,
      String node) {
    Map<InetAddress, String> nobody = nobody(assignment);
    Map<ObjectKey, Finding> findings = new HashMap<>();
    for (ServiceReading reading : readings) {
      Optional<Finding> refused = refused(reading);
      List<InetAddress> addresses =
          assignment.desired().byService().getOrDefault(reading.key(), List.of());
      Optional<Finding> unplaced =
          addresses.stream()
              .flatMap(address -> Optional.ofNullable(nobody.get(address)).stream())
              .findFirst()
              .map(message -> new Finding(false, Reports.NO_NODE, message));
      if (refused.isPresent() || unplaced.isPresent()) {
        if (speaker) {
          findings.put(reading.key(), refused.or(() -> unplaced).orElseThrow());
        }
      } else {
        here(addresses, keeping, node).ifPresent(found -> findings.put(reading.key(), found));
      }
    }
    return Map.copyOf(findings);
  }

  private static Map<InetAddress, String> nobody(Assignment assignment) {
    Map<InetAddress, String> messages = new HashMap<>();
    for (Map.Entry<AddressGroup, Verdict> entry : assignment.verdicts().entrySet()) {
      if (entry.getValue() instanceof Verdict.Nobody(var reasons)) {
        String message = "no node can hold " + entry.getKey() + ": " + reasons;
        entry.getKey().addresses().forEach(address -> messages.put(address, message));
      }
    }
    return messages;
  }

  private static Optional<Finding> refused(ServiceReading reading) {
    List<Refusal> refusals =
        switch (reading) {
          case ServiceReading.NotOurs _ -> List.of();
          case ServiceReading.Nothing(_, var found) -> found;
          case ServiceReading.Asks asks ->
              asks.refusals().stream().filter(ServiceReader::concernsAnAddress).toList();
        };
    return refusals.isEmpty()
        ? Optional.empty()
        : Optional.of(
            new Finding(
                false,
                Reports.REFUSED,
                refusals.stream().map(Refusal::toString).collect(Collectors.joining("; "))));
  }

  private static Optional<Finding> here(List<InetAddress> addresses, Keeping keeping, String node) {
    for (InetAddress address : addresses) {
      Keeping.Kept kept = keeping.addresses().get(address);
      if (kept != null && kept.state() instanceof Keeping.State.Conflict(var name, var stranger)) {
        return Optional.of(
            new Finding(false, Reports.CONFLICT, Reports.conflict(address, name, stranger, node)));
      }
    }
    for (InetAddress address : addresses) {
      if (keeping.answers(address) && !keeping.rivals(address).isEmpty()) {
        return Optional.of(
            new Finding(
                true,
                Reports.CLAIMED,
                keeping.rivals(address).stream()
                    .map(rival -> Reports.claimed(address, rival, node))
                    .collect(Collectors.joining("; "))));
      }
    }
    return !addresses.isEmpty() && addresses.stream().allMatch(keeping::answers)
        ? Optional.of(new Finding(true, HELD, "node " + node + " answers"))
        : Optional.empty();
  }

  /// The conditions as they should be, if they are not: those of others stay.
  Optional<List<V1Condition>> among(List<V1Condition> present, Instant now) {
    Optional<V1Condition> before =
        present.stream()
            .filter(each -> OwnershipNames.SERVICE_CONDITION.equals(each.getType()))
            .findFirst();
    boolean well = held && reason.equals(HELD);
    if (before.isEmpty() && well) {
      return Optional.empty();
    }
    String status = held ? "True" : "False";
    String said =
        message.length() <= MESSAGE_AT_MOST ? message : message.substring(0, MESSAGE_AT_MOST);
    boolean same = before.filter(each -> status.equals(each.getStatus())).isPresent();
    // Which node answers is in the status anyway.
    if (same
        && reason.equals(before.get().getReason())
        && (well || said.equals(before.get().getMessage()))) {
      return Optional.empty();
    }
    List<V1Condition> all = new ArrayList<>(present);
    all.removeIf(each -> OwnershipNames.SERVICE_CONDITION.equals(each.getType()));
    V1Condition condition =
        new V1Condition()
            .type(OwnershipNames.SERVICE_CONDITION)
            .status(status)
            .reason(reason)
            .message(said);
    condition.setLastTransitionTime(
        same && before.get().getLastTransitionTime() != null
            ? Objects.requireNonNull(before.get().getLastTransitionTime())
            : now.atOffset(ZoneOffset.UTC).truncatedTo(ChronoUnit.SECONDS));
    all.add(condition);
    return Optional.of(all);
  }
}
