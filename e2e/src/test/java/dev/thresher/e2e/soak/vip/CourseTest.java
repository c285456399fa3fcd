package dev.thresher.e2e.soak.vip;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class CourseTest {

  @Test
  void followsFromTheSeed() {
    assertThat(course(7)).isEqualTo(course(7));
    assertThat(course(7)).isNotEqualTo(course(8));
  }

  @Test
  void hasEveryMishapWithinItsTimes() {
    List<Step> course = course(3);
    assertThat(course).extracting(Step::mishap).contains(Mishap.values());
    assertThat(course)
        .allSatisfy(step ->
            assertThat(step.lasts()).isBetween(step.mishap().least(), step.mishap().most()));
  }

  @Test
  void canBeOfSomeKindsAndBefallHoldersOnly() {
    List<Step> course =
        Course.of(new Random(3), 500, 3, 3, EnumSet.of(Mishap.KILL, Mishap.CUT), true);
    assertThat(course)
        .extracting(Step::mishap)
        .contains(Mishap.KILL, Mishap.CUT)
        .containsOnly(Mishap.KILL, Mishap.CUT);
    assertThat(course).allMatch(step -> step.victim() instanceof Step.Victim.HolderOf);
    assertThat(course(3)).anyMatch(step -> step.victim() instanceof Step.Victim.Node);
  }

  private static List<Step> course(long seed) {
    return Course.of(new Random(seed), 500, 3, 3, EnumSet.allOf(Mishap.class), false);
  }
}
