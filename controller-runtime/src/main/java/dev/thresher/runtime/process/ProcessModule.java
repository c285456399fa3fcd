package dev.thresher.runtime.process;

import dagger.Binds;
import dagger.Module;
import dagger.Provides;
import dev.thresher.runtime.cli.BuildInfo;
import dev.thresher.runtime.leader.LeaderCallbacks;
import dev.thresher.runtime.leader.LeaderElection;
import dev.thresher.runtime.leader.LeaderElectionConfig;
import dev.thresher.runtime.leader.Leadership;
import dev.thresher.runtime.lifecycle.ShutdownSignal;
import dev.thresher.runtime.metrics.Metrics;
import dev.thresher.runtime.metrics.ProcessMetrics;
import dev.thresher.runtime.serving.HealthRegistry;
import dev.thresher.runtime.time.SystemTimeline;
import dev.thresher.runtime.time.Timeline;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.Optional;

/// Time, numbers, health, leadership. The program brings a [ProcessConfig], a [LeaseHome] and a
/// [ShutdownSignal].
@Module
public interface ProcessModule {

  @Provides
  @Singleton
  static SystemTimeline systemTimeline() {
    return new SystemTimeline();
  }

  @Binds
  Timeline timeline(SystemTimeline timeline);

  @Provides
  @Singleton
  static Metrics metrics() {
    Metrics metrics = new Metrics();
    ProcessMetrics.addTo(metrics);
    BuildInfo build = BuildInfo.load();
    Metrics.Sample sample =
        new Metrics.Sample(
            1, List.of(build.version(), build.commit(), String.valueOf(Runtime.version())));
    metrics.gauges(
        "kubernetes_build_info",
        "What was built from which commit, and the Java it runs on: always 1.",
        List.of("git_version", "git_commit", "java_version"),
        () -> List.of(sample));
    return metrics;
  }

  @Provides
  @Singleton
  static HealthRegistry health() {
    return new HealthRegistry();
  }

  @Provides
  @Singleton
  static Optional<LeaderElection> election(
      ProcessConfig config,
      LeaseHome home,
      ShutdownSignal signal,
      Metrics metrics,
      Timeline timeline) {
    return config.election().map(election -> candidate(election, home, signal, metrics, timeline));
  }

  /// A candidate for a lease. A leader that loses it ends with exit status 1: what it had begun
  /// must not go on beside its successor.
  static LeaderElection candidate(
      LeaderElectionConfig election,
      LeaseHome home,
      ShutdownSignal signal,
      Metrics metrics,
      Timeline timeline) {
    LeaderCallbacks endWhenLost =
        new LeaderCallbacks() {
          @Override
          public void onStoppedLeading(String reason) {
            signal.request(1, "leadership lost: " + reason);
          }
        };
    return LeaderElection.builder(election, home.server(), timeline)
        .watch(home.server())
        .callbacks(endWhenLost)
        .metrics(metrics)
        .events(home.events())
        .build();
  }

  @Provides
  @Singleton
  static Leadership leadership(Optional<LeaderElection> election) {
    return election.<Leadership>map(elected -> elected).orElseGet(Leadership::always);
  }
}
