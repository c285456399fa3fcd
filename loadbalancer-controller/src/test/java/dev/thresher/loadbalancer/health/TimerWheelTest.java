package dev.thresher.loadbalancer.health;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

final class TimerWheelTest {

  /// Shortly before the clock overflows.
  private final long origin = Long.MAX_VALUE - 50;

  /// Steps of 10, a ring of 8: 80 long.
  private final TimerWheel<String> wheel = new TimerWheel<>(10, 8, origin);

  private long at(long time) {
    return origin + time;
  }

  private List<String> advance(long time) {
    var due = new ArrayList<String>();
    wheel.advance(at(time), due::add);
    return due;
  }

  @Test
  void goesOffAtTheFirstStepThatIsNotEarlier() {
    wheel.set(at(11), "a");
    wheel.set(at(20), "b");
    wheel.set(at(21), "c");
    assertThat(advance(19)).isEmpty();
    assertThat(advance(20)).containsExactly("a", "b");
    assertThat(advance(20)).isEmpty();
    assertThat(advance(35)).containsExactly("c");
    assertThat(wheel.size()).isZero();
  }

  @Test
  void waitsRoundsForWhatLiesFurtherThanTheRing() {
    wheel.set(at(250), "far");
    wheel.set(at(10), "near");
    var seen = new ArrayList<String>();
    for (int time = 0; time <= 240; time += 5) {
      seen.addAll(advance(time));
    }
    assertThat(seen).containsExactly("near");
    assertThat(advance(250)).containsExactly("far");
  }

  @Test
  void afterALongPauseEverythingDueGoesOffOnce() {
    wheel.set(at(10), "a");
    wheel.set(at(75), "b");
    wheel.set(at(500), "c");
    wheel.set(at(5000), "d");
    assertThat(advance(1000)).containsExactlyInAnyOrder("a", "b", "c");
    assertThat(wheel.size()).isEqualTo(1);
    assertThat(advance(5000)).containsExactly("d");
  }

  @Test
  void whatIsTakenBackDoesNotGoOff() {
    TimerWheel.Timer<String> a = wheel.set(at(10), "a");
    wheel.set(at(10), "b");
    wheel.cancel(a);
    wheel.cancel(a);
    assertThat(wheel.size()).isEqualTo(1);
    assertThat(advance(10)).containsExactly("b");
    wheel.cancel(a);
    assertThat(wheel.size()).isZero();
  }

  @Test
  void whatIsLateGoesOffAtTheNextStep() {
    advance(100);
    wheel.set(at(3), "late");
    assertThat(wheel.untilNext(at(100))).hasValue(10);
    assertThat(advance(110)).containsExactly("late");
  }

  @Test
  void saysWhenTheNextOneIsDue() {
    assertThat(wheel.untilNext(origin)).isEmpty();
    wheel.set(at(41), "a");
    assertThat(wheel.untilNext(origin)).hasValue(50);
    assertThat(wheel.untilNext(at(45))).hasValue(5);
    assertThat(wheel.untilNext(at(70))).hasValue(0);
    wheel.set(at(1000), "far");
    advance(50);
    // No further than the ring is long, then asked again.
    assertThat(wheel.untilNext(at(50)).orElseThrow()).isBetween(1L, 90L);
  }

  @Test
  void agreesWithASortedList() {
    var random = new Random(7);
    var model = new TreeMap<Long, List<String>>();
    long time = 0;
    for (int i = 0; i < 20_000; i++) {
      long due = time + random.nextInt(300);
      String name = "t" + i;
      wheel.set(at(due), name);
      long step = Math.max(Math.ceilDiv(due, 10) * 10, Math.floorDiv(time, 10) * 10 + 10);
      model
          .computeIfAbsent(i == 0 ? Math.ceilDiv(due, 10) * 10 : step, _ -> new ArrayList<>())
          .add(name);
      time += random.nextInt(random.nextInt(50) == 0 ? 500 : 10);
      var expected = new ArrayList<String>();
      model.headMap(time, true).values().forEach(expected::addAll);
      model.headMap(time, true).clear();
      assertThat(advance(time)).containsExactlyInAnyOrderElementsOf(expected);
    }
  }
}
