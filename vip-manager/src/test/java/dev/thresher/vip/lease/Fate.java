package dev.thresher.vip.lease;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/// Decides what goes wrong: asked at every message and before every action of every node.
interface Fate {

  /// What may happen to a message.
  enum Post {
    ARRIVES,
    LOST,
    LATE,
    DOUBLED
  }

  /// What may happen to a process between two of its instructions.
  enum Blow {
    NONE,
    SHORT_PAUSE,
    LONG_PAUSE,
    CRASH,
    CUT_OFF,
    CLOCK_STOPS
  }

  List<Post> POSTS = List.of(Post.values());
  List<Blow> BLOWS = List.of(Blow.values());

  Post post();

  Blow blow();

  /// Any number from 0 to bound - 1, for what is not a fault.
  int any(int bound);

  /// Faults at random, now and then.
  final class ByChance implements Fate {
    private final Random random;
    private final boolean clocksStop;
    boolean calm = true;
    int messageFaults = 40;
    int blows = 2000;

    ByChance(long seed, boolean clocksStop) {
      random = new Random(seed);
      this.clocksStop = clocksStop;
    }

    @Override
    public Post post() {
      if (calm || random.nextInt(messageFaults) != 0) {
        return Post.ARRIVES;
      }
      return POSTS.get(1 + random.nextInt(3));
    }

    @Override
    public Blow blow() {
      if (calm || random.nextInt(blows) != 0) {
        return Blow.NONE;
      }
      return BLOWS.get(1 + random.nextInt(clocksStop ? 5 : 4));
    }

    @Override
    public int any(int bound) {
      return random.nextInt(bound);
    }
  }

  /// Exactly these faults at exactly these decisions; counts the decisions.
  final class ByScript implements Fate {

    /// @param at number of the decision
    /// @param fault number of the fault at it, from 1
    record Turn(int at, int fault) {}

    private final List<Turn> turns;
    boolean calm = true;

    /// How many faults each decision had to choose from.
    final List<Integer> decisions = new ArrayList<>();

    private int spread;

    ByScript(List<Turn> turns) {
      this.turns = turns;
    }

    private int next(int faults) {
      if (calm) {
        return 0;
      }
      int at = decisions.size();
      decisions.add(faults);
      for (Turn turn : turns) {
        if (turn.at() == at) {
          return turn.fault();
        }
      }
      return 0;
    }

    @Override
    public Post post() {
      return POSTS.get(next(3));
    }

    @Override
    public Blow blow() {
      return BLOWS.get(next(4));
    }

    @Override
    public int any(int bound) {
      return spread++ % bound;
    }
  }
}
