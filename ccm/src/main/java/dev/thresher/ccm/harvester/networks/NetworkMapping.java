package dev.thresher.ccm.harvester.networks;

import com.google.gson.JsonObject;
import dev.thresher.api.CoreTypes;
import dev.thresher.api.ObjectKey;
import dev.thresher.api.kubevirt.VirtualMachineInstance;
import dev.thresher.api.names.HarvesterNames;
import dev.thresher.api.names.ThresherNames;
import dev.thresher.ccm.clusters.ClusterName;
import dev.thresher.runtime.client.KubeApi;
import dev.thresher.runtime.events.EventRecorder;
import dev.thresher.runtime.informer.Change;
import dev.thresher.runtime.informer.Informer;
import dev.thresher.runtime.leader.Leadership;
import dev.thresher.runtime.lifecycle.Component;
import dev.thresher.runtime.metrics.Metrics;
import dev.thresher.runtime.reconcile.Controller;
import dev.thresher.runtime.reconcile.Result;
import dev.thresher.runtime.time.Timeline;
import io.kubernetes.client.openapi.models.V1ConfigMap;
import io.kubernetes.client.openapi.models.V1Node;
import io.kubernetes.client.openapi.models.V1ObjectMeta;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Keeps ConfigMap `kube-system/harvester-nad-mapping` true, and answers from the same facts.
///
/// What nobody knows is not written: without a running machine the ConfigMap stays as it is. The
/// role of harvester-cloud-provider allows no patch of ConfigMaps, so the document is written back
/// as it was read, with the two keys changed in place.
public final class NetworkMapping implements NodeNetworks, Component {

  /// Where it is published.
  public static final ObjectKey CONFIG_MAP =
      ObjectKey.of("kube-system", HarvesterNames.NAD_MAPPING_CONFIG_MAP);

  private static final Logger log = LoggerFactory.getLogger(NetworkMapping.class);

  private final ClusterName cluster;
  private final ClusterMachines machines;
  private final Informer<V1ConfigMap> configMaps;
  private final KubeApi guest;
  private final EventRecorder events;
  private final Controller<ObjectKey> controller;

  private final List<Runnable> listeners = new CopyOnWriteArrayList<>();
  private final AtomicReference<CardLayout> last =
      new AtomicReference<>(CardLayout.of(List.of(), PublishedCards.NONE));
  private final AtomicBoolean nameMissed = new AtomicBoolean();

  /// Only before the informers start.
  ///
  /// @param instances runs of the machines of the namespace
  /// @param configMaps the one ConfigMap
  /// @param guest whose writes are fenced by the leadership
  public NetworkMapping(
      ClusterName cluster,
      Informer<VirtualMachineInstance> instances,
      Informer<V1Node> nodes,
      Informer<V1ConfigMap> configMaps,
      KubeApi guest,
      EventRecorder events,
      Leadership leadership,
      Metrics metrics,
      Timeline timeline) {
    this.cluster = cluster;
    this.machines = new ClusterMachines(cluster.value(), instances, nodes);
    this.configMaps = configMaps;
    this.guest = guest;
    this.events = events;
    this.controller =
        Controller.<ObjectKey>builder("network-mapping", _ -> publish(), timeline)
            .metrics(metrics)
            .onlyWhenLeading(leadership)
            .build();
    controller.watch(configMaps, _ -> List.of(CONFIG_MAP));
    controller.watch(instances, _ -> List.of(CONFIG_MAP));
    // A Node's heartbeat tells nothing; that a machine became a Node comes with its provider ID.
    controller.watch(
        nodes,
        change ->
            change instanceof Change.Updated<V1Node>(V1Node before, V1Node now)
                    && Objects.equals(before.getSpec(), now.getSpec())
                ? List.of()
                : List.of(CONFIG_MAP));
  }

  @Override
  public String name() {
    return "network-mapping";
  }

  @Override
  public void start() {
    controller.enqueue(CONFIG_MAP);
    controller.start();
  }

  @Override
  public void stop() {
    controller.stop();
  }

  @Override
  public Cards on(String network) {
    return isUnnamed()
        ? new Cards.Unknown("--cluster-name is not set")
        : layout(configMaps.get(CONFIG_MAP)).on(network);
  }

