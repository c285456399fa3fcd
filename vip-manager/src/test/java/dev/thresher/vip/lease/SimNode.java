package dev.thresher.vip.lease;

import java.net.InetAddress;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// A node of the model: a clock of its own rate, a gate that runs in the kernel, a file, and a
/// process that can be stopped between any two instructions.
final class SimNode {

  final LeaseWorld world;
  final String name;
  double rate;
  private final long offset;

  @Nullable VoterRecord file;

  /// How long it takes to keep a record in the file.
  long slowDisk;

  private OptionalLong aloneSince = OptionalLong.empty();
  Flawed machine;
  Session session;
  boolean up;
  boolean frozen;
  Map<InetAddress, Integer> wants = Map.of();
  Map<InetAddress, String> successors = Map.of();

  /// True time during which the clock stood still.
  private long stood;

  long stoppedAt = -1;

  private int life;
  private final Deque<LeaseEvent> inbox = new ArrayDeque<>();
  private final Deque<LeaseAction> doing = new ArrayDeque<>();
  private boolean running;
  private long wakeNumber;
  private long taken;
  private long idleSince;

  // The gate.
  private final Map<Long, Long> armed = new HashMap<>();
  private long confirmed = -1;
  private final Set<InetAddress> open = new HashSet<>();

  /// What was opened as nobody's before.
  final Set<InetAddress> firstClaims = new HashSet<>();

  SimNode(LeaseWorld world, String name, double rate, @Nullable VoterRecord file) {
    this.world = world;
    this.name = name;
    this.rate = rate;
    this.offset = world.fate.any(1_000_000);
    this.file = file;
    this.session = new Session(name, 1);
    this.machine = newMachine();
  }

  long clock() {
    long stopped = stoppedAt >= 0 ? world.now - stoppedAt : 0;
    return offset + (long) ((world.now - stood - stopped) * rate);
  }

  /// True time at which the answers for an address end if nothing happens, or `now` if they ended.
  long answersUntil(InetAddress address) {
    if (!up || stoppedAt >= 0 || !open.contains(address)) {
      return world.now;
    }
    long left = armed.getOrDefault(confirmed, clock()) - clock();
    return left <= 0 ? world.now : world.now + (long) Math.ceil(left / rate);
  }

  void start() {
    life++;
    up = true;
    frozen = false;
    session = new Session(name, life);
    machine = newMachine();
    hear(new LeaseEvent.Began(Optional.ofNullable(file), aloneSince));
    if (world.presence) {
      hear(new LeaseEvent.Peers(world.othersThan(name)));
    }
    hear(new LeaseEvent.Want(wants, successors));
  }

  void crash() {
    if (!up) {
      return;
    }
    // As early as it can be known.
    aloneSince = world.vouches ? OptionalLong.of(clock()) : OptionalLong.empty();
    up = false;
    running = false;
    stoppedAt = -1;
    inbox.clear();
    doing.clear();
    armed.clear();
    confirmed = -1;
    open.clear();
    wakeNumber++;
  }

  /// Stops in order; the process goes on until it is ended.
  void leave(Map<InetAddress, String> to) {
    wants = Map.of();
    successors = to;
    hear(new LeaseEvent.Leave(to));
  }

  void freeze(long nanos) {
    if (!up || frozen) {
      return;
    }
    frozen = true;
    int at = life;
    world.after(
        nanos,
        () -> {
          if (up && life == at) {
            frozen = false;
            go();
          }
        });
  }

  void stopClock(long nanos) {
    if (!up || stoppedAt >= 0) {
      return;
    }
    stoppedAt = world.now;
    int at = life;
    world.after(
        nanos,
        () -> {
          if (up && life == at && stoppedAt >= 0) {
            stood += world.now - stoppedAt;
            stoppedAt = -1;
            world.check();
            go();
          }
        });
  }

  void want(Map<InetAddress, Integer> ranks) {
    want(ranks, Map.of());
  }

  /// @param to who should hold what is not wanted here
  void want(Map<InetAddress, Integer> ranks, Map<InetAddress, String> to) {
    wants = ranks;
    successors = to;
    hear(new LeaseEvent.Want(ranks, to));
  }

  void hear(LeaseEvent event) {
    if (up) {
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
    while (up && !frozen && stoppedAt < 0) {
      LeaseAction action = doing.poll();
      if (action == null) {
        if (inbox.isEmpty()) {
          idleSince = clock();
          break;
        }
        LeaseEvent event = inbox.poll();
        taken = world.flaw == Flaw.EARLY_CLOCK ? Math.max(taken, idleSince) : clock();
        doing.addAll(machine.step(event, taken));
      } else {
        act(action);
      }
      strike();
    }
    running = false;
  }

  /// What happens to the process between two instructions.
  private void strike() {
    switch (world.fate.blow()) {
      case NONE -> {}
      case SHORT_PAUSE -> freeze(world.lease / 2);
      case LONG_PAUSE -> freeze(3 * world.lease);
      case CRASH -> world.crash(this, world.fate.any(4) * world.lease / 4);
      case CUT_OFF -> world.cutOff(this);
      case CLOCK_STOPS -> world.stopClock(this);
    }
  }

  private void act(LeaseAction action) {
    switch (action) {
      case LeaseAction.Arm(var round, var nanos) -> {
        long time = clock();
        armed.put(round, time + nanos);
        armed.values().removeIf(until -> until <= time);
      }
      case LeaseAction.Confirm(var round) -> {
        confirmed = round;
        Long until = armed.get(round);
        if (until != null && world.flaw == Flaw.LEASE_FROM_THE_ACK) {
          armed.put(round, clock() + world.lease);
        } else if (world.flaw == Flaw.TIMEOUT_COMPUTED_AFTER_THE_ACK) {
          armed.put(round, clock() + Math.max(0, machine.leaseUntil() - taken));
        }
        world.check();
      }
      case LeaseAction.Open(var epochs, var known) -> {
        open.addAll(epochs.keySet());
        firstClaims.addAll(epochs.keySet());
        firstClaims.removeAll(known);
        world.check();
      }
      case LeaseAction.Close(var addresses, _) -> open.removeAll(addresses);
      case LeaseAction.Send(var to, var message) -> world.send(this, to, message);
      case LeaseAction.Keep(var record) -> {
        if (slowDisk > 0) {
          int at = life;
          world.after(
              slowDisk,
              () -> {
                if (life == at && up) {
                  file = record;
                  hear(new LeaseEvent.VotersKept(record));
                }
              });
        } else {
          file = record;
          inbox.add(new LeaseEvent.VotersKept(record));
        }
      }
      case LeaseAction.ReadWitness() -> world.readWitness(this);
      case LeaseAction.WriteWitness write -> world.writeWitness(this, write);
      case LeaseAction.WakeAt(var at) -> {
        long number = ++wakeNumber;
        int running = life;
        long delay = Math.max(0, (long) ((at - clock()) / rate)) + 100_000;
        world.after(
            delay,
            () -> {
              if (up && life == running && wakeNumber == number) {
                hear(new LeaseEvent.Tick());
              }
            });
      }
    }
  }

  int life() {
    return life;
  }

  private Flawed newMachine() {
    return new Flawed(
        world.flaw, session, world.config, new Random(world.fate.any(1 << 30) + 31L * life));
  }
}
