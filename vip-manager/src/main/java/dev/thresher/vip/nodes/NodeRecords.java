package dev.thresher.vip.nodes;

import dev.thresher.api.ObjectKey;
import dev.thresher.api.net.NetTypes;
import dev.thresher.api.net.NodeNetworkSetting;
import dev.thresher.runtime.client.KubeApi;
import dev.thresher.runtime.client.KubeApiException;
import dev.thresher.runtime.informer.Change;
import dev.thresher.runtime.informer.Informer;
import dev.thresher.runtime.informer.Informers;
import dev.thresher.runtime.informer.Scope;
import dev.thresher.runtime.lifecycle.Component;
import dev.thresher.runtime.metrics.Metrics;
import dev.thresher.runtime.time.Timeline;
import dev.thresher.vip.linux.NodeNetwork;
import dev.thresher.vip.packet.MacAddress;
import io.kubernetes.client.openapi.models.V1Node;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Keeps this node's `NodeNetwork` true, applies the `NodeNetworkSetting` in force, and knows the
/// networks of all nodes.
///
/// One virtual thread writes, on a change and at most once per second. Where the definitions are
/// not installed this is said once and looked for every minute; all else works without.
public final class NodeRecords implements Component {

  private static final Logger LOG = LoggerFactory.getLogger(NodeRecords.class);

  /// How long a start waits for the settings; after that those that it began with hold until they
  /// come.
  private static final Duration PATIENCE = Duration.ofSeconds(2);

  private static final Duration LOOK_FOR_DEFINITIONS = Duration.ofMinutes(1);
  private static final Duration TRY_AGAIN = Duration.ofSeconds(10);
  private static final Duration AT_LEAST_APART = Duration.ofSeconds(1);
  private static final long STOP_MILLIS = 2000;

  private final ObjectKey key;
  private final KubeApi api;
  private final Supplier<Informers> caches;
  private final Informer<V1Node> nodes;
  private final LocalSettings settings;
  private final Optional<SettingsFile> file;
  private final RecordWriter writer;
  private final List<Runnable> listeners = new CopyOnWriteArrayList<>();
  private final Semaphore news = new Semaphore(0);
  private final CountDownLatch settled = new CountDownLatch(1);
  private volatile KnownNetworks networks = KnownNetworks.NONE;
  private volatile @Nullable Informers running;
  private volatile @Nullable Informer<dev.thresher.api.net.NodeNetwork> records;
  private volatile @Nullable Informer<NodeNetworkSetting> wishes;
  private volatile @Nullable Thread thread;

  /// The setting by which this node goes, once that is known.
  private volatile Optional<NodeNetworkSetting> inForce = Optional.empty();

  private volatile boolean resolved;

  // The thread's own.
  private String complaint = "";

  /// @param caches gives informers that nobody else's readiness depends on, started
  /// @param network without the devices that are ignored
  /// @param file where the setting in force is kept for the next start
  public NodeRecords(
      String node,
      KubeApi api,
      Supplier<Informers> caches,
      Informer<V1Node> nodes,
      NodeNetwork network,
      LocalSettings settings,
      Optional<SettingsFile> file,
      Timeline timeline,
      Metrics metrics) {
    this.key = ObjectKey.cluster(node);
    this.api = api;
    this.caches = caches;
    this.nodes = nodes;
    this.settings = settings;
    this.file = file;
    this.writer = new RecordWriter(node, api, network, settings, timeline, metrics);
    network.onChange(changed -> news.release());
    nodes.onChange(change -> {
      if (ObjectKey.of(change.object()).equals(key)) {
        resolve();
        news.release();
      }
    });
  }

  @Override
  public String name() {
    return "node-network";
  }

  @Override
  public void start() {
    thread = Thread.ofVirtual().name(name()).start(this::run);
  }

