package dev.thresher.vip.election;

import static dev.thresher.vip.election.Net.group;
import static dev.thresher.vip.election.Net.onLink;

import java.net.InetAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// A simulated cluster: an API server, watches that lag, a mesh that tells of deaths or does not,
/// and nodes that are killed, restarted, paused and cut off. Everything comes from one seed.
final class RightWorld {

  static final long MS = 1_000_000L;
  private static final long CALL_DEADLINE = 3_000 * MS;
  static final List<AddressGroup> GROUPS =
      List.of(group("10.0.0.101", "fd00::101"), group("10.0.0.102"), group("10.0.0.103"));

  private record Due(long at, long order, Runnable task) {}

  final class Node {
    final String name;
    RightMachine machine;
    int life;
    boolean alive;
    boolean paused;
    boolean cut;
    boolean deaf;
    final List<Runnable> whilePaused = new ArrayList<>();
    final Set<InetAddress> holding = new HashSet<>();
    final List<Runnable> watchBacklog = new ArrayList<>();
    long watchTail;
    long wake = Long.MAX_VALUE;
    RightView seen = RightView.NOTHING;

    Node(String name) {
      this.name = name;
      this.machine = machine(0);
    }

    private RightMachine machine(int number) {
      return new RightMachine(
          name,
          name + "p" + number,
          RightTimes.defaults(),
          onLink("10.0.0.0/24", "fd00::1/64"),
          () -> 1_000_000 + now / MS);
    }

    String process() {
      return name + "p" + life;
    }

    void start() {
      life++;
      alive = true;
      paused = false;
      machine = machine(life);
      deliver(new RightEvent.Began());
      leases.values().forEach(lease -> deliver(new RightEvent.PeerSeen(lease)));
      if (record != null) {
        deliver(new RightEvent.RecordSeen(record));
      }
    }

    void kill() {
      if (!alive) {
        return;
      }
      alive = false;
      paused = false;
      holding.clear();
      whilePaused.clear();
      watchBacklog.clear();
      String dead = process();
      for (Node other : nodes) {
        if (other != this && random.nextInt(10) < 7) {
          later(50 * MS, () -> other.deliver(new RightEvent.ProcessDied(name, dead)));
        }
      }
    }

    void pause(long nanos) {
      if (!alive || paused) {
        return;
      }
      paused = true;
      int at = life;
      schedule(
          nanos,
          () -> {
            if (life == at && alive) {
              paused = false;
              deliver(new RightEvent.Tick());
              List<Runnable> queued = List.copyOf(whilePaused);
              whilePaused.clear();
              queued.forEach(Runnable::run);
            }
          });
    }

    void deliver(RightEvent event) {
      if (!alive) {
        return;
      }
      if (paused) {
        int at = life;
        whilePaused.add(() -> {
          if (life == at) {
            deliver(event);
          }
        });
        return;
      }
      int at = life;
      for (RightAction action : machine.on(event, clock.apply(this, now))) {
        if (alive && life == at) {
          act(action);
        }
      }
    }

    /// Runs in this process or not at all.
    private Consumer<RightEvent> reply() {
      int at = life;
      return event -> {
        if (life == at) {
          deliver(event);
        }
      };
    }

    private void act(RightAction action) {
      long asking = clock.apply(this, now);
      switch (action) {
        case RightAction.Grant(var addresses) -> holding.addAll(addresses.keySet());
        case RightAction.Revoke(var addresses, _) -> holding.removeAll(addresses);
        case RightAction.ReadOwnLease() ->
            call(
                () -> new RightEvent.OwnLeaseRead(Optional.ofNullable(leases.get(name))),
                new RightEvent.OwnLeaseReadFailed("lost"),
                answer -> null);
        case RightAction.WriteOwnLease(var version, var session, var links, var leaving) -> {
          call(
              () -> {
                NodeLease before = leases.get(name);
                if (!version.equals(before == null ? "" : before.resourceVersion())) {
                  return new RightEvent.RenewConflict();
                }
                var lease =
                    new NodeLease(name, "r" + ++revision, session, List.of(), links, leaving);
                leases.put(name, lease);
                nodes.forEach(node -> node.watch(new RightEvent.PeerSeen(lease)));
                return new RightEvent.Renewed(lease, asking);
              },
              new RightEvent.RenewFailed("lost"),
              answer -> answer);
        }
        case RightAction.ConfirmLease(var node) ->
            call(
                () ->
                    new RightEvent.PeerConfirmed(
                        node, Optional.ofNullable(leases.get(node)), asking),
                new RightEvent.PeerConfirmFailed(node),
                answer -> null);
        case RightAction.ReadRecord() ->
            call(
                () -> new RightEvent.RecordRead(Optional.ofNullable(record), asking),
                new RightEvent.RecordReadFailed("lost"),
                answer -> null);
        case RightAction.CreateRecord(var holders) ->
            call(
                () -> {
                  if (record != null) {
                    return new RightEvent.RecordConflict();
                  }
                  return wrote(
                      new HoldersRecord("u" + ++revision, "r" + revision, 1, sorted(holders)));
                },
                new RightEvent.RecordWriteFailed("lost"),
                RightWorld::lateRecord);
        case RightAction.ChangeRecord(var base, var changes) ->
            call(
                () -> {
                  if (record == null || !record.resourceVersion().equals(base.resourceVersion())) {
                    return new RightEvent.RecordConflict();
                  }
                  return wrote(
                      new HoldersRecord(
                          base.uid(),
                          "r" + ++revision,
                          base.version() + 1,
                          sorted(base.with(changes))));
                },
                new RightEvent.RecordWriteFailed("lost"),
                RightWorld::lateRecord);
        // Slots only add to what this world demands: here nothing is answered beyond the deadline.
        case RightAction.Entitled _ -> {}
        case RightAction.BeginSession(var session) ->
            others(node -> node.deliver(new RightEvent.SessionHeard(name, session)));
        case RightAction.Announce(var version) ->
            others(node -> node.deliver(new RightEvent.RecordHint(version)));
        case RightAction.WakeAt(var at) -> {
          wake = at;
          int inLife = life;
          schedule(
              Math.max(MS / 10, realDelay(at)),
              () -> {
                if (life == inLife && wake == at) {
                  deliver(new RightEvent.Tick());
                }
              });
        }
        case RightAction.Publish(var view) -> {
          seen = view;
          choose(reply(), view);
        }
        case RightAction.Resigned() -> {}
        case RightAction.Fail(var why) -> throw new AssertionError(name + " failed: " + why);
      }
    }

