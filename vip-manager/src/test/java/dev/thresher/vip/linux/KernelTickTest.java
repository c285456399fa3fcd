package dev.thresher.vip.linux;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class KernelTickTest {

  @Test
  void isThatOfOneOfTheKernelsConfigurations() {
    assertThat(KernelTick.length())
        .isIn(
            Duration.ofMillis(10),
            Duration.ofMillis(4),
            Duration.ofNanos(3_333_333),
            Duration.ofMillis(1));
  }
}
