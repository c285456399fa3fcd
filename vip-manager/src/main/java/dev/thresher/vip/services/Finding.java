package dev.thresher.vip.services;

import com.google.common.net.InetAddresses;
import dev.thresher.api.ObjectKey;
import dev.thresher.api.names.OwnershipNames;
import dev.thresher.vip.election.AddressGroup;
import dev.thresher.vip.election.Verdict;
import io.kubernetes.client.openapi.models.V1Condition;
import io.kubernetes.client.openapi.models.V1Service;
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
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/// Whether the addresses of a Service are held, as its condition says it: pure.
///
/// Where nothing was ever wrong there is no condition: that a Service is well is in its status
/// anyway, and a write per Service would say nothing more. An address that somebody else claims too
/// is held, and the condition says by whom it is claimed while that is news. A Service that asks
/// for nothing any more loses its condition.
///
/// @param held whether all addresses are
/// @param reason a word in CamelCase; empty: there is nothing to say
/// @param refusedAt if the Service may have none of its addresses, its `resourceVersion` then; else
///   empty
/// @param idle whether nobody holds any of its addresses, nor is about to
public record Finding(boolean held, String reason, String message, String refusedAt, boolean idle) {

  /// There should be no condition.
  static final Finding NOTHING = new Finding(true, "", "");

  private static final String HELD = "Held";
  private static final int MESSAGE_AT_MOST = 32_768;

  Finding(boolean held, String reason, String message) {
    this(held, reason, message, "", false);
  }

  private Finding idle(boolean now) {
    return new Finding(held, reason, message, refusedAt, now);
  }

  /// Who says it, and what it knows besides the choice.
  ///
  /// @param node this one
  /// @param speaker whether it speaks for all
  /// @param holds whether the record says that somebody holds an address
  /// @param waiting Services that have waited for their first endpoint for a while
  /// @param before of which Services it said something the last time
  record Speech(
      String node,
      boolean speaker,
      Predicate<InetAddress> holds,
      Set<ObjectKey> waiting,
      Set<ObjectKey> before) {}

  /// What this node has to say. Of what concerns all nodes one speaks, of what an address meets on
  /// a link its holder, so that no two write one condition in turn.
  static Map<ObjectKey, Finding> of(
      Collection<ServiceReading> readings, Assignment assignment, Keeping keeping, Speech speech) {
    Map<InetAddress, String> nobody = nobody(assignment);
    Map<ObjectKey, Finding> findings = new HashMap<>();
    for (ServiceReading reading : readings) {
      List<InetAddress> addresses =
          assignment.desired().byService().getOrDefault(reading.key(), List.of());
      Optional<Finding> ofAll =
          asksNothing(reading, speech)
              .or(() -> refused(reading, addresses, speech))
              .or(() -> unplaced(addresses, nobody))
              .or(() -> waiting(reading, addresses, speech));
      if (ofAll.isEmpty()) {
        here(addresses, keeping, speech.node())
            .ifPresent(found -> findings.put(reading.key(), found));
      } else if (ofAll.get().equals(NOTHING)) {
        findings.put(reading.key(), NOTHING);
      } else if (speech.speaker()) {
        boolean idle =
            addresses.isEmpty()
                ? speech.waiting().contains(reading.key())
                : addresses.stream().anyMatch(nobody::containsKey);
        findings.put(reading.key(), ofAll.get().idle(idle));
      }
    }
    return Map.copyOf(findings);
  }

  /// What is another program's now may have a condition by another vip-manager: only who said
  /// something of it takes that back.
  private static Optional<Finding> asksNothing(ServiceReading reading, Speech speech) {
    boolean said = speech.before().contains(reading.key());
    boolean nothing =
        switch (reading) {
          case ServiceReading.NotOurs notOurs -> said || (speech.speaker() && !notOurs.others());
          case ServiceReading.Nothing none ->
              none.refusals().isEmpty() && (said || speech.speaker());
          case ServiceReading.Asks _ -> false;
        };
    return nothing ? Optional.of(NOTHING) : Optional.empty();
  }

  private static Optional<Finding> unplaced(
      List<InetAddress> addresses, Map<InetAddress, String> nobody) {
    return addresses.stream()
        .flatMap(address -> Optional.ofNullable(nobody.get(address)).stream())
        .findFirst()
        .map(message -> new Finding(false, Reports.NO_NODE, message));
  }

  private static Optional<Finding> waiting(
      ServiceReading reading, List<InetAddress> active, Speech speech) {
    return active.isEmpty() && speech.waiting().contains(reading.key())
        ? Optional.of(new Finding(false, Reports.WAITING, Reports.WAITS))
        : Optional.empty();
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

  private static Optional<Finding> refused(
      ServiceReading reading, List<InetAddress> active, Speech speech) {
    return switch (reading) {
      case ServiceReading.NotOurs _ -> Optional.empty();
      case ServiceReading.Nothing nothing ->
          nothing.refusals().isEmpty()
              ? Optional.empty()
              : Optional.of(
                  new Finding(
                      false, Reports.REFUSED, text(nothing.refusals()), nothing.version(), false));
      case ServiceReading.Asks asks -> {
        List<Refusal> refusals =
            asks.refusals().stream().filter(ServiceReader::concernsAnAddress).toList();
        yield refusals.isEmpty()
            ? Optional.empty()
            : Optional.of(
                new Finding(
                    false,
                    Reports.REFUSED,
                    others(asks.addresses(), active, speech) + "refused: " + text(refusals)));
      }
    };
  }

  /// What becomes of the addresses of a list that are not refused.
  private static String others(List<InetAddress> asked, List<InetAddress> active, Speech speech) {
    return list("held: ", asked.stream().filter(speech.holds()).toList())
        + list(
            "not held yet: ",
            asked.stream().filter(active::contains).filter(Predicate.not(speech.holds())).toList())
        + list(
            "waiting for the first endpoint: ",
            asked.stream()
                .filter(Predicate.not(active::contains))
                .filter(Predicate.not(speech.holds()))
                .toList());
  }

  private static String list(String title, List<InetAddress> addresses) {
    return addresses.isEmpty()
        ? ""
        : addresses.stream()
            .map(InetAddresses::toAddrString)
            .collect(Collectors.joining(", ", title, "; "));
  }

  private static String text(List<Refusal> refusals) {
    return refusals.stream().map(Refusal::toString).collect(Collectors.joining("; "));
  }

  /// Whether this Service, as it is now, may have none of the addresses that it asks for.
  boolean refuses(V1Service service) {
    return !refusedAt.isEmpty() && refusedAt.equals(service.getMetadata().getResourceVersion());
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
    if (before.isEmpty() && (well || reason.isEmpty())) {
      return Optional.empty();
    }
    List<V1Condition> all = new ArrayList<>(present);
    all.removeIf(each -> OwnershipNames.SERVICE_CONDITION.equals(each.getType()));
    if (reason.isEmpty()) {
      return Optional.of(all);
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
