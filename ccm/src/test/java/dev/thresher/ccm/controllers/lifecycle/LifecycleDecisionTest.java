package dev.thresher.ccm.controllers.lifecycle;

import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.ccm.cloudprovider.Existence;
import dev.thresher.ccm.cloudprovider.PowerState;
import dev.thresher.ccm.controllers.lifecycle.LifecycleDecision.Action;
import dev.thresher.ccm.controllers.lifecycle.LifecycleDecision.Plan;
import dev.thresher.ccm.controllers.lifecycle.LifecycleDecision.Rules;
import dev.thresher.ccm.controllers.lifecycle.LifecycleDecision.TaintUntil;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LifecycleDecisionTest {

  private static final long SECOND = Duration.ofSeconds(1).toNanos();
  private static final Rules RULES = rules(5, 50, TaintUntil.READY);

  private static Rules rules(int secondMiss, int share, TaintUntil until) {
    return new Rules(Duration.ofSeconds(secondMiss), new DeletionGuard(share), until);
  }

  private static NodeView node(
      String name, boolean ready, String existence, String power, boolean tainted) {
    return new NodeView(
        name, "uid-" + name, "x://" + name, ready, tainted, existence(existence), power(power));
  }

  private static Existence existence(String text) {
    return switch (text) {
      case "exists" -> new Existence.Exists();
      case "missing" -> new Existence.Missing("not there");
      case "undecided" -> new Existence.Undecided("who knows");
      default -> throw new IllegalArgumentException(text);
    };
  }

  private static PowerState power(String text) {
    return switch (text) {
      case "running" -> new PowerState.Running();
      case "shutdown" -> new PowerState.ShutDown();
      case "undecided" -> new PowerState.Undecided("who knows");
      default -> throw new IllegalArgumentException(text);
    };
  }

  private static NodeView missing(String name) {
    return node(name, false, "missing", "undecided", false);
  }

  private static NodeView fine(String name) {
    return node(name, true, "exists", "running", false);
  }

  private static String text(List<Action> actions) {
    return actions.stream()
        .map(action ->
            switch (action) {
              case Action.Taint(NodeView node) -> "taint " + node.name();
              case Action.Untaint(NodeView node) -> "untaint " + node.name();
              case Action.Delete(NodeView node, _) -> "delete " + node.name();
            })
        .collect(Collectors.joining(", "));
  }

  private static List<NodeView> nodes(int missing, int fine) {
    List<NodeView> all = new ArrayList<>();
    for (int i = 1; i <= missing; i++) {
      all.add(missing("m" + i));
    }
    for (int i = 1; i <= fine; i++) {
      all.add(fine("f" + i));
    }
    return all;
  }

  /// What two passes five seconds apart come to.
  private static Plan second(List<NodeView> nodes, LifecycleMemory before, Rules rules) {
    Plan first = LifecycleDecision.decide(nodes, before, 0, rules);
    return LifecycleDecision.decide(nodes, first.memory(), 5 * SECOND, rules);
  }

  @ParameterizedTest(name = "ready={0} {1} {2} tainted={3}: {4}")
  @CsvSource(
      delimiter = '|',
      value = {
        "false|missing|undecided|false|delete n1",
        "false|missing|shutdown|false|delete n1",
        "false|missing|undecided|true|delete n1",
        "false|exists|running|false|''",
        "false|exists|undecided|false|''",
        "false|exists|shutdown|false|taint n1",
        "false|exists|shutdown|true|''",
        "false|exists|running|true|''",
        "false|undecided|shutdown|false|''",
        "false|undecided|undecided|false|''",
        "true|missing|undecided|false|''",
        "true|exists|shutdown|false|''",
        "true|exists|shutdown|true|untaint n1",
        "true|undecided|undecided|true|untaint n1",
        "true|missing|undecided|true|untaint n1"
      })
  void decidesByReadinessAndTheCloud(
      boolean ready, String existence, String power, boolean tainted, String expected) {
    List<NodeView> nodes = List.of(node("n1", ready, existence, power, tainted), fine("other"));
    assertThat(text(second(nodes, LifecycleMemory.EMPTY, RULES).actions())).isEqualTo(expected);
  }

  @Test
  void untaintsARunningNodeThatIsNotReadyIfToldSo() {
    Rules rules = rules(5, 50, TaintUntil.RUNNING);
    List<NodeView> running = List.of(node("n1", false, "exists", "running", true));
    assertThat(text(second(running, LifecycleMemory.EMPTY, rules).actions()))
        .isEqualTo("untaint n1");
    List<NodeView> unknown = List.of(node("n1", false, "exists", "undecided", true));
    assertThat(second(unknown, LifecycleMemory.EMPTY, rules).actions()).isEmpty();
  }

  @Test
  void neverDeletesANodeWithoutProviderId() {
    NodeView nameless =
        new NodeView("n1", "u1", "", false, false, existence("missing"), power("undecided"));
    Plan plan = second(List.of(nameless, fine("other")), LifecycleMemory.EMPTY, RULES);
    assertThat(plan.actions()).isEmpty();
    assertThat(plan.memory().firstMiss()).isEmpty();
  }

  @Test
  void taintsAMachineThatIsShutDownThoughItsNodeHasNoProviderId() {
    NodeView nameless =
        new NodeView("n1", "u1", "", false, false, existence("exists"), power("shutdown"));
    Plan plan = second(List.of(nameless, fine("other")), LifecycleMemory.EMPTY, RULES);
    assertThat(text(plan.actions())).isEqualTo("taint n1");
  }

  @ParameterizedTest(name = "second miss after {0} s, wanted {1} s: deleted {2}")
  @CsvSource({"0,5,false", "4,5,false", "5,5,true", "6,5,true", "59,60,false", "60,60,true"})
  void deletesNotBeforeTheSecondMiss(long elapsed, int wanted, boolean deleted) {
    Rules rules = rules(wanted, 50, TaintUntil.READY);
    List<NodeView> nodes = nodes(1, 1);
    Plan first = LifecycleDecision.decide(nodes, LifecycleMemory.EMPTY, 7, rules);
    assertThat(first.actions()).isEmpty();
    Plan later = LifecycleDecision.decide(nodes, first.memory(), 7 + elapsed * SECOND, rules);
    assertThat(later.actions()).hasSize(deleted ? 1 : 0);
  }

  @ParameterizedTest
  @CsvSource({"false,exists", "false,undecided", "true,missing"})
  void answerToTheContraryBeginsTheMissesAnew(boolean ready, String between) {
    Plan first = LifecycleDecision.decide(nodes(1, 1), LifecycleMemory.EMPTY, 0, RULES);
    List<NodeView> other = List.of(node("m1", ready, between, "running", false), fine("f1"));
    Plan second = LifecycleDecision.decide(other, first.memory(), 5 * SECOND, RULES);
    Plan third = LifecycleDecision.decide(nodes(1, 1), second.memory(), 10 * SECOND, RULES);
    assertThat(third.actions()).isEmpty();
    Plan fourth = LifecycleDecision.decide(nodes(1, 1), third.memory(), 15 * SECOND, RULES);
    assertThat(text(fourth.actions())).isEqualTo("delete m1");
  }

  @Test
  void nodeOfTheSameNameIsAnotherOne() {
    Plan first = LifecycleDecision.decide(nodes(1, 1), LifecycleMemory.EMPTY, 0, RULES);
    NodeView again =
        new NodeView("m1", "new", "x://m1", false, false, existence("missing"), power("undecided"));
    Plan second =
        LifecycleDecision.decide(List.of(again, fine("f1")), first.memory(), 5 * SECOND, RULES);
    assertThat(second.actions()).isEmpty();
    assertThat(second.memory().firstMiss()).containsOnlyKeys("new");
  }

  @ParameterizedTest(name = "{0} missing, {1} fine, {2} gone, share {3}: held {4}")
  @CsvSource({
    "1,1,0,50,false",
    "2,1,0,50,false",
    "2,2,0,50,false",
    "3,3,0,50,false",
    "3,2,0,50,true",
    "5,5,0,50,false",
    "6,4,0,50,true",
    "1,4,5,50,true",
    "1,5,4,50,false",
    "2,8,0,10,false",
    "3,97,0,1,true",
    "99,1,0,100,false",
    "1,0,0,50,true",
    "2,0,0,50,true",
    "3,0,0,100,true",
    "1,0,9,100,true"
  })
  void holdsBackWhenTooManyWouldGo(int missing, int fine, int gone, int share, boolean held) {
    LifecycleMemory before = LifecycleMemory.EMPTY;
    for (int i = 0; i < gone; i++) {
      before = before.deleted("g" + i, 0);
    }
    Plan plan = second(nodes(missing, fine), before, rules(5, share, TaintUntil.READY));
    assertThat(plan.held().isPresent()).isEqualTo(held);
    assertThat(plan.actions()).hasSize(held ? 0 : missing);
  }

  @Test
  void machinesOfReadyNodesCountForTheGuard() {
    List<NodeView> nodes = new ArrayList<>(nodes(1, 2));
    nodes.add(node("r1", true, "missing", "undecided", false));
    nodes.add(node("r2", true, "missing", "undecided", false));
    Plan plan = second(nodes, LifecycleMemory.EMPTY, RULES);
    assertThat(plan.actions()).isEmpty();
    assertThat(plan.held().orElseThrow().nodes()).containsExactly("m1", "r1", "r2");
  }

  @Test
  void nodesOfOtherCloudsDoNotCount() {
    List<NodeView> nodes = new ArrayList<>(nodes(2, 0));
    for (int i = 0; i < 10; i++) {
      nodes.add(node("metal" + i, false, "undecided", "undecided", false));
    }
    Plan plan = second(nodes, LifecycleMemory.EMPTY, RULES);
    assertThat(plan.actions()).isEmpty();
    assertThat(plan.held()).isPresent();
  }

  @Test
  void deletionsCountForTenMinutes() {
    LifecycleMemory before = LifecycleMemory.EMPTY;
    for (int i = 0; i < 5; i++) {
      before = before.deleted("g" + i, 0);
    }
    long early = Duration.ofMinutes(9).toNanos();
    Plan first = LifecycleDecision.decide(nodes(1, 4), before, early, RULES);
    Plan second = LifecycleDecision.decide(nodes(1, 4), first.memory(), early + 5 * SECOND, RULES);
    assertThat(second.held()).isPresent();
    Plan third =
        LifecycleDecision.decide(
            nodes(1, 4), second.memory(), Duration.ofMinutes(10).toNanos(), RULES);
    assertThat(text(third.actions())).isEqualTo("delete m1");
    assertThat(third.memory().deletions()).isEmpty();
  }

  @Test
  void goesOnByItselfWhenFewerThanTheLimitRemain() {
    Plan held = second(nodes(6, 4), LifecycleMemory.EMPTY, RULES);
    assertThat(held.held()).isPresent();
    List<NodeView> fewer = new ArrayList<>(nodes(5, 4));
    fewer.add(fine("m6"));
    Plan plan = LifecycleDecision.decide(fewer, held.memory(), 10 * SECOND, RULES);
    assertThat(plan.held()).isEmpty();
    assertThat(plan.actions()).hasSize(5);
  }

  @Test
  void confirmedNodesGoAndDoNotCountAgainstOthers() {
    Plan held = second(nodes(6, 4), LifecycleMemory.EMPTY, RULES);
    LifecycleMemory confirmed =
        held.memory()
            .confirming(Set.of("uid-m1", "uid-m2", "uid-m3", "uid-m4", "uid-m5", "uid-m6"));
    Plan plan = LifecycleDecision.decide(nodes(6, 4), confirmed, 10 * SECOND, RULES);
    assertThat(plan.held()).isEmpty();
    assertThat(plan.actions()).hasSize(6);

    LifecycleMemory after = plan.memory();
    for (int i = 1; i <= 6; i++) {
      after = after.deleted("uid-m" + i, 10 * SECOND);
    }
    assertThat(after.deletions()).isEmpty();
    Plan next = second(nodes(1, 3), after, RULES);
    assertThat(next.held()).isEmpty();
  }

  @Test
  void confirmationEndsWhenTheMachineIsBack() {
    LifecycleMemory confirmed = LifecycleMemory.EMPTY.confirming(Set.of("uid-m1"));
    List<NodeView> back = List.of(fine("m1"), fine("f1"));
    assertThat(LifecycleDecision.decide(back, confirmed, 0, RULES).memory().confirmed()).isEmpty();
    assertThat(LifecycleDecision.decide(nodes(1, 1), confirmed, 0, RULES).memory().confirmed())
        .containsExactly("uid-m1");
  }

  @Test
  void digestIsThatOfTheNodesInAnyOrder() {
    String digest = DeletionGuard.digest(List.of(missing("a"), missing("b")));
    assertThat(digest).hasSize(16).matches("[0-9a-f]+");
    assertThat(DeletionGuard.digest(List.of(missing("b"), missing("a")))).isEqualTo(digest);
    assertThat(DeletionGuard.digest(List.of(missing("a")))).isNotEqualTo(digest);
    NodeView reborn =
        new NodeView("b", "other", "x://b", false, false, existence("missing"), power("undecided"));
    assertThat(DeletionGuard.digest(List.of(missing("a"), reborn))).isNotEqualTo(digest);
  }
}
