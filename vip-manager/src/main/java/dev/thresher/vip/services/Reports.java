package dev.thresher.vip.services;

import dev.thresher.api.ObjectKey;
import dev.thresher.runtime.events.EventRecorder;
import dev.thresher.runtime.informer.Informer;
import dev.thresher.vip.election.RightView;
import dev.thresher.vip.election.Verdict;
import io.kubernetes.client.openapi.models.V1Service;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Events about what is not done and why. One node speaks for all: the first by name. Confined to
/// one thread.
public final class Reports {

  static final String REFUSED = "AddressRefused";
  static final String NO_NODE = "NoNodeForAddress";
  static final String CONFLICT = "AddressConflict";

  private static final Logger LOG = LoggerFactory.getLogger(Reports.class);

  private record Report(String reason, String message) {}

  private final String node;
  private final Informer<V1Service> services;
  private final EventRecorder events;
  private final Supplier<Keeping> keeping;
  private final boolean knowsOthers;
  private Map<ObjectKey, List<Report>> said = Map.of();

  public Reports(
      String node, Informer<V1Service> services, EventRecorder events, Supplier<Keeping> keeping) {
    this(node, services, events, keeping, true);
  }

  /// @param knowsOthers whether the right knows the other nodes; if not, this one cannot say that
  ///   nobody can hold an address
  public Reports(
      String node,
      Informer<V1Service> services,
      EventRecorder events,
      Supplier<Keeping> keeping,
      boolean knowsOthers) {
    this.knowsOthers = knowsOthers;
    this.node = node;
    this.services = services;
    this.events = events;
    this.keeping = keeping;
  }

  void report(Assignment assignment, Collection<ServiceReading> readings, RightView view) {
    Map<ObjectKey, List<Report>> reports = new HashMap<>();
    if (speaks(view) || !knowsOthers) {
      refusals(readings, reports);
    }
    if (speaks(view)) {
      nobody(assignment, reports);
    }
    conflicts(assignment, reports);
    reports.forEach((key, list) -> {
      List<Report> before = said.getOrDefault(key, List.of());
      for (Report report : list) {
        if (!before.contains(report)) {
          say(key, report);
        }
      }
    });
    said = reports;
  }

  private static void refusals(
      Collection<ServiceReading> readings, Map<ObjectKey, List<Report>> reports) {
    for (ServiceReading reading : readings) {
      List<Refusal> refusals =
          switch (reading) {
            case ServiceReading.NotOurs _ -> List.of();
            case ServiceReading.Nothing(_, var found) -> found;
            case ServiceReading.Asks asks -> asks.refusals();
          };
      for (Refusal refusal : refusals) {
        add(reports, reading.key(), new Report(REFUSED, refusal.toString()));
      }
    }
  }

  private static void nobody(Assignment assignment, Map<ObjectKey, List<Report>> reports) {
    assignment
        .verdicts()
        .forEach((group, verdict) -> {
          if (!(verdict instanceof Verdict.Nobody(var reasons))) {
            return;
          }
          String message = "no node can hold " + group + ": " + reasons;
          Set<ObjectKey> keys = new TreeSet<>();
          for (InetAddress address : group.addresses()) {
            keys.addAll(assignment.desired().services().getOrDefault(address, Set.of()));
          }
          keys.forEach(key -> add(reports, key, new Report(NO_NODE, message)));
        });
  }

  private void conflicts(Assignment assignment, Map<ObjectKey, List<Report>> reports) {
    keeping
        .get()
        .addresses()
        .forEach((address, kept) -> {
          if (!(kept.state() instanceof Keeping.State.Conflict(var name, var stranger))) {
            return;
          }
          String message = conflict(address, name, stranger, node);
          assignment
              .desired()
              .services()
              .getOrDefault(address, Set.of())
              .forEach(key -> add(reports, key, new Report(CONFLICT, message)));
        });
  }

  static String conflict(InetAddress address, String name, String stranger, String node) {
    return address.getHostAddress()
        + " is in use by "
        + stranger
        + " on "
        + name
        + " of node "
        + node
        + "; it is not held. Stop that machine or choose another address; this is tried again every "
        + AddressKeeper.CONFLICT_RETRY.toSeconds()
        + " s";
  }

  /// Whether this node speaks of what concerns all.
  boolean speaks(RightView view) {
    return knowsOthers
        && view.live().keySet().stream().allMatch(other -> node.compareTo(other) <= 0);
  }

  private void say(ObjectKey key, Report report) {
    LOG.atWarn()
        .addKeyValue("service", key)
        .addKeyValue("reason", report.reason())
        .addKeyValue("message", report.message())
        .log("not done for a service");
    services
        .get(key)
        .ifPresent(service -> events.warning(service, report.reason(), report.message()));
  }

  private static void add(Map<ObjectKey, List<Report>> reports, ObjectKey key, Report report) {
    reports.computeIfAbsent(key, k -> new ArrayList<>()).add(report);
  }
}
