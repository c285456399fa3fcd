package dev.thresher.ccm.harvester.loadbalancer;

import dev.thresher.api.CoreTypes;
import dev.thresher.api.ObjectKey;
import dev.thresher.api.names.HarvesterNames;
import dev.thresher.ccm.harvester.loadbalancer.Strays.Stray;
import dev.thresher.runtime.client.KubeApi;
import dev.thresher.runtime.client.Precondition;
import dev.thresher.runtime.events.EventRecorder;
import dev.thresher.runtime.informer.Informer;
import dev.thresher.runtime.reconcile.Reconciler;
import dev.thresher.runtime.reconcile.Result;
import dev.thresher.runtime.time.Timeline;
import io.kubernetes.client.openapi.models.V1Lease;
import io.kubernetes.client.openapi.models.V1ObjectMeta;
import io.kubernetes.client.openapi.models.V1Service;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Looks for objects on the host that no Service stands for, tells about them, and deletes them if
/// it is told to.
///
/// A look costs no request. Two caches that are not equally old can show a stray that is none, so
/// nothing is said after the first look, and nothing is deleted without asking both clusters. What
/// cannot be told from the object of another guest is never deleted.
public final class StraySweep implements Reconciler<String> {

  /// The one key of the queue.
  public static final String KEY = "strays";

  private static final Logger log = LoggerFactory.getLogger(StraySweep.class);

  static final Duration PERIOD = Duration.ofMinutes(1);

  /// Between the first and the second look at a stray.
  static final Duration CONFIRMATION = Duration.ofSeconds(10);

  /// A cache that has heard nothing for longer may miss what just came.
  static final Duration FRESH = Duration.ofMinutes(3);

  private final String cluster;
  private final StraySettings settings;
  private final Informer<ReadBalancer> balancers;
  private final Informer<V1Service> services;
  private final SharedAddresses shared;
  private final KubeApi host;
  private final KubeApi guest;
  private final EventRecorder events;
  private final StrayMetrics metrics;
  private final Timeline timeline;

  private final Map<String, Long> firstSeen = new HashMap<>();
  private final Set<String> said = new HashSet<>();

  /// Only before the informers start.
  public StraySweep(
      String cluster,
      StraySettings settings,
      Informer<ReadBalancer> balancers,
      Informer<V1Service> services,
      KubeApi host,
      KubeApi guest,
      EventRecorder events,
      StrayMetrics metrics,
      Timeline timeline) {
    this.cluster = cluster;
    this.settings = settings;
    this.balancers = balancers;
    this.services = services;
    this.shared = new SharedAddresses(services);
    this.host = host;
    this.guest = guest;
    this.events = events;
    this.metrics = metrics;
    this.timeline = timeline;
  }

  @Override
  public Result reconcile(String key) {
    Optional<String> guestUid =
        services
            .get(HarvesterLoadBalancers.GUEST_IDENTITY)
            .map(identity -> Objects.requireNonNull(identity.getMetadata().getUid()));
    if (guestUid.isEmpty()
        || services.sinceLastEvent().compareTo(FRESH) > 0
        || balancers.sinceLastEvent().compareTo(FRESH) > 0) {
      return Result.after(PERIOD);
    }
    Strays found = Strays.among(balancers.list(), cluster, guestUid.get(), services::get);
    metrics.found(found);
    firstSeen.keySet().retainAll(uids(found));
    Duration next = PERIOD;
    for (Stray stray : found.strays()) {
      Duration seen = seen(stray.uid());
      if (seen.compareTo(CONFIRMATION) < 0) {
        next = min(next, CONFIRMATION.minus(seen));
        continue;
      }
      Optional<String> hindrance = hindrance(stray, found);
      tell(stray, hindrance);
      if (hindrance.isEmpty()) {
        Duration left = settings.grace().minus(seen);
        if (left.isPositive()) {
          next = min(next, left);
        } else {
          reclaim(stray, guestUid.get());
        }
      }
    }
    found.foreign().forEach(this::tellForeign);
    said.retainAll(uids(found));
    return Result.after(next);
  }

  /// Why a stray stays where it is; empty if it is to go.
  private Optional<String> hindrance(Stray stray, Strays found) {
    if (!shared.holders(stray.addresses(), "").isEmpty()) {
      return Optional.of(
          "it stays while Services have its address: "
              + shared.holders(stray.addresses(), "").stream()
                  .map(ObjectKey::of)
                  .sorted()
                  .toList());
    }
    if (!settings.reclaim()) {
      return Optional.of("delete it on the host, or run with --reclaim-orphans");
    }
    if (!stray.recorded() && cluster.equals(HarvesterNames.DEFAULT_CLUSTER_NAME)) {
      return Optional.of(
          "it does not say which guest it is of, and many guests have the name \""
              + cluster
              + "\"; delete it on the host if nobody uses it");
    }
    if (!stray.recorded() && !found.foreign().isEmpty()) {
      return Optional.of(
          "it does not say which guest it is of, and another one has the same name; delete it on"
              + " the host if nobody uses it");
    }
    return Optional.empty();
  }

