package dev.thresher.vip.election;

import static dev.thresher.vip.election.Net.ip;
import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class RecordPlanTest {

  private static final InetAddress VIP = ip("10.0.0.100");
  private static final Session MINE = new Session(5, "me");
  private static final Session OLD = new Session(4, "before");
  private static final Session THEIRS = new Session(9, "them");

  private boolean dead;
  private boolean live = true;
  private boolean sweeps = true;
  private Set<InetAddress> unsure = Set.of();

  private RecordPlan plan(Map<InetAddress, Holder> holders, Map<InetAddress, String> aims) {
    return RecordPlan.of(
        holders,
        "a",
        MINE,
        aims,
        unsure,
        new RecordPlan.Others() {
          @Override
          public boolean dead(String node, Session session) {
            return session.equals(OLD) || dead;
          }

          @Override
          public Optional<Session> live(String node) {
            return live ? Optional.of(THEIRS) : Optional.empty();
          }

          @Override
          public boolean sweeps(InetAddress address) {
            return sweeps;
          }
        });
  }

  private static Optional<Holder> change(RecordPlan plan) {
    return plan.changes().getOrDefault(VIP, Optional.of(new Holder("untouched", MINE, 0)));
  }

  @Test
  void aFreeAddressIsTaken() {
    assertThat(change(plan(Map.of(), Map.of(VIP, "a")))).contains(new Holder("a", MINE, 1));
    assertThat(plan(Map.of(), Map.of(VIP, "b")).isEmpty()).isTrue();
    assertThat(plan(Map.of(), Map.of(VIP, Right.NOBODY)).isEmpty()).isTrue();
  }

  @Test
  void nothingIsTakenFromALivingSession() {
    var held = Map.of(VIP, new Holder("b", THEIRS, 3));
    assertThat(plan(held, Map.of(VIP, "a")).isEmpty()).isTrue();
    assertThat(plan(held, Map.of()).isEmpty()).isTrue();
  }

  @Test
  void aDeadSessionsAddressIsTakenByTheChosenOnly() {
    dead = true;
    var held = Map.of(VIP, new Holder("b", THEIRS, 3));
    assertThat(change(plan(held, Map.of(VIP, "a")))).contains(new Holder("a", MINE, 4));
    assertThat(plan(held, Map.of(VIP, "c")).isEmpty()).isTrue();
    assertThat(plan(held, Map.of(VIP, Right.NOBODY)).isEmpty()).isTrue();
  }

  @Test
  void whatADeadSessionLeftIsSweptByOneNode() {
    dead = true;
    var held = Map.of(VIP, new Holder("b", THEIRS, 3));
    assertThat(change(plan(held, Map.of()))).isEmpty();
    sweeps = false;
    assertThat(plan(held, Map.of()).isEmpty()).isTrue();
  }

  @Test
  void ownAddressThatShouldBeElsewhereIsReleasedAndHandedOver() {
    var held = Map.of(VIP, new Holder("a", MINE, 3));
    RecordPlan plan = plan(held, Map.of(VIP, "b"));
    assertThat(plan.releases()).containsExactly(VIP);
    assertThat(change(plan)).contains(new Holder("b", THEIRS, 4));
    live = false;
    assertThat(change(plan(held, Map.of(VIP, "b")))).isEmpty();
    assertThat(change(plan(held, Map.of(VIP, Right.NOBODY)))).isEmpty();
    assertThat(change(plan(held, Map.of()))).isEmpty();
    assertThat(plan(held, Map.of(VIP, "a")).isEmpty()).isTrue();
  }

  @Test
  void anEarlierSessionOfThisNodeIsTakenAnew() {
    var held = Map.of(VIP, new Holder("a", OLD, 3));
    assertThat(change(plan(held, Map.of(VIP, "a")))).contains(new Holder("a", MINE, 4));
    assertThat(plan(held, Map.of(VIP, "a")).releases()).isEmpty();
    assertThat(change(plan(held, Map.of(VIP, "b")))).contains(new Holder("b", THEIRS, 4));
  }

  @Test
  void afterAWriteOfUnknownFateTheRecordMustChangeFirst() {
    unsure = Set.of(VIP);
    var held = Map.of(VIP, new Holder("a", MINE, 3));
    assertThat(change(plan(held, Map.of(VIP, "a")))).contains(new Holder("a", MINE, 4));
  }
}
