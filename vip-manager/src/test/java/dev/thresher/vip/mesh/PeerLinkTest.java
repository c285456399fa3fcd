package dev.thresher.vip.mesh;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class PeerLinkTest {

  private PeerLink.State state = PeerLink.INITIAL;
  private final List<PeerLink.Action> actions = new ArrayList<>();

  private PeerLinkTest on(PeerLink.Event event) {
    PeerLink.Step step = PeerLink.step(state, event);
    state = step.state();
    actions.addAll(step.actions());
    return this;
  }

  private PeerLinkTest hello(String process) {
    return on(new PeerLink.Event.Hello(process, 1));
  }

  private List<String> deaths() {
    return actions.stream()
        .filter(PeerLink.Action.ReportDeath.class::isInstance)
        .map(action -> ((PeerLink.Action.ReportDeath) action).process())
        .toList();
  }

  @BeforeEach
  void connect() {
    on(new PeerLink.Event.Timer()).on(new PeerLink.Event.Open()).hello("p1");
    assertThat(actions)
        .contains(new PeerLink.Action.Dial(), new PeerLink.Action.ReportGreeting("p1", 1));
    actions.clear();
  }

  @Test
  void aCloseAloneProvesNothingAndIsFollowedByATryAtOnce() {
    on(new PeerLink.Event.Closed());
    assertThat(actions).containsExactly(new PeerLink.Action.Close(), new PeerLink.Action.Dial());
    on(new PeerLink.Event.Open()).hello("p1");
    assertThat(deaths()).isEmpty();
  }

  @Test
  void closedAndRefusedIsDead() {
    on(new PeerLink.Event.Reset()).on(new PeerLink.Event.Refused());
    assertThat(deaths()).containsExactly("p1");
  }

  @Test
  void closedAndResetBeforeTheGreetingIsDead() {
    on(new PeerLink.Event.Closed()).on(new PeerLink.Event.Open()).on(new PeerLink.Event.Reset());
    assertThat(deaths()).containsExactly("p1");
  }

  @Test
  void closedAndAnsweredByAnotherProcessIsDead() {
    on(new PeerLink.Event.Closed()).on(new PeerLink.Event.Open()).hello("p2");
    assertThat(deaths()).containsExactly("p1");
    assertThat(actions).contains(new PeerLink.Action.ReportGreeting("p2", 1));
  }

  @Test
  void anEndWithoutAWordIsNoProofButTriedAgainSoon() {
    on(new PeerLink.Event.Closed()).on(new PeerLink.Event.Open()).on(new PeerLink.Event.Closed());
    assertThat(deaths()).isEmpty();
    assertThat(actions).contains(new PeerLink.Action.SetTimer(PeerLink.SUSPECT_RETRY));
    on(new PeerLink.Event.Timer()).on(new PeerLink.Event.Refused());
    assertThat(deaths()).containsExactly("p1");
  }

  @Test
  void silenceIsNoProofHoweverLong() {
    on(new PeerLink.Event.Closed());
    for (int i = 0; i < 50; i++) {
      on(new PeerLink.Event.Unreachable()).on(new PeerLink.Event.Timer());
    }
    assertThat(deaths()).isEmpty();
    on(new PeerLink.Event.Refused());
    assertThat(deaths()).containsExactly("p1");
  }

  @Test
  void aRefusalWithoutAConnectionBeforeProvesNothing() {
    state = PeerLink.INITIAL;
    on(new PeerLink.Event.Timer()).on(new PeerLink.Event.Refused());
    assertThat(deaths()).isEmpty();
  }

  @Test
  void deathIsReportedOnceAndTriesGoOnMoreSlowly() {
    on(new PeerLink.Event.Closed());
    for (int i = 0; i < 20; i++) {
      on(new PeerLink.Event.Refused()).on(new PeerLink.Event.Timer());
    }
    assertThat(deaths()).containsExactly("p1");
    assertThat(actions).contains(new PeerLink.Action.SetTimer(PeerLink.SLOWEST_RETRY));
  }

  @Test
  void aNewSessionOfTheSameProcessIsHeard() {
    on(new PeerLink.Event.Hello("p1", 9));
    assertThat(actions).containsExactly(new PeerLink.Action.ReportGreeting("p1", 9));
  }

  @Test
  void anUnprovenAnswerIsNoProofOfDeathAndTheRefusalAfterItIs() {
    on(new PeerLink.Event.Closed());
    for (int i = 0; i < 50; i++) {
      on(new PeerLink.Event.Open())
          .on(new PeerLink.Event.Unproven())
          .on(new PeerLink.Event.Timer());
    }
    assertThat(deaths()).isEmpty();
    assertThat(actions).contains(new PeerLink.Action.SetTimer(PeerLink.SLOWEST_RETRY));
    on(new PeerLink.Event.Refused());
    assertThat(deaths()).containsExactly("p1");
  }

  @Test
  void anUnprovenWordOnAProvenConnectionEndsItAndIsNoDeath() {
    on(new PeerLink.Event.Unproven());
    assertThat(actions)
        .containsExactly(
            new PeerLink.Action.Close(), new PeerLink.Action.SetTimer(PeerLink.SUSPECT_RETRY));
    on(new PeerLink.Event.Timer()).on(new PeerLink.Event.Open()).hello("p1");
    assertThat(deaths()).isEmpty();
  }

  @Test
  void whoNeverProvedItselfIsNotSuspect() {
    state = PeerLink.INITIAL;
    on(new PeerLink.Event.Timer()).on(new PeerLink.Event.Open()).on(new PeerLink.Event.Unproven());
    on(new PeerLink.Event.Timer()).on(new PeerLink.Event.Refused());
    on(new PeerLink.Event.Timer()).on(new PeerLink.Event.Open()).hello("p2");
    assertThat(deaths()).isEmpty();
  }

  @Property(tries = 500)
  void aProcessThatIsNotContradictedIsNeverDeclaredDead(@ForAll long seed) {
    Random random = new Random(seed);
    state = new PeerLink.State.Connected("p1");
    for (int i = 0; i < 60; i++) {
      PeerLink.Event event =
          switch (random.nextInt(6)) {
            case 0 -> new PeerLink.Event.Closed();
            case 1 -> new PeerLink.Event.Timer();
            case 2 -> new PeerLink.Event.Unreachable();
            case 3 -> new PeerLink.Event.Open();
            case 4 -> new PeerLink.Event.Unproven();
            default -> new PeerLink.Event.Hello("p1", i);
          };
      on(event);
    }
    assertThat(deaths()).isEmpty();
  }
}
