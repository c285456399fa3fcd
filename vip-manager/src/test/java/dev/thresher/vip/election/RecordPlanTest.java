package dev.thresher.vip.election;

import static dev.thresher.vip.election.Net.ip;
import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

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

  /// What there is room for is taken, what is held may move, and what is given up makes room.
  @ParameterizedTest
  @ValueSource(strings = {"10.1.%d.%d", "2001:db8:1111:2222:3333:4444:%x:%x"})
  void aFullRecordTakesNoMoreAddressesAndGoesOnWithThoseItHas(String form) {
    live = false;
    Map<InetAddress, String> aims = new HashMap<>();
    for (int i = 0; i < 8_000; i++) {
      aims.put(ip(form.formatted(1 + i / 250, 1 + i % 250)), "a");
    }
    RecordPlan first = plan(Map.of(), aims);
    assertThat(first.left()).isNotEmpty();
    assertThat(first.changes().size() + first.left().size()).isEqualTo(8_000);
    int bytes =
        first.changes().entrySet().stream()
            .mapToInt(change ->
                LeaseText.holderKey(change.getKey()).length()
                    + change.getValue().orElseThrow().toString().length())
            .sum();
    assertThat(bytes).isBetween(RecordPlan.MOST_BYTES - 200, RecordPlan.MOST_BYTES);

    Map<InetAddress, Holder> held = new HashMap<>();
    first.changes().forEach((address, holder) -> held.put(address, holder.orElseThrow()));
    RecordPlan again = plan(held, aims);
    assertThat(again.isEmpty()).isTrue();
    assertThat(again.left()).isEqualTo(first.left());

    InetAddress moved = held.keySet().iterator().next();
    held.put(moved, new Holder("before", OLD, 3));
    assertThat(plan(held, aims).changes()).containsOnlyKeys(moved);

    InetAddress gone = held.keySet().stream().filter(a -> !a.equals(moved)).findFirst().get();
    aims.remove(gone);
    RecordPlan freed = plan(held, aims);
    assertThat(freed.changes()).containsEntry(gone, Optional.empty());
    assertThat(freed.left()).hasSizeLessThan(first.left().size());
  }
}
