package dev.thresher.vip.election;

import static dev.thresher.vip.election.Net.ip;
import static dev.thresher.vip.election.Net.onLink;

import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Nodes, an API server with their Leases, and a mesh, in which everything may be late or lost.
/// True time is known here alone.
final class WalkWorld {

  static final long SECOND = 1_000_000_000L;
  static final long MILLI = 1_000_000L;
  static final RightTimes TIMES = RightTimes.defaults();
  static final List<InetAddress> ADDRESSES = List.of(ip("192.0.2.1"), ip("2001:db8::2"));
  static final NodeLinks LINKS = onLink("192.0.2.0/24", "2001:db8::/64");

  /// As a request of the real thing is given up.
  private static final long CALL_DEADLINE = 3 * SECOND;

  /// Mistakes that a walk must notice.
  enum Flaw {
    NONE,
    /// The kernel answers longer than the renew deadline.
    LONG_SLOT,
    /// A process that lives is said to be dead.
    FALSE_PROOF,
    /// The kernel is closed after the record was changed.
    LATE_REVOKE
  }

  /// Two nodes answered for one address.
  static final class TwoHolders extends RuntimeException {
    TwoHolders(String message) {
      super(message);
    }
  }

  private record Due(long at, long order, Runnable task) {}

  final Random random;
  final Flaw flaw;
  final List<WalkNode> nodes = new ArrayList<>();
  long now = SECOND;
  boolean calm = true;

  private final PriorityQueue<Due> agenda =
      new PriorityQueue<>(Comparator.comparingLong(Due::at).thenComparingLong(Due::order));
  private long order;

  // The API server.
  private final Map<String, NodeLease> leases = new HashMap<>();
  private @Nullable HoldersRecord record;
  private long versions;

  WalkWorld(long seed, Flaw flaw, List<String> names) {
    this.random = new Random(seed);
    this.flaw = flaw;
    names.forEach(name -> nodes.add(new WalkNode(this, name)));
  }

  void after(long nanos, Runnable task) {
    agenda.add(new Due(now + nanos, order++, task));
  }

  /// Lets time pass.
  void run(long nanos) {
    long end = now + nanos;
    while (!agenda.isEmpty() && agenda.peek().at() <= end) {
      Due due = agenda.remove();
      now = due.at();
      due.task().run();
    }
    now = end;
  }

  /// Lets time pass until something holds.
  ///
  /// @return how long it took, or more than `most` if it did not
  long runUntil(BooleanSupplier done, long most) {
    long begin = now;
    while (!done.getAsBoolean() && now - begin <= most) {
      run(10 * MILLI);
    }
    return now - begin;
  }

  /// Mostly milliseconds; now and then, while there are faults, seconds.
  long delay() {
    return !calm && random.nextInt(12) == 0
        ? random.nextLong(6 * SECOND)
        : (1 + random.nextInt(20)) * MILLI;
  }

  boolean happens(int onceIn) {
    return !calm && random.nextInt(onceIn) == 0;
  }

  List<String> holders(InetAddress address) {
    return nodes.stream().filter(node -> node.answers(address)).map(node -> node.name).toList();
  }

  boolean allHeld() {
    return ADDRESSES.stream().allMatch(address -> holders(address).size() == 1);
  }

  /// To be called after whatever may make a node answer.
  void check() {
    for (InetAddress address : ADDRESSES) {
      List<String> holders = holders(address);
      if (holders.size() > 1) {
        throw new TwoHolders(address + " at " + now / MILLI + " ms: " + holders);
      }
    }
  }

  /// What one process tells the others, each of which may miss it.
  void tell(WalkNode from, RightEvent event) {
    for (WalkNode other : nodes) {
      if (other != from && !happens(4)) {
        after(delay(), () -> other.hear(event));
      }
    }
  }

  /// A request to the API server, as the real thing makes it: given up after a time, though it may
  /// be carried out later and its answer come later still.
  ///
  /// @param failed what is heard when it is given up
  /// @param late what a late answer is good for
  void request(
      WalkNode node,
      Supplier<RightEvent> carryOut,
      Supplier<RightEvent> failed,
      Function<RightEvent, @Nullable RightEvent> late) {
    int life = node.life();
    boolean[] settled = {false};
    if (!node.apiAway && !happens(10)) {
      after(
          delay(),
          () -> {
            RightEvent answer = carryOut.get();
            if (!node.apiAway && !happens(10)) {
              after(
                  delay(),
                  () ->
                      node.hear(
                          life,
                          () -> {
                            boolean inTime = !settled[0];
                            settled[0] = true;
                            return inTime ? answer : late.apply(answer);
                          }));
            }
          });
    }
    after(
        CALL_DEADLINE,
        () ->
            node.hear(
                life,
                () -> {
                  boolean open = !settled[0];
                  settled[0] = true;
                  return open ? failed.get() : null;
                }));
  }

  Optional<NodeLease> lease(String node) {
    return Optional.ofNullable(leases.get(node));
  }

  Optional<HoldersRecord> record() {
    return Optional.ofNullable(record);
  }

  /// As [LeaseStore#writeOwn].
  Optional<NodeLease> write(String node, RightAction.WriteOwnLease write) {
    String before = lease(node).map(NodeLease::resourceVersion).orElse("");
    if (!before.equals(write.resourceVersion())) {
      return Optional.empty();
    }
    var written =
        new NodeLease(
            node, "v" + ++versions, write.session(), List.of(), write.links(), write.leaving());
    leases.put(node, written);
    watched(new RightEvent.PeerSeen(written));
    return Optional.of(written);
  }

  /// As [LeaseStore#createRecord].
  Optional<HoldersRecord> create(Map<InetAddress, Holder> holders) {
    return record == null ? Optional.of(change(1, holders)) : Optional.empty();
  }

  /// As [LeaseStore#changeRecord].
  Optional<HoldersRecord> change(RightAction.ChangeRecord change) {
    HoldersRecord present = record;
    return present != null && present.resourceVersion().equals(change.base().resourceVersion())
        ? Optional.of(change(present.version() + 1, present.with(change.changes())))
        : Optional.empty();
  }

  private HoldersRecord change(long version, Map<InetAddress, Holder> holders) {
    var sorted = new TreeMap<InetAddress, Holder>(AddressGroup.ORDER);
    sorted.putAll(holders);
    var written = new HoldersRecord("u", "v" + ++versions, version, sorted);
    record = written;
    watched(new RightEvent.RecordSeen(written));
    return written;
  }

  private void watched(RightEvent event) {
    for (WalkNode node : nodes) {
      if (!node.apiAway) {
        after(delay(), () -> node.hear(event));
      }
    }
  }

  /// What a watch that begins anew brings.
  void listTo(WalkNode node) {
    new HashSet<>(leases.values())
        .forEach(lease -> after(delay(), () -> node.hear(new RightEvent.PeerSeen(lease))));
    record().ifPresent(seen -> after(delay(), () -> node.hear(new RightEvent.RecordSeen(seen))));
  }
}
