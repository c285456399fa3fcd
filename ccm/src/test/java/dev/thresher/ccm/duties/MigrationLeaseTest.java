package dev.thresher.ccm.duties;

import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.ccm.duties.LeaderMigration.Leader;
import dev.thresher.runtime.leader.Leadership;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class MigrationLeaseTest {

  private final List<String> heard = new ArrayList<>();
  private final Election main = new Election();
  private final Election second = new Election();
  private final MigrationLease lease =
      new MigrationLease(
          main, second, () -> heard.add("second starts"), () -> heard.add("second stops"));

  private static final class Election implements Leadership {
    private final List<Runnable> waiting = new ArrayList<>();
    private boolean held;

    void win() {
      held = true;
      List.copyOf(waiting).forEach(Runnable::run);
    }

    @Override
    public boolean held() {
      return held;
    }

    @Override
    public void onceStarted(Runnable action) {
      waiting.add(action);
    }
  }

  @Test
  void standsForTheSecondLeaseOnlyOnceTheFirstIsHeld() {
    lease.start();
    assertThat(heard).isEmpty();

    main.win();

    assertThat(heard).containsExactly("second starts");
    lease.stop();
    assertThat(heard).endsWith("second stops");
  }

  @Test
  void mayWriteWhileBothAreHeld() {
    lease.start();
    main.win();
    assertThat(lease.held()).isFalse();
    second.win();
    assertThat(lease.held()).isTrue();
    main.held = false;
    assertThat(lease.held()).isFalse();
  }

  @Test
  void givesEachDutyItsLease() {
    var plan =
        new LeaderMigration(
            "moving",
            List.of(
                new Leader("service-controller", LeaderMigration.COMPONENT),
                new Leader("node-route-controller", "kube-controller-manager")));
    Leases leases = Leases.two(main, plan, lease);
    leases.of(Duty.NODE).onceStarted(() -> heard.add("nodes"));
    leases.of(Duty.SERVICE).onceStarted(() -> heard.add("services"));
    leases.of(Duty.ROUTE).onceStarted(() -> heard.add("routes"));

    main.win();
    assertThat(heard).containsExactly("nodes");
    assertThat(leases.of(Duty.NODE).held()).isTrue();
    assertThat(leases.of(Duty.SERVICE).held()).isFalse();

    second.win();
    assertThat(heard).containsExactly("nodes", "services");
    assertThat(leases.of(Duty.SERVICE).held()).isTrue();
    assertThat(leases.of(Duty.ROUTE).held()).isFalse();
  }

  @Test
  void withoutMigrationAllIsUnderOneLease() {
    Leases leases = Leases.one(main);
    for (Duty duty : Duty.values()) {
      assertThat(leases.of(duty)).isSameAs(main);
    }
  }
}
