package dev.thresher.ccm.cloudprovider.measured;

import dev.thresher.ccm.cloudprovider.Existence;
import dev.thresher.ccm.cloudprovider.Instances;
import dev.thresher.ccm.cloudprovider.MetadataResult;
import dev.thresher.ccm.cloudprovider.PowerState;
import io.kubernetes.client.openapi.models.V1Node;
import java.util.Collection;
import java.util.Map;
import java.util.function.Consumer;

/// Instances, measured. A question about many nodes is one call, whose outcome is `batch`.
record MeasuredInstances(Instances instances, CallTimes times) implements Instances {

  @Override
  public MetadataResult metadata(V1Node node) {
    return times.measure(
        "instance_metadata",
        () -> instances.metadata(node),
        result ->
            switch (result) {
              case MetadataResult.Known _ -> "known";
              case MetadataResult.NotOurs _ -> "not_ours";
              case MetadataResult.NotYet _ -> "not_yet";
            });
  }

  @Override
  public Map<String, MetadataResult> metadata(Collection<V1Node> nodes) {
    return times.measure("instance_metadata", () -> instances.metadata(nodes), _ -> "batch");
  }

  @Override
  public Existence existence(V1Node node) {
    return times.measure(
        "instance_existence", () -> instances.existence(node), MeasuredInstances::outcome);
  }

  @Override
  public Map<String, Existence> existence(Collection<V1Node> nodes) {
    return times.measure("instance_existence", () -> instances.existence(nodes), _ -> "batch");
  }

  @Override
  public Existence confirmExistence(V1Node node) {
    return times.measure(
        "instance_confirm_existence",
        () -> instances.confirmExistence(node),
        MeasuredInstances::outcome);
  }

  @Override
  public Map<String, Existence> confirmExistence(Collection<V1Node> nodes) {
    return times.measure(
        "instance_confirm_existence", () -> instances.confirmExistence(nodes), _ -> "batch");
  }

  @Override
  public PowerState power(V1Node node) {
    return times.measure(
        "instance_power",
        () -> instances.power(node),
        state ->
            switch (state) {
              case PowerState.Running() -> "running";
              case PowerState.ShutDown() -> "shut_down";
              case PowerState.Undecided _ -> "undecided";
            });
  }

  @Override
  public void onChange(Consumer<String> nodeName) {
    instances.onChange(nodeName);
  }

  private static String outcome(Existence existence) {
    return switch (existence) {
      case Existence.Exists() -> "exists";
      case Existence.Missing _ -> "missing";
      case Existence.Undecided _ -> "undecided";
    };
  }
}
