package dev.thresher.e2e.soak.vip;

import dev.thresher.e2e.cloud.Cloud;
import dev.thresher.e2e.lab.Await;
import dev.thresher.e2e.lab.Claim;
import dev.thresher.e2e.lab.Client;
import dev.thresher.e2e.lab.Probe;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Predicate;

/// A client that asks for each of some addresses who has it, from the beginning to the end.
///
/// Not thread-safe.
final class Observer implements AutoCloseable {

  private static final Duration QUIET = Duration.ofMillis(500);

  private final Map<String, String> nodes;
  private final Client client;
  private final Consumer<String> log;
  private final Duration pace;
  private final long began = System.nanoTime();
  private final Map<String, Watch> watches = new HashMap<>();
  private final List<String> faults = new ArrayList<>();

  private record Watch(Probe<Claim> probe, Sightings sightings) {}

  /// @param pace between two questions about an address
  /// @param log told every move of an address, with the seconds since the beginning
  Observer(Cloud cloud, Duration pace, Consumer<String> log) {
    this.nodes = cloud.holdersByLinkAddress();
    this.client = cloud.lab().client("c1");
    this.pace = pace;
    this.log = log;
  }

  void watch(String address) {
    watches.put(
        address,
        new Watch(
            Probe.neighbour(client, client.interfaceName(), address, pace),
            new Sightings(address, nodes)));
  }

  /// What was seen of the address until now is taken in.
  void unwatch(String address) {
    look();
    Watch watch = watches.remove(address);
    if (watch != null) {
      watch.probe.close();
    }
  }

  /// A node's process is about to be killed or told to stop.
  void ends(String node) {
    long now = System.nanoTime();
    watches.values().forEach(watch -> watch.sightings.ends(node, now));
  }

  /// Takes in what was heard since the last look.
  void look() {
    for (Watch watch : watches.values()) {
      watch.sightings.add(watch.probe.take());
      watch.sightings.takeMoves().forEach(this::tell);
      for (String fault : watch.sightings.takeFaults()) {
        tell(fault);
        faults.add(fault);
      }
    }
  }

  private void tell(String line) {
    log.accept("%10.3f %s".formatted((System.nanoTime() - began) / 1e9, line));
  }

  /// Addresses that nobody answered for at or after a time.
  List<String> unansweredFrom(long nanos) {
    return addresses(sightings -> !sightings.answeredFrom(nanos));
  }

  private List<String> answeredFrom(long nanos) {
    return addresses(sightings -> sightings.answeredFrom(nanos));
  }

  /// Looks on until nobody answers for any of some addresses. Whose watch was cut off a moment ago
  /// hears of a deletion when TCP sends it again.
  ///
  /// @return those that are answered for all the same
  List<String> awaitSilence(Collection<String> addresses, Duration atMost) {
    long begin = System.nanoTime();
    List<String> answered;
    do {
      long from = System.nanoTime();
      Await.pass(QUIET, this::look);
      answered = answeredFrom(from).stream().filter(addresses::contains).toList();
    } while (!answered.isEmpty() && System.nanoTime() - begin < atMost.toNanos());
    return answered;
  }

  private List<String> addresses(Predicate<Sightings> which) {
    return watches.values().stream()
        .map(Watch::sightings)
        .filter(which)
        .map(Sightings::address)
        .sorted()
        .toList();
  }

  /// The node that spoke last for an address, "" if none did.
  String holder(String address) {
    Watch watch = watches.get(address);
    return watch == null ? "" : watch.sightings.holder();
  }

  /// The longest time without an answer for any address since the last call.
  Duration takeLongestGap() {
    return watches.values().stream()
        .map(watch -> watch.sightings.takeLongestGap())
        .max(Duration::compareTo)
        .orElse(Duration.ZERO);
  }

  /// Since the last call.
  List<String> takeFaults() {
    List<String> taken = List.copyOf(faults);
    faults.clear();
    return taken;
  }

  @Override
  public void close() {
    watches.values().forEach(watch -> watch.probe.close());
  }
}
