package dev.thresher.ccm.cloudprovider;

import io.kubernetes.client.openapi.models.V1Node;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;

/// The machines behind nodes.
///
/// A machine is found by `spec.providerID` first; name, labels and system UUID count only while
/// that is empty. Thread-safe; calls may block for the time of a request to the cloud. A cloud that
/// cannot be asked is an exception, never "missing".
public interface Instances {

  /// What the cloud knows about the node.
  MetadataResult metadata(V1Node node);

  /// The same for many nodes in one go. Override it where the cloud can list.
  default Map<String, MetadataResult> metadata(Collection<V1Node> nodes) {
    Map<String, MetadataResult> all = new LinkedHashMap<>();
    nodes.forEach(node -> all.put(node.getMetadata().getName(), metadata(node)));
    return all;
  }

  /// Whether the machine is still there, as far as is known without asking the cloud. One that is
  /// switched off is there.
  Existence existence(V1Node node);

  /// The same for many nodes in one go. Override it where the cloud can list.
  ///
  /// A node about which the cloud does not answer is [Existence.Undecided] and harms no other; an
  /// exception means that it answers about none.
  default Map<String, Existence> existence(Collection<V1Node> nodes) {
    return each(nodes, this::existence);
  }

  /// Whether the machine is still there by the cloud's own word at this moment, not a cache's. A
  /// node is deleted only after this said [Existence.Missing].
  Existence confirmExistence(V1Node node);

  /// The same for many nodes in one go, as [#existence(Collection)]. Override it where the cloud
  /// can list.
  default Map<String, Existence> confirmExistence(Collection<V1Node> nodes) {
    return each(nodes, this::confirmExistence);
  }

  /// Whether the machine is switched off for good: nothing of it runs, its disks are free.
  PowerState power(V1Node node);

  /// Tells which node to look at again because its machine changed. Called at most once, before the
  /// controllers start; the listener returns at once and may be called from any thread.
  void onChange(Consumer<String> nodeName);

  private static Map<String, Existence> each(
      Collection<V1Node> nodes, Function<V1Node, Existence> ask) {
    Map<String, Existence> all = new LinkedHashMap<>();
    for (V1Node node : nodes) {
      Existence answer;
      try {
        answer = ask.apply(node);
      } catch (RuntimeException e) {
        answer = new Existence.Undecided("the cloud does not answer: " + e.getMessage());
      }
      all.put(node.getMetadata().getName(), answer);
    }
    return all;
  }
}
