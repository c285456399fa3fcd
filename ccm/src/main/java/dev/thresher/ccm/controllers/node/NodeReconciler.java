package dev.thresher.ccm.controllers.node;

import dev.thresher.api.CoreTypes;
import dev.thresher.api.ObjectKey;
import dev.thresher.ccm.cloudprovider.InstanceMetadata;
import dev.thresher.ccm.cloudprovider.Instances;
import dev.thresher.ccm.cloudprovider.MetadataResult;
import dev.thresher.runtime.client.KubeApi;
import dev.thresher.runtime.client.KubeApiException;
import dev.thresher.runtime.client.KubeApiException.Reason;
import dev.thresher.runtime.events.EventRecorder;
import dev.thresher.runtime.informer.Informer;
import dev.thresher.runtime.patch.Patch;
import dev.thresher.runtime.reconcile.Reconciler;
import dev.thresher.runtime.reconcile.Result;
import io.kubernetes.client.openapi.models.V1Node;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Brings one Node in line with its machine.
///
/// A Node with the `uninitialized` taint gets its addresses first and the taint's end second, so
/// that nothing runs on a Node whose address nobody knows
/// (https://github.com/kubernetes/kubernetes/issues/120720). A Node in service costs no question to
/// the cloud unless one [#isDue]: the kubelet touches its Node all the time.
public final class NodeReconciler implements Reconciler<String> {

  private static final Logger log = LoggerFactory.getLogger(NodeReconciler.class);

  private final Instances instances;
  private final Informer<V1Node> nodes;
  private final KubeApi guest;
  private final EventRecorder events;
  private final NodeMetrics metrics;
  private final LabelSync labelSync;

  /// Nodes whose machine is to be looked at, by name.
  private final Map<String, Due> due = new ConcurrentHashMap<>();

  /// What was last said about a Node that waits, so that it is said once.
  private final Map<String, String> said = new ConcurrentHashMap<>();

  public NodeReconciler(
      Instances instances,
      Informer<V1Node> nodes,
      KubeApi guest,
      EventRecorder events,
      NodeMetrics metrics,
      LabelSync labelSync) {
    this.instances = instances;
    this.nodes = nodes;
    this.guest = guest;
    this.events = events;
    this.metrics = metrics;
    this.labelSync = labelSync;
  }

  /// What the next look at a Node begins with.
  private sealed interface Due {
    /// It asks the cloud.
    record Ask() implements Due {}

    /// The cloud was asked already, about many nodes in one go.
    record Answered(MetadataResult metadata) implements Due {}
  }

  /// The next look at this Node asks the cloud.
  void isDue(String node) {
    due.put(node, new Due.Ask());
  }

  /// The next look at this Node takes this answer, unless its machine changes before.
  void isDue(String node, MetadataResult answer) {
    due.putIfAbsent(node, new Due.Answered(answer));
  }

  @Override
  public Result reconcile(String name) {
    Optional<V1Node> found = nodes.get(ObjectKey.cluster(name));
    if (found.isEmpty() || found.get().getMetadata().getDeletionTimestamp() != null) {
      due.remove(name);
      said.remove(name);
      return Result.done();
    }
    V1Node node = found.get();
    if (NodeInitialization.isDue(node)) {
      return initialise(node);
    }
    said.remove(name);
    Due reason = due.remove(name);
    try {
      lookAt(node, Optional.ofNullable(reason));
    } catch (RuntimeException e) {
      if (reason != null) {
        // What was not written must not wait for the next round.
        due.put(name, new Due.Ask());
      }
      throw e;
    }
    return Result.done();
  }

