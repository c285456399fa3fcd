package dev.thresher.ccm.duties;

import dev.thresher.ccm.duties.LeaderMigration.Term;
import dev.thresher.runtime.leader.Leadership;
import java.util.Optional;

/// The right to write, duty by duty.
public final class Leases {

  private final Leadership main;
  private final Optional<Second> second;

  private record Second(LeaderMigration plan, Leadership leadership) {}

  private Leases(Leadership main, Optional<Second> second) {
    this.main = main;
    this.second = second;
  }

  /// One lease for all.
  public static Leases one(Leadership main) {
    return new Leases(main, Optional.empty());
  }

  /// Two, as planned.
  public static Leases two(Leadership main, LeaderMigration plan, Leadership second) {
    return new Leases(main, Optional.of(new Second(plan, second)));
  }

  /// A duty that another program does is never led here.
  public Leadership of(Duty duty) {
    return second
        .map(s ->
            switch (s.plan().term(duty)) {
              case Term.MAIN -> main;
              case Term.MIGRATION -> s.leadership();
              case Term.ELSEWHERE -> new Never();
            })
        .orElse(main);
  }

  private record Never() implements Leadership {
    @Override
    public boolean held() {
      return false;
    }

    @Override
    public void onceStarted(Runnable action) {
      // It never begins.
    }
  }
}
