package dev.thresher.ccm.cloudprovider.fake;

import dev.thresher.ccm.cloudprovider.Existence;
import dev.thresher.ccm.cloudprovider.InstanceMetadata;
import dev.thresher.ccm.cloudprovider.Instances;
import dev.thresher.ccm.cloudprovider.MetadataResult;
import dev.thresher.ccm.cloudprovider.PowerState;
import io.kubernetes.client.openapi.models.V1Node;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

/// Machines by the name of their node. Thread-safe.
public final class FakeInstances implements Instances {

  private final Map<String, MetadataResult> metadata = new ConcurrentHashMap<>();
  private final Map<String, Existence> existence = new ConcurrentHashMap<>();
  private final Map<String, Existence> confirmed = new ConcurrentHashMap<>();
  private final Map<String, PowerState> power = new ConcurrentHashMap<>();
  private final Map<String, RuntimeException> failures = new ConcurrentHashMap<>();
  private final List<String> calls = new CopyOnWriteArrayList<>();
  private volatile Consumer<String> listener = node -> {};

  /// What every question about the node is answered from now on.
  public void set(String node, InstanceMetadata known) {
    set(node, new MetadataResult.Known(known));
  }

  public void set(String node, MetadataResult result) {
    failures.remove(node);
    metadata.put(node, result);
  }

  public void set(String node, Existence answer) {
    existence.put(node, answer);
  }

  /// What the cloud itself says, where that differs from what is known without asking.
  public void setConfirmed(String node, Existence answer) {
    confirmed.put(node, answer);
  }

  public void set(String node, PowerState answer) {
    power.put(node, answer);
  }

  /// Every question about the node fails, until it is set again.
  public void fail(String node, RuntimeException failure) {
    failures.put(node, failure);
  }

  /// The questions about the node are answered again as they were before.
  public void answerAgain(String node) {
    failures.remove(node);
  }

  /// Reports that the machine changed.
  public void changed(String node) {
    listener.accept(node);
  }

  /// The calls so far, as `metadata n1`.
  public List<String> calls() {
    return List.copyOf(calls);
  }

  public void forgetCalls() {
    calls.clear();
  }

  /// A machine that nobody set is none of this cloud.
  @Override
  public MetadataResult metadata(V1Node node) {
    return metadata.getOrDefault(
        note("metadata", node), new MetadataResult.NotOurs("nobody set it"));
  }

  @Override
  public Map<String, MetadataResult> metadata(Collection<V1Node> nodes) {
    calls.add("batch metadata");
    return Instances.super.metadata(nodes);
  }

  /// A machine that nobody set exists.
  @Override
  public Existence existence(V1Node node) {
    return existence.getOrDefault(note("existence", node), new Existence.Exists());
  }

  /// What [#existence] says, unless [#setConfirmed] said otherwise.
  @Override
  public Existence confirmExistence(V1Node node) {
    String name = note("confirm", node);
    Existence cached = existence.getOrDefault(name, new Existence.Exists());
    return confirmed.getOrDefault(name, cached);
  }

  /// A machine that nobody set runs.
  @Override
  public PowerState power(V1Node node) {
    return power.getOrDefault(note("power", node), new PowerState.Running());
  }

  @Override
  public void onChange(Consumer<String> nodeName) {
    listener = nodeName;
  }

  private String note(String call, V1Node node) {
    String name = Objects.requireNonNull(node.getMetadata().getName());
    calls.add(call + " " + name);
    RuntimeException failure = failures.get(name);
    if (failure != null) {
      throw failure;
    }
    return name;
  }
}
