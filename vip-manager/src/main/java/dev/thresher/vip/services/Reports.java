package dev.thresher.vip.services;

import dev.thresher.api.ObjectKey;
import dev.thresher.api.names.KubeVipNames;
import dev.thresher.runtime.events.EventRecorder;
import dev.thresher.runtime.informer.Informer;
import dev.thresher.vip.election.RightView;
import dev.thresher.vip.election.Verdict;
import io.kubernetes.client.openapi.models.V1Service;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Events about what is not done and why. One node speaks for all: the first by name of those that
/// serve Services, for the others do not read them. Confined to one thread.
public final class Reports {

  static final String REFUSED = "AddressRefused";
  static final String NO_NODE = "NoNodeForAddress";
  static final String CONFLICT = "AddressConflict";
  static final String CLAIMED = "AddressClaimed";
  static final String WAITING = "WaitingForEndpoint";

  static final String WAITS =
      "no endpoint of the Service is ready or serving yet, its addresses are held with the first"
          + " one. Look at its selector and its pods, or set "
          + KubeVipNames.ALLOW_RECONCILE_WITHOUT_ENDPOINTS
          + ": \"true\"";

  private static final Logger LOG = LoggerFactory.getLogger(Reports.class);

  private record Report(String reason, String message) {}

  private final String node;
  private final Informer<V1Service> services;
  private final EventRecorder events;
  private final NodeEvents ofNode;
  private final Supplier<Keeping> keeping;
  private final boolean knowsOthers;
  private Map<ObjectKey, List<Report>> said = Map.of();
  private Set<Report> saidOfNode = Set.of();
  private Set<ObjectKey> saidToWait = Set.of();

  /// @param ofNode hears of the control plane's addresses, which no Service has
  /// @param knowsOthers whether the right knows the other nodes; if not, this one cannot say that
  ///   nobody can hold an address
  public Reports(
      String node,
      Informer<V1Service> services,
      EventRecorder events,
      NodeEvents ofNode,
      Supplier<Keeping> keeping,
      boolean knowsOthers) {
    this.knowsOthers = knowsOthers;
    this.node = node;
    this.services = services;
    this.events = events;
    this.ofNode = ofNode;
    this.keeping = keeping;
  }

  /// @param misnamed see [#controlPlane]
  void report(
      Assignment assignment,
      Collection<ServiceReading> readings,
      RightView view,
      Map<InetAddress, String> misnamed) {
    Map<ObjectKey, List<Report>> reports = new HashMap<>();
    if (speaks(view) || !knowsOthers) {
      refusals(readings, reports);
    }
    if (!knowsOthers) {
      preferences(readings, reports);
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
    controlPlane(assignment, misnamed);
  }

  /// Says of Services that wait for their first endpoint that they do, once.
  void waiting(Set<ObjectKey> now, RightView view) {
    if (speaks(view)) {
      for (ObjectKey key : now) {
        if (!saidToWait.contains(key)) {
          services.get(key).ifPresent(service -> events.normal(service, WAITING, WAITS));
        }
      }
    }
    saidToWait = now;
  }

  /// Conflicts of addresses that are wanted by no Service: those of the control plane.
  ///
  /// @param misnamed those that are not held because they are a node's own, with that node
  void controlPlane(Assignment assignment, Map<InetAddress, String> misnamed) {
    Set<Report> now = new HashSet<>();
    misnamed.forEach((address, owner) -> now.add(new Report(REFUSED, misnamed(address, owner))));
    for (Desired.Group group : assignment.desired().groups()) {
      for (InetAddress address : group.addresses().addresses()) {
        if (!assignment.desired().services().containsKey(address)) {
          now.addAll(conflicts(address, keeping.get()));
        }
      }
    }
    for (Report report : now) {
      if (!saidOfNode.contains(report)) {
        LOG.atWarn()
            .addKeyValue("reason", report.reason())
            .addKeyValue("message", report.message())
            .log("the control plane's address is disputed or not held");
        ofNode.warning(report.reason(), report.message());
      }
    }
    saidOfNode = now;
  }

  private void refusals(Collection<ServiceReading> readings, Map<ObjectKey, List<Report>> reports) {
    for (ServiceReading reading : readings) {
      List<Refusal> refusals =
          switch (reading) {
            case ServiceReading.NotOurs _ -> List.of();
            case ServiceReading.Nothing nothing -> nothing.refusals();
            case ServiceReading.Asks asks -> asks.refusals();
          };
      for (Refusal refusal : refusals) {
        if (!knowsOthers && ServiceReader.concernsALease(refusal)) {
          // There it is acted on, by kube-vip's rules.
          continue;
        }
        add(reports, reading.key(), new Report(REFUSED, refusal.toString()));
      }
    }
  }

  private static void preferences(
      Collection<ServiceReading> readings, Map<ObjectKey, List<Report>> reports) {
    for (ServiceReading reading : readings) {
      if (reading instanceof ServiceReading.Asks asks && !asks.preferredNodes().isEmpty()) {
        String message = PreferredNodes.withoutOthers(asks.preferredNodes()).toString();
        add(reports, asks.key(), new Report(REFUSED, message));
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
    Keeping now = keeping.get();
    for (InetAddress address : now.addresses().keySet()) {
      for (Report report : conflicts(address, now)) {
        assignment
            .desired()
            .services()
            .getOrDefault(address, Set.of())
            .forEach(key -> add(reports, key, report));
      }
    }
  }

  private List<Report> conflicts(InetAddress address, Keeping now) {
    Keeping.Kept kept = now.addresses().get(address);
    if (kept == null) {
      return List.of();
    }
    List<Report> found = new ArrayList<>();
    if (kept.state() instanceof Keeping.State.Conflict(var name, var stranger)) {
      found.add(new Report(CONFLICT, conflict(address, name, stranger, node)));
    }
    for (Keeping.Rival rival : now.rivals(address)) {
      found.add(new Report(CLAIMED, claimed(address, rival, node)));
    }
    return found;
  }

  static String misnamed(InetAddress address, String owner) {
    return "the control plane's address "
        + address.getHostAddress()
        + " is the address of "
        + owner
        + ": it is not held. Set address to one that no node has, or have its DNS name stand for such"
        + " a one";
  }

  static String claimed(InetAddress address, Keeping.Rival rival, String node) {
    return address.getHostAddress()
        + " is answered by node "
        + node
        + ", and "
        + rival.mac()
        + " claims it too on "
        + rival.interfaceName()
        + ": some clients may reach that machine. Stop it or choose another address";
  }

  static String conflict(InetAddress address, String name, String stranger, String node) {
    return address.getHostAddress()
        + " is in use by "
        + stranger
        + " on "
        + name
        + " of node "
        + node
        + "; it is not held. Stop that machine or choose another address; this is tried again by"
        + " itself";
  }

  /// Whether this node speaks of what concerns all.
  boolean speaks(RightView view) {
    return knowsOthers
        && view.live().values().stream()
            .allMatch(lease -> {
              boolean serves = lease.links().serves().services();
              return lease.node().equals(node)
                  ? serves
                  : !serves || node.compareTo(lease.node()) < 0;
            });
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