    /// Chooses now and again every few seconds, as long as the view is the latest.
    private void choose(Consumer<RightEvent> reply, RightView view) {
      later(
          5 * MS,
          () -> {
            if (seen.equals(view)) {
              reply.accept(new RightEvent.Want(aims(view), view.recordVersion()));
              schedule(3000 * MS, () -> choose(reply, view));
            }
          });
    }

    private long realDelay(long at) {
      long local = clock.apply(this, now);
      return at - local;
    }

    private Map<InetAddress, String> aims(RightView view) {
      Map<InetAddress, String> aims = new HashMap<>();
      if (!view.recordKnown()) {
        return aims;
      }
      Map<InetAddress, String> holders = new HashMap<>();
      view.holders().forEach((address, holder) -> holders.put(address, holder.node()));
      List<Candidate> candidates =
          view.live().values().stream()
              .map(lease -> new Candidate(lease.node(), lease.links()))
              .toList();
      Choice.choose(candidates, GROUPS.stream().map(Wish::new).toList(), holders, 1.25)
          .forEach((group, verdict) -> {
            for (InetAddress address : group.addresses()) {
              boolean confused = faults && random.nextInt(10) == 0;
              String aim =
                  confused
                      ? nodes.get(random.nextInt(nodes.size())).name
                      : verdict instanceof Verdict.Chosen(var node, _) ? node : Right.NOBODY;
              if (!faults || random.nextInt(40) > 0) {
                aims.put(address, aim);
              }
            }
          });
      return aims;
    }

    /// In order, as one watch delivers.
    void watch(RightEvent event) {
      int at = life;
      Runnable delivery =
          () -> {
            if (life == at) {
              deliver(event);
            }
          };
      if (cut || deaf) {
        watchBacklog.add(delivery);
        return;
      }
      watchTail = Math.max(watchTail, now + delay(20 * MS));
      schedule(watchTail - now, delivery);
    }

    void cut(long nanos) {
      if (!cut) {
        cut = true;
        schedule(
            nanos,
            () -> {
              cut = false;
              catchUp();
            });
      }
    }

    /// The watch stalls, requests go through.
    void deafen(long nanos) {
      if (!deaf) {
        deaf = true;
        schedule(
            nanos,
            () -> {
              deaf = false;
              catchUp();
            });
      }
    }

    private void catchUp() {
      if (cut || deaf) {
        return;
      }
      List<Runnable> backlog = List.copyOf(watchBacklog);
      watchBacklog.clear();
      watchTail = Math.max(watchTail, now);
      backlog.forEach(delivery -> schedule(watchTail - now, delivery));
    }

    /// A request that arrives late or never, whose answer arrives late or never; it may arrive
    /// after its sender died or gave it up. After the deadline of a call its fate is unknown to the
    /// caller, and an answer after all is worth what `late` makes of it.
    private void call(
        Supplier<RightEvent> atServer,
        RightEvent lost,
        Function<RightEvent, @Nullable RightEvent> late) {
      Consumer<RightEvent> reply = reply();
      boolean requestLost = cut || (faults && random.nextInt(25) == 0);
      boolean answerLost = faults && random.nextInt(25) == 0;
      boolean slowRequest = faults && random.nextInt(12) == 0;
      boolean slowAnswer = faults && random.nextInt(12) == 0;
      boolean[] settled = new boolean[1];
      schedule(
          CALL_DEADLINE,
          () -> {
            if (!settled[0]) {
              settled[0] = true;
              reply.accept(lost);
            }
          });
      if (requestLost && !slowRequest) {
        return;
      }
      later(
          slowRequest ? 12_000 * MS : 10 * MS,
          () -> {
            RightEvent answer = atServer.get();
            if (answerLost || requestLost) {
              return;
            }
            later(
                slowAnswer ? 12_000 * MS : 10 * MS,
                () -> {
                  boolean inTime = !settled[0];
                  settled[0] = true;
                  RightEvent useful = inTime ? answer : late.apply(answer);
                  if (useful != null) {
                    reply.accept(useful);
                  }
                });
          });
    }

