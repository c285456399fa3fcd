package dev.thresher.vip.majority;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.withinPercentage;

import dev.thresher.vip.election.AddressGroup;
import dev.thresher.vip.lease.LeaseAction;
import dev.thresher.vip.lease.LeaseCodec;
import dev.thresher.vip.lease.LeaseConfig;
import dev.thresher.vip.lease.LeaseEvent;
import dev.thresher.vip.lease.LeaseMachine;
import dev.thresher.vip.lease.NoMajority;
import dev.thresher.vip.lease.Session;
import dev.thresher.vip.lease.VoterRecord;
import dev.thresher.vip.sealing.Keyring;
import dev.thresher.vip.sealing.Opened;
import dev.thresher.vip.sealing.Sealing;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A hundred nodes with a thousand addresses: what each has to send, and to compute. The clock and
/// the network are simulated; machines, codec and sealing are the real ones.
@Tag("simulation")
class ManyNodesTest {

  private static final Logger LOG = LoggerFactory.getLogger(ManyNodesTest.class);
  private static final long MS = 1_000_000L;

  private record Due(long at, long order, Runnable task) {}

  private final PriorityQueue<Due> queue =
      new PriorityQueue<>(
          (a, b) -> a.at != b.at ? Long.compare(a.at, b.at) : Long.compare(a.order, b.order));
  private final Map<String, Node> nodes = new TreeMap<>();
  private long order;
  private long now;
  private int count;
  private int voters;
  private int addressesEach;

  private final class Node {
    final String name;
    final LeaseMachine machine;
    final Sealing sealing;
    final Set<InetAddress> open = new HashSet<>();
    private final Deque<LeaseEvent> inbox = new ArrayDeque<>();
    boolean silent;
    private long wake;
    long sent;
    long bytes;
    long received;
    long processorNanos;

    Node(int number, Keyring keys) {
      name = "node-%03d".formatted(number);
      Session me = new Session(name, number + 1L);
      var config = new LeaseConfig(Duration.ofMillis(100), NoMajority.SILENT);
      machine = new LeaseMachine(me, config, new Random(number));
      sealing = new Sealing(name, me.process(), keys, new Random(1_000 + number));
    }

    void hear(LeaseEvent event) {
      if (silent) {
        return;
      }
      inbox.add(event);
      long from = processorTime();
      while (!inbox.isEmpty()) {
        machine.on(inbox.remove(), now).forEach(this::act);
      }
      processorNanos += processorTime() - from;
    }

    private void act(LeaseAction action) {
      switch (action) {
        case LeaseAction.Arm _, LeaseAction.Confirm _ -> {}
        case LeaseAction.Open(var epochs, _) -> open.addAll(epochs.keySet());
        case LeaseAction.Close(var addresses, _) -> open.removeAll(addresses);
        case LeaseAction.Send(var to, var message) -> {
          if (to.equals(name)) {
            inbox.add(new LeaseEvent.Received(message));
          } else {
            post(to, sealing.seal(to, ByteBuffer.wrap(LeaseCodec.encode(message))));
          }
        }
        case LeaseAction.Keep(var record) -> inbox.add(new LeaseEvent.VotersKept(record));
        case LeaseAction.ReadWitness _, LeaseAction.WriteWitness _ ->
            throw new AssertionError("five voters need no witness");
        case LeaseAction.WakeAt(var at) -> {
          long number = ++wake;
          at(
              Math.max(now, at),
              () -> {
                if (number == wake) {
                  hear(new LeaseEvent.Tick());
                }
              });
        }
      }
    }

    private void post(String to, ByteBuffer datagram) {
      sent++;
      bytes += datagram.remaining();
      Node target = node(to);
      at(now + MS / 4 + (order % 64) * MS / 128, () -> target.datagram(datagram));
    }

    private void datagram(ByteBuffer datagram) {
      if (silent) {
        return;
      }
      received++;
      long from = processorTime();
      Opened opened = sealing.open(datagram, now);
      Optional<LeaseEvent> event = Optional.empty();
      try {
        if (opened instanceof Opened.Accepted(_, _, var payload)) {
          event = Optional.of(new LeaseEvent.Received(LeaseCodec.decode(payload)));
        } else if (opened instanceof Opened.Ask(var to, var question)) {
          post(to, question);
        } else if (opened instanceof Opened.Prove(var to, var proof)) {
          post(to, proof);
          event = Optional.of(new LeaseEvent.KnownTo(to));
        }
      } catch (LeaseCodec.MalformedException e) {
        throw new AssertionError(e);
      }
      processorNanos += processorTime() - from;
      event.ifPresent(this::hear);
    }
  }

  private static long processorTime() {
    return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
  }

  private Node node(String name) {
    return Objects.requireNonNull(nodes.get(name));
  }

  private void at(long when, Runnable task) {
    queue.add(new Due(when, order++, task));
  }

  private void run(long nanos) {
    long end = now + nanos;
    while (!queue.isEmpty() && queue.peek().at() <= end) {
      Due due = queue.poll();
      now = due.at();
      due.task().run();
    }
    now = end;
  }

