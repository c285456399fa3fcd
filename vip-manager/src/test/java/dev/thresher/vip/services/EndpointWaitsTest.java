package dev.thresher.vip.services;

import static dev.thresher.vip.services.Objects.ip;
import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.api.ObjectKey;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class EndpointWaitsTest {

  private static final ObjectKey WEB = ObjectKey.of("default", "web");
  private static final long QUIET = EndpointWaits.QUIET.toNanos();
  private static final List<ServiceReading> ASKS =
      List.of(
          new ServiceReading.Asks(
              WEB, List.of(ip("fd00::1")), "", false, true, List.of(), List.of()));
  private static final Desired HELD =
      new Desired(List.of(), Map.of(WEB, List.of(ip("fd00::1"))), Map.of(), Map.of());

  private final EndpointWaits waits = new EndpointWaits();

  @Test
  void onlyALongWaitIsSpokenOf() {
    assertThat(waits.saw(ASKS, Desired.NOTHING, 100)).isEmpty();
    assertThat(waits.next(100)).contains(EndpointWaits.QUIET);
    assertThat(waits.saw(ASKS, Desired.NOTHING, 99 + QUIET)).isEmpty();
    assertThat(waits.next(99 + QUIET)).contains(Duration.ofNanos(1));
    assertThat(waits.saw(ASKS, Desired.NOTHING, 100 + QUIET)).containsExactly(WEB);
    assertThat(waits.next(100 + QUIET)).as("nothing will change by itself").isEmpty();
  }

  @Test
  void whoWasHeldMeanwhileWaitsAnew() {
    waits.saw(ASKS, Desired.NOTHING, 0);
    assertThat(waits.saw(ASKS, HELD, QUIET)).isEmpty();
    assertThat(waits.saw(ASKS, Desired.NOTHING, QUIET + 1)).isEmpty();
    assertThat(waits.saw(List.of(), Desired.NOTHING, 3 * QUIET)).isEqualTo(Set.of());
    assertThat(waits.next(3 * QUIET)).isEmpty();
  }
}
