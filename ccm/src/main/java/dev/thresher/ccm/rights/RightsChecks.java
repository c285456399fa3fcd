package dev.thresher.ccm.rights;

import dev.thresher.ccm.clusters.GuestReads;
import dev.thresher.ccm.clusters.Host;
import dev.thresher.runtime.client.OkHttpKubeApi;
import dev.thresher.runtime.lifecycle.Component;
import dev.thresher.runtime.serving.HealthRegistry;
import dev.thresher.runtime.time.Timeline;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.Optional;

/// Makes the checks of both clusters, at most one of each.
@Singleton
public final class RightsChecks {

  private final OkHttpKubeApi host;
  private final OkHttpKubeApi guest;
  private final HealthRegistry health;
  private final Timeline timeline;

  @Inject
  RightsChecks(
      @Host OkHttpKubeApi host,
      @GuestReads OkHttpKubeApi guest,
      HealthRegistry health,
      Timeline timeline) {
    this.host = host;
    this.guest = guest;
    this.health = health;
    this.timeline = timeline;
  }

  /// @param remedy what to do when a right is missing
  /// @return empty if nothing is to be checked
  public Optional<Component> host(List<Right> rights, String remedy) {
    return check(host, rights, remedy);
  }

  public Optional<Component> guest(List<Right> rights, String remedy) {
    return check(guest, rights, remedy);
  }

  private Optional<Component> check(OkHttpKubeApi server, List<Right> rights, String remedy) {
    return rights.isEmpty()
        ? Optional.empty()
        : Optional.of(
            new RightsCheck(
                server,
                rights,
                remedy,
                health,
                timeline,
                task -> Thread.ofVirtual().name("rights of the " + server.name()).start(task)));
  }
}