  private InetAddress address(int node, int number) {
    int index = node * addressesEach + number;
    try {
      return InetAddress.getByAddress(
          new byte[] {10, 9, (byte) (index / 250), (byte) (index % 250 + 1)});
    } catch (UnknownHostException e) {
      throw new AssertionError(e);
    }
  }

  private Map<InetAddress, Integer> addressesOf(int node) {
    Map<InetAddress, Integer> ranks = new HashMap<>();
    for (int i = 0; i < addressesEach; i++) {
      ranks.put(address(node, i), 0);
    }
    return ranks;
  }

  private void begin(int nodeCount, int voterCount, int each) {
    count = nodeCount;
    voters = voterCount;
    addressesEach = each;
    SortedMap<Integer, byte[]> keys = new TreeMap<>();
    keys.put(1, new byte[Keyring.SHORTEST_KEY]);
    List<Node> all = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      all.add(new Node(i, new Keyring(keys)));
    }
    all.forEach(node -> nodes.put(node.name, node));
    Set<String> voting =
        all.stream().limit(voters).map(node -> node.name).collect(Collectors.toSet());
    Duration lease = Duration.ofMillis(400);
    var record = new VoterRecord(77, 1, new TreeSet<>(voting), false, lease, lease);
    for (int i = 0; i < count; i++) {
      Node node = all.get(i);
      Set<String> peers = new HashSet<>(nodes.keySet());
      peers.remove(node.name);
      int number = i;
      at(
          now + i * MS,
          () -> {
            node.hear(new LeaseEvent.Began(Optional.of(record)));
            node.hear(new LeaseEvent.Peers(peers));
            node.hear(new LeaseEvent.Want(addressesOf(number)));
          });
    }
    run(4_000 * MS);
  }

  private record Load(double sent, double kilobytes, double received, double processorPercent) {}

  private Load load(boolean ofVoters, double seconds) {
    List<Node> those =
        nodes.values().stream()
            .filter(node -> (node.name.compareTo("node-%03d".formatted(voters)) < 0) == ofVoters)
            .toList();
    double per = those.size() * seconds;
    return new Load(
        those.stream().mapToLong(node -> node.sent).sum() / per,
        those.stream().mapToLong(node -> node.bytes).sum() / per / 1_000,
        those.stream().mapToLong(node -> node.received).sum() / per,
        those.stream().mapToLong(node -> node.processorNanos).sum() / per / 1e7);
  }

  /// After this the counters are those of so many seconds at rest.
  private void rest(int seconds) {
    nodes
        .values()
        .forEach(node -> {
          node.sent = 0;
          node.bytes = 0;
          node.received = 0;
          node.processorNanos = 0;
        });
    run(seconds * 1_000L * MS);
  }

  @Test
  void aHundredNodesCostEachLittleAndOneTakesOverFromASilentOne() {
    begin(100, 5, 10);
    for (int i = 0; i < count; i++) {
      assertThat(node("node-%03d".formatted(i)).open)
          .containsExactlyInAnyOrderElementsOf(addressesOf(i).keySet());
    }
    rest(4);
    Load voter = load(true, 4);
    Load other = load(false, 4);
    LOG.atInfo().addKeyValue("voter", voter).addKeyValue("other", other).log("100 nodes, a second");
    nodes
        .values()
        .forEach(node -> assertThat(node.machine.view().live()).as(node.name).hasSize(count));
    assertThat(voter.sent()).as("a voter answers each beat of each node").isBetween(950.0, 1_200.0);
    assertThat(other.sent()).as("a beat to each voter, and what it holds").isLessThan(110);
    assertThat(other.received()).isLessThan(120);

    Node victim = node("node-050");
    Node heir = node("node-051");
    Map<InetAddress, Integer> more = new HashMap<>(addressesOf(51));
    more.putAll(addressesOf(50));
    victim.silent = true;
    long from = now;
    while (heir.machine.view().live().containsKey(victim.name)) {
      run(MS);
    }
    heir.hear(new LeaseEvent.Want(more));
    while (heir.open.size() < more.size() && now - from < 5_000 * MS) {
      run(MS);
    }
    long took = (now - from) / MS;
    LOG.atInfo().addKeyValue("milliseconds", took).log("taken over from a silent node");
    assertThat(took).isLessThan(800);
    assertThat(AddressGroup.sorted(heir.open)).isEqualTo(AddressGroup.sorted(more.keySet()));
  }

  @Test
  void aThousandAddressesCostThreeNodesNoMoreThanAFew() {
    begin(3, 3, 1);
    rest(8);
    Load few = load(true, 8);
    nodes.clear();
    queue.clear();
    begin(3, 3, 333);
    assertThat(node("node-001").open).hasSize(333);
    rest(8);
    Load many = load(true, 8);
    LOG.atInfo().addKeyValue("few", few).addKeyValue("many", many).log("three nodes, a second");
    assertThat(many.sent()).isCloseTo(few.sent(), withinPercentage(2));
    assertThat(many.kilobytes()).as("what is held, every two seconds").isLessThan(15);
  }
}