  @Override
  public void stop() {
    Thread ending = thread;
    if (ending != null) {
      ending.interrupt();
      try {
        ending.join(STOP_MILLIS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
    Informers informers = running;
    if (informers != null) {
      informers.stop();
    }
  }

  /// Waits until the settings in force are known, or known not to exist; not for long.
  public void awaitSettings() throws InterruptedException {
    if (!settled.await(PATIENCE.toNanos(), TimeUnit.NANOSECONDS)) {
      LOG.atWarn()
          .addKeyValue("interfaces", settings.used())
          .log(
              "settings of the node's network are not known yet, begun with what was known before");
    }
  }

  /// The networks of all nodes, as far as known.
  public KnownNetworks networks() {
    return networks;
  }

  /// By MAC the nodes that have it on an interface, as far as known; comma separated if several.
  public Map<MacAddress, String> macs() {
    Informer<dev.thresher.api.net.NodeNetwork> all = records;
    return all == null ? Map.of() : RecordDocument.macs(all.list());
  }

  /// Hears that [#networks()] may be others now; must not block. To be called before the start.
  public void onChange(Runnable listener) {
    listeners.add(listener);
  }

  private void run() {
    try {
      awaitDefinitions();
      follow();
      while (!Thread.currentThread().isInterrupted()) {
        news.drainPermits();
        keep();
        boolean well = wrote();
        TimeUnit.NANOSECONDS.sleep(AT_LEAST_APART.toNanos());
        if (well) {
          news.acquire();
        } else {
          boolean _ = news.tryAcquire(TRY_AGAIN.toNanos(), TimeUnit.NANOSECONDS);
        }
      }
    } catch (InterruptedException e) {
      LOG.atDebug().setCause(e).log("ends");
    }
  }

  private void awaitDefinitions() throws InterruptedException {
    boolean said = false;
    while (!served()) {
      settled.countDown();
      if (said) {
        // Not only not yet, as of a server that has just started.
        become(Optional.empty());
        keep();
      } else {
        said = true;
        LOG.atInfo()
            .addKeyValue("definition", NetTypes.NODE_NETWORK.resource())
            .log("definitions are not installed: no record of this node's network is kept");
      }
      TimeUnit.NANOSECONDS.sleep(LOOK_FOR_DEFINITIONS.toNanos());
    }
  }

  private boolean served() throws InterruptedException {
    String path = "/apis/" + NetTypes.NODE_NETWORK.group() + "/" + NetTypes.NODE_NETWORK.version();
    while (true) {
      try {
        return api.request("GET", path, Optional.empty())
            .filter(list -> Discovery.lists(list, NetTypes.NODE_NETWORK.plural()))
            .filter(list -> Discovery.lists(list, NetTypes.NODE_NETWORK_SETTING.plural()))
            .isPresent();
      } catch (RuntimeException e) {
        complain(e);
        TimeUnit.NANOSECONDS.sleep(AT_LEAST_APART.toNanos());
      }
    }
  }

  private void follow() throws InterruptedException {
    Informers informers = caches.get();
    running = informers;
    var seen = informers.informer(NetTypes.NODE_NETWORK, Scope.ALL);
    records = seen;
    seen.onChange(change -> heard(change, seen));
    Informer<NodeNetworkSetting> found =
        informers.informer(NetTypes.NODE_NETWORK_SETTING, Scope.ALL);
    found.onChange(change -> resolve());
    // Which settings choose this node depends on its labels.
    while (!found.awaitSync(TRY_AGAIN) || !nodes.awaitSync(TRY_AGAIN)) {
      if (Thread.interrupted()) {
        throw new InterruptedException();
      }
      settled.countDown();
    }
    wishes = found;
    resolve();
    settled.countDown();
  }

  private void heard(
      Change<dev.thresher.api.net.NodeNetwork> change,
      Informer<dev.thresher.api.net.NodeNetwork> seen) {
    var object = change.object();
    if (ObjectKey.of(object).equals(key)
        && writer.doubts(object, change instanceof Change.Deleted)) {
      news.release();
    }
    KnownNetworks now =
        new KnownNetworks(
            RecordDocument.networks(seen.list()), RecordDocument.gateways(seen.list()));
    if (!now.equals(networks)) {
      networks = now;
      listeners.forEach(Runnable::run);
    }
  }

  /// On the handlers' threads.
  private synchronized void resolve() {
    Informer<NodeNetworkSetting> all = wishes;
    if (all == null) {
      return;
    }
    Map<String, String> labels =
        nodes.get(key).map(node -> node.getMetadata().getLabels()).orElse(Map.of());
    Optional<NodeNetworkSetting> chosen = SettingRules.inForce(all.list(), labels);
    become(chosen);
  }

  private void become(Optional<NodeNetworkSetting> chosen) {
    inForce = chosen;
    resolved = true;
    InterfaceSettings next =
        chosen
            .map(setting -> SettingRules.of(setting, settings.started()))
            .orElse(settings.started());
    if (settings.become(next)) {
      LOG.atInfo()
          .addKeyValue("setting", next.source())
          .addKeyValue("interfaces", next.used())
          .addKeyValue("ignored", next.ignored())
          .log("which interfaces are used has changed");
    }
  }

  private void keep() {
    if (resolved) {
      file.ifPresent(kept -> kept.keep(inForce));
    }
  }

  private boolean wrote() {
    try {
      writer.write();
      complaint = "";
      return true;
    } catch (RuntimeException e) {
      writer.failed();
      complain(e);
      return false;
    }
  }

  /// What goes on for long is said once.
  private void complain(RuntimeException e) {
    String message = String.valueOf(e.getMessage());
    if (!message.equals(complaint)) {
      complaint = message;
      LOG.atWarn()
          .addKeyValue("node", key.name())
          .addKeyValue("problem", message)
          .setCause(e instanceof KubeApiException ? null : e)
          .log("the record of this node's network is not kept, trying again");
    }
  }
}
