package dev.thresher.loadbalancer.reconcile;

import dev.thresher.api.ObjectKey;
import dev.thresher.api.address.IpAddress;
import dev.thresher.api.loadbalancer.Condition;
import dev.thresher.api.loadbalancer.LoadBalancer;
import dev.thresher.loadbalancer.reconcile.StatusDocument.Ready;
import dev.thresher.runtime.events.EventRecorder;
import java.util.ArrayList;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Tells the owner of a load balancer what has become of it.
final class Transitions {

  private static final Logger log = LoggerFactory.getLogger(Transitions.class);

  private final EventRecorder events;

  Transitions(EventRecorder events) {
    this.events = events;
  }

  /// An Event for each transition: of the readiness, and of the addresses though it stays.
  void tell(LoadBalancer before, LoadBalancer after, Ready ready) {
    var changes = new ArrayList<BackendChanges.Change>(BackendChanges.of(before, after));
    changes.addAll(OtherConditions.changes(before, after));
    for (BackendChanges.Change change : changes) {
      if (change.warning()) {
        events.warning(before, change.reason(), change.message());
      } else {
        events.normal(before, change.reason(), change.message());
      }
    }
    if (isAsBefore(before, ready) && addresses(before).equals(addresses(after))) {
      return;
    }
    if (ready.status() || Readiness.isOnTheWay(ready)) {
      events.normal(before, ready.reason(), ready.message());
    } else {
      events.warning(before, ready.reason(), ready.message());
    }
    log.atInfo()
        .addKeyValue("loadBalancer", ObjectKey.of(before))
        .addKeyValue("ready", ready.status())
        .addKeyValue("reason", ready.reason())
        .addKeyValue("message", ready.message())
        .log("readiness changed");
  }

  private static boolean isAsBefore(LoadBalancer before, Ready ready) {
    Optional<Condition> said = StatusDocument.condition(before);
    return said.filter(condition ->
            (ready.status() ? "True" : "False").equals(condition.getStatus())
                && ready.reason().equals(condition.getReason()))
        .isPresent();
  }

  private static Set<IpAddress> addresses(LoadBalancer object) {
    return Recorded.of(object).stream().map(Recorded::address).collect(Collectors.toSet());
  }
}
