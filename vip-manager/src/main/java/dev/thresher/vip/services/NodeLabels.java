package dev.thresher.vip.services;

import dev.thresher.api.CoreTypes;
import dev.thresher.api.ObjectKey;
import dev.thresher.runtime.client.KubeApi;
import dev.thresher.runtime.client.KubeApiException;
import dev.thresher.runtime.informer.Informer;
import dev.thresher.runtime.lifecycle.Component;
import dev.thresher.runtime.metrics.Metrics;
import dev.thresher.runtime.patch.Patches;
import dev.thresher.runtime.reconcile.Controller;
import dev.thresher.runtime.reconcile.Result;
import dev.thresher.runtime.time.Timeline;
import io.kubernetes.client.openapi.models.V1Node;
import java.net.InetAddress;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Keeps kube-vip's labels on this node's Node as what is held says: see [NodeLabelPlan]. What an
/// earlier process left is removed, and so is all at an orderly end. Nothing that is held waits for
/// it.
public final class NodeLabels implements Component {

  private static final Logger LOG = LoggerFactory.getLogger(NodeLabels.class);

  /// How long an end waits for the last write.
  private static final Duration LAST_WRITE = Duration.ofSeconds(1);

  private final ObjectKey key;
  private final KubeApi api;
  private final Informer<V1Node> nodes;
  private final Supplier<Optional<Map<ObjectKey, List<InetAddress>>>> services;
  private final Supplier<Optional<NodeLabelPlan.Named>> controlPlane;
  private final Supplier<Keeping> keeping;
  private final Controller<ObjectKey> controller;

  /// @param services the addresses of Services, empty if none are served
  /// @param controlPlane empty if it is not served here
  public NodeLabels(
      String node,
      KubeApi api,
      Informer<V1Node> nodes,
      Supplier<Optional<Map<ObjectKey, List<InetAddress>>>> services,
      Supplier<Optional<NodeLabelPlan.Named>> controlPlane,
      Supplier<Keeping> keeping,
      Timeline timeline,
      Metrics metrics) {
    this.key = ObjectKey.cluster(node);
    this.api = api;
    this.nodes = nodes;
    this.services = services;
    this.controlPlane = controlPlane;
    this.keeping = keeping;
    this.controller =
        Controller.<ObjectKey>builder(
                "node-labels",
                any -> {
                  write();
                  return Result.done();
                },
                timeline)
            .workers(1)
            .metrics(metrics)
            .build();
    controller.watch(
        nodes, change -> ObjectKey.of(change.object()).equals(key) ? List.of(key) : List.of());
  }

  @Override
  public String name() {
    return "node-labels";
  }

  @Override
  public void start() {
    controller.start();
  }

  /// To be stopped when nothing is held any more.
  @Override
  public void stop() {
    controller.stop();
    Thread last =
        Thread.ofVirtual()
            .name("node-labels-last")
            .start(() -> {
              try {
                write();
              } catch (KubeApiException e) {
                LOG.atInfo()
                    .addKeyValue("node", key.name())
                    .addKeyValue("error", e.getMessage())
                    .log("labels of the Node stay until the next start");
              }
            });
    try {
      last.join(LAST_WRITE);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /// What is held, or what Services want, may have changed. Any thread; never blocks.
  public void look() {
    controller.enqueue(key);
  }

  private void write() {
    Map<String, String> present =
        nodes
            .get(key)
            .map(node ->
                Optional.ofNullable(node.getMetadata().getLabels())
                    .orElse(Map.<String, String>of()))
            .orElse(null);
    if (present == null) {
      return;
    }
    Map<String, Optional<String>> changes =
        NodeLabelPlan.changes(present, services.get(), controlPlane.get(), keeping.get()::answers);
    if (!changes.isEmpty()) {
      Optional<V1Node> _ = api.patch(CoreTypes.NODE, key, Patches.labels(changes));
    }
  }
}
