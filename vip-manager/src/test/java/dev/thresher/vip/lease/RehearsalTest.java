package dev.thresher.vip.lease;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

class RehearsalTest {

  @Test
  void everyHandOverOfTheRehearsalSucceeds() {
    assertThat(Rehearsal.run(30, UnaryOperator.identity())).isEqualTo(30);
  }
}
