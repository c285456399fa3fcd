package dev.thresher.vip.election;

import static dev.thresher.vip.election.WalkWorld.MILLI;
import static dev.thresher.vip.election.WalkWorld.SECOND;
import static dev.thresher.vip.election.WalkWorld.TIMES;

import dev.thresher.vip.election.WalkWorld.Flaw;
import java.net.InetAddress;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// A node of [WalkWorld]: a clock of its own rate, a gate that runs in the kernel, and a process
/// that can be stopped between any two instructions.
final class WalkNode {

  private static final double RATE = 0.01;

  final WalkWorld world;
  final String name;
  boolean apiAway;
  private final double rate;
  private final long offset;

  private RightMachine machine;
  private String process = "";
  private boolean up;
  private boolean frozen;
  private int life;
  private boolean running;
  private long ticks;
  private long stepAt;
  private final Deque<Supplier<@Nullable RightEvent>> inbox = new ArrayDeque<>();
  private final Deque<RightAction> doing = new ArrayDeque<>();

  /// What this node thinks who should hold what.
  private Map<InetAddress, String> idea = Map.of();

  private RightView view = RightView.NOTHING;

  // The gate.
  private final Map<Long, Long> armed = new HashMap<>();
  private long answersUntil;
  private final Set<InetAddress> open = new HashSet<>();

  WalkNode(WalkWorld world, String name) {
    this.world = world;
    this.name = name;
    this.rate = 1 + RATE * (2 * world.random.nextDouble() - 1);
    this.offset = world.random.nextLong(100 * SECOND);
    this.machine = newMachine();
  }

  private RightMachine newMachine() {
    process = name + "p" + ++life;
    // Wall clocks differ, and may be set back between two starts.
    long skew = world.random.nextLong(60_000);
    return new RightMachine(
        name, process, TIMES, WalkWorld.LINKS, () -> 1_000_000 + skew + world.now / MILLI);
  }

  int life() {
    return life;
  }

  private long clock() {
    return offset + (long) (world.now * rate);
  }

  boolean answers(InetAddress address) {
    return up && open.contains(address) && answersUntil - clock() > 0;
  }

  void start() {
    if (up) {
      return;
    }
    machine = newMachine();
    up = true;
    hear(new RightEvent.Began());
    want(idea);
    world.listTo(this);
  }

  /// Kills the process. The others get the proof, or not.
  void die() {
    if (!up) {
      return;
    }
    up = false;
    frozen = false;
    running = false;
    inbox.clear();
    doing.clear();
    armed.clear();
    open.clear();
    answersUntil = clock();
    view = RightView.NOTHING;
    ticks++;
    String dead = process;
    world.tell(this, new RightEvent.ProcessDied(name, dead));
  }

  void freeze(long nanos) {
    if (!up || frozen) {
      return;
    }
    frozen = true;
    if (world.flaw == Flaw.FALSE_PROOF) {
      world.tell(this, new RightEvent.ProcessDied(name, process));
    }
    int of = life;
    world.after(
        nanos,
        () -> {
          if (up && of == life && frozen) {
            frozen = false;
            go();
          }
        });
  }

  /// Stops in order, and is killed if that takes too long.
  void leave(Map<InetAddress, String> to) {
    hear(new RightEvent.Resign(to));
    int of = life;
    world.after(
        5 * SECOND,
        () -> {
          if (of == life) {
            die();
          }
        });
  }

  /// From now on this node chooses as all do.
  void agree() {
    want(common(view));
  }

  void want(Map<InetAddress, String> aims) {
    idea = aims;
    hear(life, () -> new RightEvent.Want(idea, view.recordVersion()));
  }

  void hear(RightEvent event) {
    hear(life, () -> event);
  }

  /// @param of the process that hears it, if it still runs
  /// @param event made when the process comes to it
  void hear(int of, Supplier<@Nullable RightEvent> event) {
    if (up && of == life) {
      inbox.add(event);
      go();
    }
  }

  /// Runs until nothing is left to do, or the process is stopped.
  private void go() {
    if (running) {
      return;
    }
    running = true;
    while (up && !frozen) {
      RightAction action = doing.poll();
      if (action != null) {
        act(action);
      } else {
        Supplier<@Nullable RightEvent> next = inbox.poll();
        if (next == null) {
          break;
        }
        @Nullable RightEvent event = next.get();
        if (event != null) {
          stepAt = clock();
          doing.addAll(machine.on(event, stepAt));
        }
      }
      if (world.happens(2_000)) {
        freeze(world.random.nextLong(25 * SECOND));
      } else if (world.happens(4_000)) {
        die();
        world.after(world.random.nextLong(10 * SECOND), this::start);
      }
    }
    running = false;
  }

