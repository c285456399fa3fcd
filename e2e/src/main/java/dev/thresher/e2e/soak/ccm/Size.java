package dev.thresher.e2e.soak.ccm;

import java.time.Duration;
import java.util.List;

/// How much there is and how long it lasts.
///
/// @param services guest Services
/// @param nodes guest nodes
/// @param rounds of churn
/// @param outage how long the host's API server is away
/// @param kills of the ccm, one a second, and as many more while it works
/// @param bursts how many Services are made and deleted at once, one burst after the other
/// @param rest how long the addresses of a burst stay before it is deleted
/// @param monitorPeriod the ccm's `--node-monitor-period`
/// @param lease how long the lease of a leader that was killed holds up the next
/// @param patience how long it may take until all is well after each scene
public record Size(
    int services,
    int nodes,
    int rounds,
    Duration outage,
    int kills,
    List<Integer> bursts,
    Duration rest,
    Duration monitorPeriod,
    Duration lease,
    Duration patience) {

  public Size {
    bursts = List.copyOf(bursts);
  }

  /// A minute or so.
  public static final Size SHORT =
      new Size(
          20,
          20,
          1,
          Duration.ofSeconds(5),
          4,
          List.of(30),
          Duration.ofSeconds(1),
          Duration.ofMillis(250),
          Duration.ofSeconds(4),
          Duration.ofSeconds(60));

  /// About half an hour, with the flags that the program has by itself.
  public static final Size LONG =
      new Size(
          200,
          200,
          3,
          Duration.ofMinutes(10),
          120,
          List.of(100, 500),
          Duration.ofSeconds(20),
          Duration.ofSeconds(5),
          Duration.ofSeconds(15),
          Duration.ofMinutes(5));

  /// The same with another outage and another number of kills.
  Size with(Duration outageNow, int killsNow) {
    return new Size(
        services, nodes, rounds, outageNow, killsNow, bursts, rest, monitorPeriod, lease, patience);
  }

  /// So many nodes or Services change at a time.
  int some() {
    return Math.max(2, Math.min(nodes, services) / 10);
  }
}
