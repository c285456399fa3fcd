package dev.thresher.vip.kubevip;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.net.InetAddresses;
import dev.thresher.api.ObjectKey;
import dev.thresher.vip.election.RightTimes;
import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Three nodes and one Lease on one clock, in long random walks: requests and answers that are late
/// or lost, watches that are late, processes that stand still, die and start again, addresses that
/// a node cannot hold for a while. A node that stands still answers as long as its slot in the
/// kernel runs.
@Tag("simulation")
class ContestsWalkTest {

  private static final ObjectKey LEASE = ObjectKey.of("kube-system", "plndr-svcs-lock");
  private static final InetAddress ADDRESS = InetAddresses.forString("10.0.0.100");
  private static final RightTimes TIMES = RightTimes.defaults();
  private static final long SECOND = 1_000_000_000L;
  private static final long GIVE_UP = 3 * SECOND;
  private static final int EVENTS = 20_000;

  private record Event(long at, long order, Runnable what) {}

  private final PriorityQueue<Event> agenda =
      new PriorityQueue<>(Comparator.comparingLong(Event::at).thenComparingLong(Event::order));
  private final List<Node> nodes = new ArrayList<>();
  private Random random = new Random(0);
  private long now = SECOND;
  private long order;
  private int version;
  private @Nullable SeenLease lease;
  private long held;

  private final class Node {
    final String name;
    Contests contests;
    int life;
    boolean able = true;
    long standsUntil;
    long round;
    long counts;
    long wakes;
    final Map<Long, Long> slots = new HashMap<>();

    Node(String name) {
      this.name = name;
      contests = new Contests(name, TIMES);
      want();
    }

    void want() {
      contests.want(
          new Contests.Wanted(Map.of(ADDRESS, List.of(LEASE)), able ? Set.of(ADDRESS) : Set.of()));
    }

    boolean answers() {
      return !contests.granted().isEmpty() && slots.getOrDefault(counts, 0L) - now > 0;
    }

    /// Runs what concerns this process, once it does not stand still; not if it died meanwhile.
    void run(Runnable what) {
      int of = life;
      if (standsUntil - now > 0) {
        after(standsUntil - now, () -> run(of, what));
      } else {
        run(of, what);
      }
    }

    private void run(int of, Runnable what) {
      if (of == life) {
        what.run();
        step();
      }
    }

    void step() {
      Contests.Step step = contests.step(now);
      step.confirmed().ifPresent(confirmed -> counts = confirmed);
      if (!step.attempts().isEmpty()) {
        slots.put(++round, now + TIMES.renewDeadline().toNanos());
        long sentAt = now;
        long in = round;
        step.attempts().forEach(attempt -> send(attempt, in, sentAt));
      }
      long mine = ++wakes;
      after(
          Math.max(SECOND / 100, step.wakeAt() - now),
          () -> {
            if (mine == wakes) {
              run(() -> {});
            }
          });
    }

    private void send(Attempt attempt, long in, long sentAt) {
      boolean[] settled = {false};
      int of = life;
      if (random.nextInt(8) != 0) {
        after(
            delay(),
            () -> {
              KubeVipStore.Outcome outcome = carryOut(name, attempt);
              if (random.nextInt(8) != 0) {
                after(
                    delay(),
                    () ->
                        run(() -> {
                          if (!settled[0] && of == life) {
                            settled[0] = true;
                            hear(attempt, outcome, in, sentAt);
                          }
                        }));
              }
            });
      }
      after(
          GIVE_UP,
          () ->
              run(() -> {
                if (!settled[0] && of == life) {
                  settled[0] = true;
                  contests.of(LEASE).orElseThrow().failed(now);
                }
              }));
    }

    private void hear(Attempt attempt, KubeVipStore.Outcome outcome, long in, long sentAt) {
      Contest contest = contests.of(LEASE).orElseThrow();
      switch (outcome) {
        case KubeVipStore.Outcome.Wrote(var wrote) ->
            contest.wrote(attempt, wrote, sentAt, in, now);
        case KubeVipStore.Outcome.Found(var found) -> contest.found(found, now);
      }
    }

    void die() {
      life++;
      contests = new Contests(name, TIMES);
      slots.clear();
      standsUntil = now;
      after(random.nextLong(20 * SECOND), () -> run(this::want));
    }
  }

  private void after(long delay, Runnable what) {
    agenda.add(new Event(now + delay, order++, what));
  }

  /// Mostly milliseconds, now and then seconds.
  private long delay() {
    return random.nextInt(10) == 0 ? random.nextLong(6 * SECOND) : random.nextLong(SECOND / 50);
  }

  /// As [KubeVipStore], in one instant.
  private KubeVipStore.Outcome carryOut(String node, Attempt attempt) {
    SeenLease before = lease;
    SeenLease after =
        switch (attempt) {
          case Attempt.Take(_, var seen) -> {
            if (before == null) {
              yield seen.isEmpty() ? write(node, 0, false) : null;
            }
            yield seen.equals(before.version()) && !before.holder().equals(node)
                ? write(node, before.transitions() + 1, false)
                : null;
          }
          case Attempt.Renew _ ->
              before != null && before.holder().equals(node)
                  ? write(node, before.transitions(), false)
                  : null;
          case Attempt.Release(_, var seen) ->
              before != null && before.holder().equals(node) && seen.equals(before.version())
                  ? write("", before.transitions(), true)
                  : null;
        };
    return after == null
        ? new KubeVipStore.Outcome.Found(Optional.ofNullable(before))
        : new KubeVipStore.Outcome.Wrote(after);
  }

  private SeenLease write(String holder, int transitions, boolean emptyHanded) {
    SeenLease written =
        new SeenLease(
            String.valueOf(++version), holder, Duration.ofSeconds(15), transitions, emptyHanded);
    lease = written;
    for (Node node : nodes) {
      after(
          delay(),
          () ->
              node.run(
                  () -> node.contests.of(LEASE).ifPresent(contest -> contest.heard(written, now))));
    }
    return written;
  }

  private void fault() {
    Node node = nodes.get(random.nextInt(nodes.size()));
    switch (random.nextInt(4)) {
      case 0 -> node.standsUntil = now + random.nextLong(30 * SECOND);
      case 1 -> node.die();
      default -> {
        node.able = !node.able;
        node.run(node::want);
      }
    }
    after(random.nextLong(10 * SECOND), this::fault);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12})
  void neverTwoAnswerAndSomebodyDoes(long seed) {
    random = new Random(seed);
    for (String name : List.of("n1", "n2", "n3")) {
      nodes.add(new Node(name));
    }
    nodes.forEach(node -> after(0, () -> node.run(() -> {})));
    after(60 * SECOND, this::fault);
    long last = now;
    for (int i = 0; i < EVENTS; i++) {
      Event event = agenda.remove();
      if (nodes.stream().anyMatch(Node::answers)) {
        held += event.at() - last;
      }
      now = event.at();
      last = now;
      event.what().run();
      assertThat(nodes.stream().filter(Node::answers).map(node -> node.name))
          .as("holders after %d s of seed %d", now / SECOND, seed)
          .hasSizeLessThanOrEqualTo(1);
    }
    assertThat((double) held / now).as("share of the time with an answer").isGreaterThan(0.3);
  }
}
