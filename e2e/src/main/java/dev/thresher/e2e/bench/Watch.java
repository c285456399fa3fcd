package dev.thresher.e2e.bench;

import dev.thresher.e2e.cloud.Answers;
import dev.thresher.e2e.lab.Addresses;
import dev.thresher.e2e.lab.Await;
import dev.thresher.e2e.lab.Claim;
import dev.thresher.e2e.lab.Client;
import dev.thresher.e2e.lab.Probe;
import java.time.Duration;
import java.util.List;

/// A client that asks all the time who has two addresses, one of each family.
final class Watch implements AutoCloseable {

  private static final Duration PACE = Duration.ofMillis(5);

  final Probe<Claim> four;
  final Probe<Claim> six;
  private final Duration patience;

  /// @param patience for whatever is waited for
  Watch(Client client, Addresses addresses, Duration patience) {
    this.four = Probe.neighbour(client, client.interfaceName(), addresses.ipv4(), PACE);
    this.six = Probe.neighbour(client, client.interfaceName(), addresses.ipv6(), PACE);
    this.patience = patience;
  }

  /// Waits until both are answered; who answers the first of them.
  String holder() {
    answer(six);
    return answer(four).mac();
  }

  Claim answer(Probe<Claim> probe) {
    return probe.await("an answer", patience, Claim::asked);
  }

  /// The first answer after a time.
  Claim from(Probe<Claim> probe, long nanos) {
    return probe.await(
        "an answer", patience, claim -> claim.asked() && claim.timeNanos() - nanos > 0);
  }

  /// The first answer of another after a time.
  Claim other(Probe<Claim> probe, String mac, long nanos) {
    return other(probe, mac, nanos, patience);
  }

  static Claim other(Probe<Claim> probe, String mac, long nanos, Duration patience) {
    return probe.await(
        "another holder",
        patience,
        claim -> claim.asked() && claim.timeNanos() - nanos > 0 && !claim.mac().equals(mac));
  }

  void awaitMore(int more) {
    for (Probe<Claim> probe : List.of(four, six)) {
      int seen = probe.lines().size();
      Await.until(more + " more answers", patience, () -> probe.lines().size() >= seen + more);
    }
  }

  /// The longer one of the two addresses.
  Duration longestGap(long fromNanos) {
    Duration one = Answers.of(four.lines()).longestGap(fromNanos);
    Duration other = Answers.of(six.lines()).longestGap(fromNanos);
    return one.compareTo(other) > 0 ? one : other;
  }

  /// How often an address was answered by another than before, both addresses together.
  int moves() {
    return Answers.of(four.lines()).moves() + Answers.of(six.lines()).moves();
  }

  /// How long a holder went on to answer after another's first answer, both addresses together.
  Duration twice(String mac, long fromNanos) {
    return Answers.of(four.lines())
        .saidAfterAnother(mac, fromNanos)
        .plus(Answers.of(six.lines()).saidAfterAnother(mac, fromNanos));
  }

  @Override
  public void close() {
    four.close();
    six.close();
  }
}
