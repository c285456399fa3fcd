package dev.thresher.e2e.cloud;

import dev.thresher.e2e.lab.Await;
import dev.thresher.e2e.lab.Claim;
import dev.thresher.e2e.lab.Client;
import dev.thresher.e2e.lab.Probe;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// A client that asks all the time who has each of some addresses, and knows the nodes by their
/// link-layer addresses.
public final class AddressWatch implements AutoCloseable {
  private static final Duration PACE = Duration.ofMillis(5);
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final Map<String, String> nodes;
  private final List<Probe<Claim>> probes = new ArrayList<>();

  /// Waits until each is answered.
  public AddressWatch(Cloud cloud, List<String> addresses) {
    nodes = cloud.holdersByLinkAddress();
    Client client = cloud.lab().client("c1");
    for (String address : addresses) {
      probes.add(Probe.neighbour(client, client.interfaceName(), address, PACE));
    }
    probes.forEach(probe -> probe.await("an answer", PATIENCE, Claim::asked));
  }

  /// The node that answered last.
  public String holder() {
    return nodeOf(answers(probes.getFirst()).getLast());
  }

  /// Waits for more answers about each address.
  public void seeMoreAnswers(int count) {
    for (Probe<Claim> probe : probes) {
      int seen = answers(probe).size();
      Await.until(count + " more answers", PATIENCE, () -> answers(probe).size() >= seen + count);
    }
  }

  /// Waits until another node answers for each address.
  ///
  /// @return how long after the time the last of them was first answered
  public Duration awaitOther(String node, long fromNanos) {
    long last = fromNanos;
    for (Probe<Claim> probe : probes) {
      Claim other =
          probe.await(
              "another holder than " + node,
              PATIENCE,
              c -> c.asked() && c.timeNanos() - fromNanos > 0 && !nodeOf(c).equals(node));
      last = Math.max(last, other.timeNanos());
    }
    return Duration.ofNanos(last - fromNanos);
  }

  /// What a node said, asked or not, after another had answered first since a time.
  public List<Claim> saidAfterAnother(String node, long fromNanos) {
    List<Claim> wrong = new ArrayList<>();
    for (Probe<Claim> probe : probes) {
      boolean other = false;
      for (Claim claim : probe.lines()) {
        if (claim.timeNanos() - fromNanos > 0) {
          boolean itself = nodeOf(claim).equals(node);
          other |= claim.asked() && !itself;
          if (other && itself) {
            wrong.add(claim);
          }
        }
      }
    }
    return wrong;
  }

  private static List<Claim> answers(Probe<Claim> probe) {
    return probe.lines().stream().filter(Claim::asked).toList();
  }

  /// A claim of somebody else is nobody's here, and different from every node's.
  private String nodeOf(Claim claim) {
    return nodes.getOrDefault(claim.mac(), claim.mac());
  }

  @Override
  public void close() {
    probes.forEach(Probe::close);
  }
}