    private void others(Consumer<Node> message) {
      for (Node node : nodes) {
        if (node != this && !(faults && random.nextInt(4) == 0)) {
          later(5 * MS, () -> message.accept(node));
        }
      }
    }

    boolean mayAnswer(InetAddress address) {
      return alive
          && holding.contains(address)
          && (!paused || clock.apply(this, now) - machine.entitledUntil() < 0);
    }
  }

  /// What a node's clock shows at a time of the world.
  interface Clock {
    long apply(Node node, long now);
  }

  final List<Node> nodes = new ArrayList<>();
  final Random random;
  Clock clock = (node, time) -> time;
  boolean faults;
  long now = 1_000 * MS;
  private long order;
  private long revision;
  private @Nullable HoldersRecord record;
  private final Map<String, NodeLease> leases = new TreeMap<>();
  private final PriorityQueue<Due> queue =
      new PriorityQueue<>((a, b) ->
          a.at() != b.at() ? Long.compare(a.at(), b.at()) : Long.compare(a.order(), b.order()));

  RightWorld(long seed, int size) {
    random = new Random(seed);
    for (int i = 0; i < size; i++) {
      nodes.add(new Node("n" + i));
    }
  }

  private static SortedMap<InetAddress, Holder> sorted(Map<InetAddress, Holder> holders) {
    SortedMap<InetAddress, Holder> sorted = new TreeMap<>(AddressGroup.ORDER);
    sorted.putAll(holders);
    return sorted;
  }

  private static @Nullable RightEvent lateRecord(RightEvent answer) {
    return answer instanceof RightEvent.RecordWritten(var written)
        ? new RightEvent.RecordSeen(written)
        : null;
  }

  private RightEvent wrote(HoldersRecord after) {
    record = after;
    nodes.forEach(node -> node.watch(new RightEvent.RecordSeen(after)));
    return new RightEvent.RecordWritten(after);
  }

  long delay(long most) {
    return (long) (random.nextDouble() * most);
  }

  void later(long most, Runnable task) {
    schedule(delay(most), task);
  }

  void schedule(long nanos, Runnable task) {
    queue.add(new Due(now + Math.max(0, nanos), order++, task));
  }

  void startAll() {
    nodes.forEach(node -> later(500 * MS, node::start));
  }

  /// Throws faults at the cluster for a while.
  void torment(long nanos) {
    faults = true;
    for (long at = 0; at < nanos; at += delay(3000 * MS) + MS) {
      Node node = nodes.get(random.nextInt(nodes.size()));
      switch (random.nextInt(6)) {
        case 0, 1 ->
            schedule(
                at,
                () -> {
                  if (node.alive) {
                    node.kill();
                    later(5000 * MS, node::start);
                  }
                });
        case 2 -> schedule(at, () -> node.pause(delay(25_000 * MS)));
        case 3 -> schedule(at, () -> node.deafen(delay(40_000 * MS)));
        default -> schedule(at, () -> node.cut(delay(30_000 * MS)));
      }
    }
    run(nanos);
    faults = false;
  }

  /// @throws AssertionError at the instant at which two nodes may answer for one address
  void run(long nanos) {
    long end = now + nanos;
    while (!queue.isEmpty() && queue.peek().at() <= end) {
      Due due = queue.remove();
      now = due.at();
      due.task().run();
      check();
    }
    now = end;
  }

  void runUntil(BooleanSupplier condition, long atMost) {
    long end = now + atMost;
    while (!condition.getAsBoolean()) {
      if (queue.isEmpty() || queue.peek().at() > end) {
        throw new AssertionError("not reached within " + atMost / MS + " ms");
      }
      Due due = queue.remove();
      now = due.at();
      due.task().run();
      check();
    }
  }

  List<String> holders(InetAddress address) {
    return nodes.stream().filter(node -> node.mayAnswer(address)).map(node -> node.name).toList();
  }

  Node node(String name) {
    return nodes.stream().filter(node -> node.name.equals(name)).findFirst().orElseThrow();
  }

  void eraseRecord() {
    record = null;
    nodes.forEach(node -> node.watch(new RightEvent.RecordVanished()));
  }

  private void check() {
    for (AddressGroup group : GROUPS) {
      for (InetAddress address : group.addresses()) {
        List<String> holders = holders(address);
        if (holders.size() > 1) {
          throw new AssertionError(
              "two holders of " + address.getHostAddress() + " at " + now / MS + " ms: " + holders);
        }
      }
    }
  }
}
