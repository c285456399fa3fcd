package dev.thresher.vip.services;

import dev.thresher.api.CoreTypes;
import dev.thresher.api.ResourceType;
import dev.thresher.api.loadbalancer.IPPool;
import dev.thresher.api.loadbalancer.LoadBalancerTypes;
import dev.thresher.runtime.client.KubeApi;
import dev.thresher.runtime.client.KubeApiException;
import dev.thresher.runtime.informer.Informer;
import dev.thresher.runtime.informer.Informers;
import dev.thresher.runtime.informer.Scope;
import dev.thresher.runtime.lifecycle.Component;
import dev.thresher.runtime.time.Timeline;
import io.kubernetes.client.common.KubernetesObject;
import io.kubernetes.client.openapi.models.V1ServiceCIDR;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Follows the objects that name ranges of addresses: ServiceCIDRs (Kubernetes 1.33) and IPPools.
///
/// A cluster need not have them, and a role need not allow to read them, as kube-vip's does not:
/// either is said once and looked at again now and then. Nobody's readiness depends on them; a
/// start waits for them a moment, so that no address is held that would be refused then.
public final class ClusterRanges implements Component {

  private static final Logger LOG = LoggerFactory.getLogger(ClusterRanges.class);

  /// How long a start waits for them.
  private static final Duration PATIENCE = Duration.ofSeconds(2);

  private static final Duration LOOK_AGAIN = Duration.ofMinutes(1);
  private static final Duration TRY_AGAIN = Duration.ofSeconds(1);
  private static final long STOP_MILLIS = 2000;

  private final KubeApi api;
  private final Supplier<Informers> caches;
  private final Timeline timeline;
  private final List<Runnable> listeners = new CopyOnWriteArrayList<>();
  private final Followed<V1ServiceCIDR> services;
  private final Followed<IPPool> pools;
  private final List<Thread> threads = new ArrayList<>();
  private volatile boolean patient = true;
  private volatile KnownRanges known = new KnownRanges(false, Map.of(), List.of());
  private @Nullable Informers running;

  /// One kind of object.
  private static final class Followed<T extends KubernetesObject> {
    private final ResourceType<T> type;
    private volatile boolean settled;
    private volatile @Nullable Informer<T> informer;

    private Followed(ResourceType<T> type) {
      this.type = type;
    }

    private List<T> list() {
      Informer<T> all = informer;
      return all == null ? List.of() : all.list();
    }
  }

  /// @param caches gives informers that nobody else's readiness depends on, started
  public ClusterRanges(KubeApi api, Supplier<Informers> caches, Timeline timeline) {
    this.api = api;
    this.caches = caches;
    this.timeline = timeline;
    this.services = new Followed<>(CoreTypes.SERVICE_CIDR);
    this.pools = new Followed<>(LoadBalancerTypes.IP_POOL);
  }

  @Override
  public String name() {
    return "cluster-ranges";
  }

  @Override
  public synchronized void start() {
    timeline.after(
        PATIENCE,
        () -> {
          patient = false;
          renew();
        });
    for (Followed<?> one : List.of(services, pools)) {
      threads.add(
          Thread.ofVirtual().name(name() + "-" + one.type.plural()).start(() -> follow(one)));
    }
  }

  @Override
  public void stop() {
    threads.forEach(Thread::interrupt);
    try {
      for (Thread thread : threads) {
        thread.join(STOP_MILLIS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    synchronized (this) {
      if (running != null) {
        running.stop();
      }
    }
  }

  /// The ranges as far as known. Any thread; never blocks.
  public KnownRanges known() {
    return known;
  }

  /// Hears that [#known()] changed; must not block. To be called before the start.
  public void onChange(Runnable listener) {
    listeners.add(listener);
  }

  private <T extends KubernetesObject> void follow(Followed<T> one) {
    try {
      awaitReadable(one);
      Informer<T> informer = informers().informer(one.type, Scope.ALL);
      informer.onChange(change -> renew());
      while (!informer.awaitSync(LOOK_AGAIN)) {
        if (Thread.interrupted()) {
          return;
        }
      }
      one.informer = informer;
      settle(one);
    } catch (InterruptedException e) {
      LOG.atDebug().setCause(e).log("ends");
    }
  }

  private synchronized Informers informers() {
    if (running == null) {
      running = caches.get();
    }
    return running;
  }

  private void awaitReadable(Followed<?> one) throws InterruptedException {
    String said = "";
    String path = one.type.collectionPath("") + "?limit=1";
    while (true) {
      String problem;
      Duration pause = LOOK_AGAIN;
      try {
        if (api.request("GET", path, Optional.empty()).isPresent()) {
          return;
        }
        problem = "the cluster has none";
      } catch (KubeApiException e) {
        problem = String.valueOf(e.getMessage());
        pause = e.reason() == KubeApiException.Reason.FORBIDDEN ? LOOK_AGAIN : TRY_AGAIN;
      }
      if (pause.equals(LOOK_AGAIN)) {
        settle(one);
      }
      if (!problem.equals(said)) {
        said = problem;
        LOG.atInfo()
            .addKeyValue("resource", one.type.resource())
            .addKeyValue("problem", problem)
            .log("ranges of addresses are not known");
      }
      TimeUnit.NANOSECONDS.sleep(pause.toNanos());
    }
  }

  private void settle(Followed<?> one) {
    one.settled = true;
    renew();
  }

  private void renew() {
    boolean changed;
    synchronized (this) {
      KnownRanges next =
          KnownRanges.of(
              !patient || (services.settled && pools.settled), services.list(), pools.list());
      changed = !next.equals(known);
      known = next;
    }
    if (changed) {
      listeners.forEach(Runnable::run);
    }
  }
}