  /// A node in service.
  ///
  /// @param due why the cloud is asked, empty if it is not
  private void lookAt(V1Node node, Optional<Due> due) {
    V1Node current = node;
    Map<String, String> labels = new HashMap<>(NodeLabels.stableFromBeta(node));
    Optional<MetadataResult> answer =
        due.map(reason ->
            switch (reason) {
              case Due.Ask() -> instances.metadata(node);
              case Due.Answered(MetadataResult given) -> given;
            });
    if (answer.isPresent() && answer.get() instanceof MetadataResult.Known(var metadata)) {
      current = refreshAddresses(node, metadata);
      labels.putAll(NodeLabels.refreshed(node, metadata, labelSync));
    }
    if (!labels.isEmpty()) {
      send(current, NodeInitialization.labels(current, labels));
      log.atInfo()
          .addKeyValue("node", node.getMetadata().getName())
          .addKeyValue("labels", labels)
          .log("labels of node brought up to date");
    }
  }

  private Result initialise(V1Node node) {
    return switch (instances.metadata(node)) {
      case MetadataResult.NotOurs(String why) -> {
        sayOnce(
            node,
            why,
            () ->
                log.atInfo()
                    .addKeyValue("node", node.getMetadata().getName())
                    .addKeyValue("why", why)
                    .log("node is not ours, its taint stays"));
        yield Result.done();
      }
      case MetadataResult.NotYet(String reason, String message) -> {
        sayOnce(node, message, () -> events.warning(node, reason, message));
        yield Result.done();
      }
      case MetadataResult.Known(InstanceMetadata metadata) -> initialise(node, metadata);
    };
  }

  private Result initialise(V1Node node, InstanceMetadata metadata) {
    String name = node.getMetadata().getName();
    switch (NodeAddresses.decide(node, metadata.addresses())) {
      case NodeAddresses.Decision.Keep() -> {}
      case NodeAddresses.Decision.Write(var addresses) ->
          send(node, NodeAddresses.patch(node, addresses));
      case NodeAddresses.Decision.Impossible(String message) -> {
        sayOnce(node, message, () -> events.warning(node, "NodeAddressesInvalid", message));
        return Result.failed(message);
      }
    }
    switch (NodeInitialization.plan(node, metadata)) {
      case NodeInitialization.Plan.Impossible(String message) -> {
        sayOnce(node, message, () -> events.warning(node, "ProviderIDUnknown", message));
        return Result.failed(message);
      }
      case NodeInitialization.Plan.Send(Patch patch) -> send(node, patch);
    }
    due.remove(name);
    metrics.initialised(node);
    events.normal(node, "Synced", "Node synced successfully");
    log.atInfo()
        .addKeyValue("node", name)
        .addKeyValue("providerID", metadata.providerId())
        .addKeyValue("addresses", metadata.addresses())
        .addKeyValue("zone", metadata.zone())
        .log("node initialised");
    return Result.done();
  }

  private V1Node refreshAddresses(V1Node node, InstanceMetadata metadata) {
    return switch (NodeAddresses.decide(node, metadata.addresses())) {
      case NodeAddresses.Decision.Keep() -> node;
      case NodeAddresses.Decision.Impossible(String message) -> {
        log.atWarn()
            .addKeyValue("node", node.getMetadata().getName())
            .addKeyValue("error", message)
            .log("addresses of node kept");
        yield node;
      }
      case NodeAddresses.Decision.Write(var addresses) -> {
        V1Node changed = send(node, NodeAddresses.patch(node, addresses));
        log.atInfo()
            .addKeyValue("node", node.getMetadata().getName())
            .addKeyValue("before", NodeAddresses.present(node))
            .addKeyValue("addresses", addresses)
            .log("addresses of node changed");
        yield changed;
      }
    };
  }

  private V1Node send(V1Node node, Patch patch) {
    ObjectKey key = ObjectKey.of(node);
    return guest
        .patch(CoreTypes.NODE, key, patch)
        .orElseThrow(() ->
            new KubeApiException(
                Reason.CONFLICT,
                404,
                "node \"" + key + "\" went away while it was being written",
                Optional.empty(),
                null));
  }

  private void sayOnce(V1Node node, String message, Runnable say) {
    String name = Objects.requireNonNull(node.getMetadata().getName());
    if (!message.equals(said.put(name, message))) {
      say.run();
    }
  }
}