  /// The second look, at the clusters themselves.
  private void reclaim(Stray stray, String guestUid) {
    Optional<V1Service> identity =
        guest.get(CoreTypes.SERVICE, HarvesterLoadBalancers.GUEST_IDENTITY);
    Optional<ReadBalancer> there = host.get(ReadBalancer.TYPE, stray.key());
    if (identity.isEmpty()
        || !guestUid.equals(identity.get().getMetadata().getUid())
        || there.isEmpty()
        || !stray.uid().equals(there.get().getMetadata().getUid())) {
      return;
    }
    // For a duplicate the cache knows the other object, which the choice is between.
    List<ReadBalancer> looked =
        balancers.list().stream()
            .map(known -> ObjectKey.of(known).equals(stray.key()) ? there.get() : known)
            .toList();
    boolean again =
        Strays.among(
                looked,
                cluster,
                guestUid,
                key ->
                    key.equals(stray.service())
                        ? guest.get(CoreTypes.SERVICE, key)
                        : services.get(key))
            .strays()
            .stream()
            .anyMatch(found -> found.uid().equals(stray.uid()) && found.kind() == stray.kind());
    if (!again) {
      return;
    }
    boolean existed = host.delete(ReadBalancer.TYPE, stray.key(), Precondition.uid(stray.uid()));
    firstSeen.remove(stray.uid());
    if (existed) {
      metrics.reclaimed(stray.kind());
      log.atWarn()
          .addKeyValue("loadBalancer", stray.key())
          .addKeyValue("uid", stray.uid())
          .addKeyValue("service", stray.service())
          .addKeyValue("addresses", stray.addresses())
          .addKeyValue("kind", stray.kind().text())
          .log("load balancer without a service deleted on the host");
      events.normal(
          lease(),
          "OrphanReclaimed",
          "LoadBalancer "
              + stray.key()
              + " of Service "
              + stray.service()
              + " was deleted on the host");
    }
  }

  private void tell(Stray stray, Optional<String> hindrance) {
    if (!said.add(stray.uid())) {
      return;
    }
    String what =
        switch (stray.kind()) {
          case ORPHAN -> "has no Service any more: it was made for " + stray.service();
          case DUPLICATE -> "is a second one of Service " + stray.service();
        };
    String message =
        "LoadBalancer "
            + stray.key()
            + " on the host "
            + what
            + ", its addresses are "
            + stray.addresses()
            + "; "
            + hindrance.orElse("it is deleted after --orphan-grace");
    events.warning(lease(), "OrphanedLoadBalancer", message);
    log.atWarn()
        .addKeyValue("loadBalancer", stray.key())
        .addKeyValue("uid", stray.uid())
        .addKeyValue("message", message)
        .log("load balancer without a service");
  }

  private void tellForeign(String otherGuest, List<String> names) {
    if (!said.add(otherGuest)) {
      return;
    }
    String message =
        "another guest cluster has the name \""
            + cluster
            + "\" in the same namespace of the host: "
            + names.size()
            + " LoadBalancers, such as "
            + names.getFirst()
            + ", are of the guest whose Service default/kubernetes has the UID "
            + otherGuest
            + "; give each its own --cluster-name, or delete them if that guest is gone";
    events.warning(lease(), "ClusterNameShared", message);
    log.atWarn()
        .addKeyValue("clusterName", cluster)
        .addKeyValue("otherGuest", otherGuest)
        .addKeyValue("loadBalancers", names.size())
        .log("another guest cluster has the same name");
  }

  private Duration seen(String uid) {
    long now = timeline.nanoTime();
    return Duration.ofNanos(now - firstSeen.computeIfAbsent(uid, _ -> now));
  }

  private static Set<String> uids(Strays found) {
    Set<String> uids = found.strays().stream().map(Stray::uid).collect(Collectors.toSet());
    uids.addAll(found.foreign().keySet());
    return uids;
  }

  private V1Lease lease() {
    return new V1Lease()
        .apiVersion(CoreTypes.LEASE.apiVersion())
        .kind(CoreTypes.LEASE.kind())
        .metadata(
            new V1ObjectMeta()
                .namespace(settings.lease().namespace())
                .name(settings.lease().name()));
  }

  private static Duration min(Duration one, Duration other) {
    return one.compareTo(other) < 0 ? one : other;
  }
}
