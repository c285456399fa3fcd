package dev.thresher.ccm.duties;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.thresher.ccm.duties.LeaderMigration.Leader;
import dev.thresher.ccm.duties.LeaderMigration.Term;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LeaderMigrationTest {

  private static LeaderMigration moving(String leaders) {
    return new LeaderMigration(
        "moving",
        Arrays.stream(leaders.split(",", -1))
            .filter(leader -> !leader.isEmpty())
            .map(leader -> leader.split("=", -1))
            .map(leader -> new Leader(leader[0], leader[1]))
            .toList());
  }

  @ParameterizedTest(name = "{0}: {1} is {2}")
  @CsvSource(
      delimiter = '|',
      value = {
        // From another program to this one, and before that.
        "service-lb-controller=cloud-controller-manager|SERVICE|MIGRATION",
        "service-lb-controller=kube-controller-manager|SERVICE|ELSEWHERE",
        "service-lb-controller=*|SERVICE|MIGRATION",
        // What is not in the list does not move.
        "service-lb-controller=*|NODE|MAIN",
        "nodeipam=*|NODE|MAIN",
        "''|SERVICE|MAIN",
        // Names of all times.
        "service=*|SERVICE|MIGRATION",
        "service-controller=*|SERVICE|MIGRATION",
        "route=kube-controller-manager|ROUTE|ELSEWHERE",
        "route-controller=*|ROUTE|MIGRATION",
        "node-route-controller=*|ROUTE|MIGRATION",
        "cloud-node=*|NODE|MIGRATION",
        "cloud-node-lifecycle=*|NODE_LIFECYCLE|MIGRATION",
        // The same said twice is no contradiction.
        "service=*,service-controller=cloud-controller-manager|SERVICE|MIGRATION",
      })
  void tellsTheLeaseOfADuty(String leaders, Duty duty, Term term) {
    assertThat(moving(leaders).term(duty)).isEqualTo(term);
  }

  @Test
  void upstreamsDefaultMovesWhatItNames() {
    assertThat(Arrays.stream(Duty.values()).map(LeaderMigration.DEFAULT::term))
        .containsExactly(Term.MAIN, Term.MIGRATION, Term.MIGRATION, Term.MIGRATION);
    assertThat(LeaderMigration.DEFAULT.leaseName())
        .isEqualTo("cloud-provider-extraction-migration");
  }

  @Test
  void refusesRowsThatDoNotAgree() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> moving("service=kube-controller-manager,service-lb-controller=*"))
        .withMessageContainingAll("service-lb-controller", "kube-controller-manager");
  }

  @Test
  void namesControllersThatItShallRunAndDoesNotHave() {
    assertThat(moving("nodeipam=*,services=cloud-controller-manager,pv=kcm").unknown())
        .isEqualTo(List.of("services"));
  }
}
