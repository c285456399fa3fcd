package dev.thresher.e2e.soak.vip;

import dev.thresher.e2e.soak.vip.Step.Victim;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;

/// All steps of a run, by dice alone: the same seed gives the same steps. Pure.
final class Course {

  /// So many of ten mishaps befall a node that holds something, unless all do.
  private static final int HOLDERS_OF_TEN = 7;

  private Course() {}

  /// @param dice seeded
  /// @param kinds of mishaps that there are, at least one
  /// @param holdersOnly whether all mishaps befall nodes that hold something
  static List<Step> of(
      RandomGenerator dice,
      int steps,
      int services,
      int nodes,
      Set<Mishap> kinds,
      boolean holdersOnly) {
    List<Mishap> ordered = kinds.stream().sorted().toList();
    int ofTen = holdersOnly ? 10 : HOLDERS_OF_TEN;
    return IntStream.range(0, steps)
        .mapToObj(_ -> step(dice, services, nodes, ordered, ofTen))
        .toList();
  }

  private static Step step(
      RandomGenerator dice, int services, int nodes, List<Mishap> kinds, int ofTen) {
    Mishap mishap = mishap(dice, kinds);
    Victim victim =
        dice.nextInt(10) < ofTen
            ? new Victim.HolderOf(dice.nextInt(services))
            : new Victim.Node(dice.nextInt(nodes));
    long most = mishap.most().toMillis();
    long least = mishap.least().toMillis();
    return new Step(mishap, victim, Duration.ofMillis(dice.nextLong(least, most + 1)));
  }

  private static Mishap mishap(RandomGenerator dice, List<Mishap> kinds) {
    int left = dice.nextInt(kinds.stream().mapToInt(Mishap::weight).sum());
    for (Mishap mishap : kinds) {
      left -= mishap.weight();
      if (left < 0) {
        return mishap;
      }
    }
    throw new AssertionError("the dice showed more than the sum of the weights");
  }
}