  @Override
  public Set<String> addressesOn(String network) {
    return machines.addressesOn(network);
  }

  @Override
  public void onChange(Runnable listener) {
    listeners.add(listener);
  }

  Result publish() {
    if (isUnnamed()) {
      sayThatTheNameIsMissing();
      return Result.done();
    }
    CardLayout layout = layout(configMaps.get(CONFIG_MAP));
    if (!layout.equals(last.getAndSet(layout))) {
      listeners.forEach(Runnable::run);
    }
    if (!layout.isEmpty() && !isPublished(layout, configMaps.get(CONFIG_MAP))) {
      write();
    }
    return Result.done();
  }

  private void write() {
    Optional<JsonObject> current = guest.getJson(CoreTypes.CONFIG_MAP, CONFIG_MAP);
    JsonObject whole = current.orElseGet(NetworkMapping::fresh);
    JsonObject data = whole.get("data") instanceof JsonObject present ? present : new JsonObject();
    whole.add("data", data);
    PublishedCards before = PublishedCards.read(texts(data));
    PublishedCards wanted = CardLayout.of(machines.running(), before).published();
    data.addProperty(HarvesterNames.NAD_MAPPING_KEY, wanted.commonText());
    if (wanted.byNode().isEmpty()) {
      data.remove(ThresherNames.NAD_MAPPING_BY_NODE_KEY);
    } else {
      data.addProperty(ThresherNames.NAD_MAPPING_BY_NODE_KEY, wanted.byNodeText());
    }
    if (current.isPresent()) {
      guest.replaceJson(CoreTypes.CONFIG_MAP, CONFIG_MAP, whole);
    } else {
      guest.createJson(CoreTypes.CONFIG_MAP, CONFIG_MAP.namespace(), whole);
    }
    log.atInfo()
        .addKeyValue("configMap", CONFIG_MAP)
        .addKeyValue("common", wanted.commonText())
        .addKeyValue("byNode", wanted.byNodeText())
        .log("cards of the nodes published");
  }

  private CardLayout layout(Optional<V1ConfigMap> present) {
    return CardLayout.of(machines.running(), PublishedCards.read(data(present)));
  }

  private static boolean isPublished(CardLayout layout, Optional<V1ConfigMap> present) {
    Map<String, String> data = data(present);
    PublishedCards wanted = layout.published();
    return data.containsKey(HarvesterNames.NAD_MAPPING_KEY)
        && wanted.equals(PublishedCards.read(data))
        && data.containsKey(ThresherNames.NAD_MAPPING_BY_NODE_KEY) == !wanted.byNode().isEmpty();
  }

  private static Map<String, String> data(Optional<V1ConfigMap> configMap) {
    return configMap.map(V1ConfigMap::getData).orElse(Map.of());
  }

  private static Map<String, String> texts(JsonObject data) {
    Map<String, String> texts = new HashMap<>();
    data.asMap().forEach((key, value) -> texts.put(key, value.getAsString()));
    return texts;
  }

  private static JsonObject fresh() {
    JsonObject meta = new JsonObject();
    meta.addProperty("namespace", CONFIG_MAP.namespace());
    meta.addProperty("name", CONFIG_MAP.name());
    JsonObject whole = new JsonObject();
    whole.addProperty("apiVersion", "v1");
    whole.addProperty("kind", "ConfigMap");
    whole.add("metadata", meta);
    return whole;
  }

  private boolean isUnnamed() {
    return cluster.value().isEmpty() || cluster.value().equals(HarvesterNames.DEFAULT_CLUSTER_NAME);
  }

  private void sayThatTheNameIsMissing() {
    if (!nameMissed.compareAndSet(false, true)) {
      return;
    }
    events.warning(
        new V1ConfigMap()
            .apiVersion("v1")
            .kind("ConfigMap")
            .metadata(new V1ObjectMeta().namespace(CONFIG_MAP.namespace()).name(CONFIG_MAP.name())),
        "ClusterNameMissing",
        "--cluster-name is \""
            + cluster.value()
            + "\", the default: which machines are those of this cluster is not known, and the"
            + " networks of their cards are not published; set --cluster-name to the value of the"
            + " label "
            + HarvesterNames.GUEST_CLUSTER_LABEL
            + " of the machines");
  }
}
