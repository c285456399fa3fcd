package dev.thresher.e2e.soak.vip;

import dev.thresher.e2e.soak.vip.Step.Victim;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;

/// All steps of a run, by dice alone: the same seed gives the same steps. Pure.
final class Course {

  /// So many of ten mishaps befall a node that holds something.
  private static final int HOLDERS_OF_TEN = 7;

  private Course() {}

  /// @param dice seeded
  static List<Step> of(RandomGenerator dice, int steps, int services, int nodes) {
    return IntStream.range(0, steps).mapToObj(_ -> step(dice, services, nodes)).toList();
  }

  private static Step step(RandomGenerator dice, int services, int nodes) {
    Mishap mishap = mishap(dice);
    Victim victim =
        dice.nextInt(10) < HOLDERS_OF_TEN
            ? new Victim.HolderOf(dice.nextInt(services))
            : new Victim.Node(dice.nextInt(nodes));
    long most = mishap.most().toMillis();
    long least = mishap.least().toMillis();
    return new Step(mishap, victim, Duration.ofMillis(dice.nextLong(least, most + 1)));
  }

  private static Mishap mishap(RandomGenerator dice) {
    int left = dice.nextInt(IntStream.of(weights()).sum());
    for (Mishap mishap : Mishap.values()) {
      left -= mishap.weight();
      if (left < 0) {
        return mishap;
      }
    }
    throw new AssertionError("the dice showed more than the sum of the weights");
  }

  private static int[] weights() {
    return Arrays.stream(Mishap.values()).mapToInt(Mishap::weight).toArray();
  }
}