  private void act(RightAction action) {
    long asking = stepAt;
    switch (action) {
      case RightAction.Grant(var addresses) -> {
        open.addAll(addresses.keySet());
        world.check();
      }
      case RightAction.Revoke(var addresses, _) -> {
        if (world.flaw == Flaw.LATE_REVOKE) {
          int of = life;
          world.after(
              SECOND / 2,
              () -> {
                if (of == life) {
                  open.removeAll(addresses);
                }
              });
        } else {
          open.removeAll(addresses);
        }
      }
      case RightAction.Entitled(var sentAt) -> {
        answersUntil = armed.getOrDefault(sentAt, answersUntil);
        armed.keySet().removeIf(at -> at - sentAt <= 0);
        world.check();
      }
      case RightAction.WriteOwnLease write -> writeOwn(write);
      case RightAction.ReadOwnLease() ->
          world.request(
              this,
              () -> new RightEvent.OwnLeaseRead(world.lease(name)),
              () -> new RightEvent.OwnLeaseReadFailed("late"),
              _ -> null);
      case RightAction.ConfirmLease(var node) ->
          world.request(
              this,
              () -> new RightEvent.PeerConfirmed(node, world.lease(node), asking),
              () -> new RightEvent.PeerConfirmFailed(node),
              _ -> null);
      case RightAction.ReadRecord() ->
          world.request(
              this,
              () -> new RightEvent.RecordRead(world.record(), asking),
              () -> new RightEvent.RecordReadFailed("late"),
              _ -> null);
      case RightAction.CreateRecord(var holders) -> change(() -> world.create(holders));
      case RightAction.ChangeRecord change -> change(() -> world.change(change));
      case RightAction.BeginSession(var session) ->
          world.tell(this, new RightEvent.SessionHeard(name, session));
      case RightAction.Announce(var version) ->
          world.tell(this, new RightEvent.RecordHint(version));
      case RightAction.WakeAt(var at) -> wakeAt(at);
      case RightAction.Publish(var changed) -> {
        view = changed;
        want(world.calm ? common(changed) : idea);
      }
      case RightAction.Resigned(), RightAction.Fail _ -> die();
    }
  }

  private void writeOwn(RightAction.WriteOwnLease write) {
    long sentAt = stepAt;
    long lasts = TIMES.renewDeadline().toNanos() * (world.flaw == Flaw.LONG_SLOT ? 3 : 1);
    armed.putIfAbsent(sentAt, clock() + lasts);
    world.request(
        this,
        () ->
            world
                .write(name, write)
                .<RightEvent>map(lease -> new RightEvent.Renewed(lease, sentAt))
                .orElseGet(RightEvent.RenewConflict::new),
        () -> new RightEvent.RenewFailed("late"),
        late -> late);
  }

  private void change(Supplier<Optional<HoldersRecord>> write) {
    world.request(
        this,
        () ->
            write
                .get()
                .<RightEvent>map(RightEvent.RecordWritten::new)
                .orElseGet(RightEvent.RecordConflict::new),
        () -> new RightEvent.RecordWriteFailed("late"),
        late ->
            late instanceof RightEvent.RecordWritten(var record)
                ? new RightEvent.RecordSeen(record)
                : null);
  }

  private void wakeAt(long at) {
    long number = ++ticks;
    world.after(
        Math.max(0, (long) ((at - clock()) / rate)) + MILLI / 10,
        () -> {
          if (number == ticks) {
            hear(new RightEvent.Tick());
          }
        });
  }

  /// What all nodes would choose who know the same: who holds stays.
  private static Map<InetAddress, String> common(RightView view) {
    Map<InetAddress, String> aims = new HashMap<>();
    for (InetAddress address : WalkWorld.ADDRESSES) {
      @Nullable Holder holder = view.holders().get(address);
      if (holder != null && view.live().containsKey(holder.node())) {
        aims.put(address, holder.node());
      } else {
        view.live().keySet().stream().sorted().findFirst().ifPresent(to -> aims.put(address, to));
      }
    }
    return aims;
  }
}
