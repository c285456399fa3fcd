package dev.thresher.ccm.app;

import dev.thresher.ccm.clusters.Guest;
import dev.thresher.ccm.duties.Duty;
import dev.thresher.runtime.client.KubeApi;
import dev.thresher.runtime.client.OkHttpKubeApi;
import dev.thresher.runtime.events.EventWriter;
import dev.thresher.runtime.metrics.Metrics;
import dev.thresher.runtime.time.Timeline;
import jakarta.inject.Inject;

/// Makes the writers of Events in the guest, one for each source.
final class EventWriters {

  private final OkHttpKubeApi program;
  private final GuestServers servers;
  private final CcmConfig config;
  private final Timeline timeline;
  private final Metrics metrics;

  @Inject
  EventWriters(
      @Guest OkHttpKubeApi program,
      GuestServers servers,
      CcmConfig config,
      Timeline timeline,
      Metrics metrics) {
    this.program = program;
    this.servers = servers;
    this.config = config;
    this.timeline = timeline;
    this.metrics = metrics;
  }

  /// Writes as the account of the duty.
  EventWriter of(Duty duty, String source) {
    return make(servers.of(duty), source);
  }

  /// Writes as the program itself, whoever leads.
  EventWriter ofTheProgram(String source) {
    return make(program, source);
  }

  private EventWriter make(KubeApi server, String source) {
    return new EventWriter(server, source, config.process().identity(), timeline, metrics);
  }
}
