package dev.thresher.runtime.leader;

import dev.thresher.runtime.client.KubeApi;
import dev.thresher.runtime.client.WatchApi;
import dev.thresher.runtime.events.EventRecorder;
import dev.thresher.runtime.metrics.Metrics;
import dev.thresher.runtime.time.Timeline;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.DoubleSupplier;
import org.jspecify.annotations.Nullable;

/// Builds a [LeaderElection]. Defaults: no callbacks, no Events, metrics that nobody reads.
public final class LeaderElectionBuilder {
  final LeaderElectionConfig config;
  final KubeApi api;
  final Timeline timeline;
  @Nullable WatchApi watchApi;
  LeaderCallbacks callbacks = LeaderCallbacks.NONE;
  Metrics metrics = new Metrics();
  EventRecorder events = (_, _, _, _) -> {};
  Executor executor = task -> Thread.ofVirtual().name("leader-election").start(task);
  DoubleSupplier random = () -> ThreadLocalRandom.current().nextDouble();

  LeaderElectionBuilder(LeaderElectionConfig config, KubeApi api, Timeline timeline) {
    this.config = config;
    this.api = api;
    this.timeline = timeline;
  }

  public LeaderElectionBuilder callbacks(LeaderCallbacks value) {
    this.callbacks = value;
    return this;
  }

  public LeaderElectionBuilder metrics(Metrics value) {
    this.metrics = value;
    return this;
  }

  /// Writes "became leader" and "stopped leading" on the lease.
  public LeaderElectionBuilder events(EventRecorder value) {
    this.events = value;
    return this;
  }

  /// Watches the lease as well, if the role allows it, so that a standby takes a released lease at
  /// once and not at its next look.
  public LeaderElectionBuilder watch(WatchApi value) {
    this.watchApi = value;
    return this;
  }

  /// For tests: where attempts and callbacks run, and numbers from 0 to 1 for the jitter.
  LeaderElectionBuilder deterministic(Executor where, DoubleSupplier numbers) {
    this.executor = where;
    this.random = numbers;
    return this;
  }

  public LeaderElection build() {
    return new LeaderElection(this);
  }
}
