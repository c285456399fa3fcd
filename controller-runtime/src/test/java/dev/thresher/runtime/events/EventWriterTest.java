package dev.thresher.runtime.events;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.thresher.api.CoreTypes;
import dev.thresher.api.ObjectKey;
import dev.thresher.runtime.client.KubeApiException.Reason;
import dev.thresher.runtime.fake.FakeKubeApi;
import dev.thresher.runtime.fake.FakeStore;
import dev.thresher.runtime.metrics.Metrics;
import dev.thresher.runtime.time.VirtualTimeline;
import io.kubernetes.client.openapi.models.CoreV1Event;
import io.kubernetes.client.openapi.models.V1Node;
import io.kubernetes.client.openapi.models.V1ObjectMeta;
import io.kubernetes.client.openapi.models.V1Service;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class EventWriterTest {

  private final FakeStore store = new FakeStore();
  private final FakeKubeApi api = new FakeKubeApi(store);
  private final VirtualTimeline timeline = new VirtualTimeline();
  private final Metrics metrics = new Metrics();
  private final EventWriter events = new EventWriter(api, "ccm", "ccm-0", timeline, metrics);

  private static final V1Service WEB = service("web");

  private static V1Service service(String name) {
    return new V1Service()
        .apiVersion("v1")
        .kind("Service")
        .metadata(new V1ObjectMeta().namespace("shop").name(name).uid("uid-" + name));
  }

  @AfterEach
  void stop() {
    events.stop();
  }

  private List<CoreV1Event> written() {
    return store.list(CoreTypes.EVENT);
  }

  private void awaitOutcome(String outcome, int count) {
    await()
        .until(() ->
            metrics
                .text()
                .contains(
                    "events_total{outcome=\"" + outcome + "\",server=\"fake\"} " + count + ".0"));
  }

  @Test
  void writesWhatAPersonNeedsToKnow() {
    events.start();
    events.warning(WEB, "NoAddress", "pool default is full; add a range");
    awaitOutcome("created", 1);

    assertThat(written())
        .singleElement()
        .satisfies(event -> {
          assertThat(event.getMetadata().getNamespace()).isEqualTo("shop");
          assertThat(event.getMetadata().getName()).startsWith("web.");
          assertThat(event.getInvolvedObject().getKind()).isEqualTo("Service");
          assertThat(event.getInvolvedObject().getUid()).isEqualTo("uid-web");
          assertThat(event.getType()).isEqualTo("Warning");
          assertThat(event.getReason()).isEqualTo("NoAddress");
          assertThat(event.getMessage()).isEqualTo("pool default is full; add a range");
          assertThat(event.getCount()).isEqualTo(1);
          assertThat(event.getFirstTimestamp().toInstant()).isEqualTo(timeline.now());
          assertThat(event.getSource().getComponent()).isEqualTo("ccm");
          assertThat(event.getReportingComponent()).isEqualTo("ccm");
          assertThat(event.getReportingInstance()).isEqualTo("ccm-0");
        });
  }

  @Test
  void putsEventsOnClusterScopedObjectsIntoDefault() {
    events.start();
    events.normal(
        new V1Node().apiVersion("v1").kind("Node").metadata(new V1ObjectMeta().name("n1")),
        "Initialised",
        "found its machine");
    awaitOutcome("created", 1);

    assertThat(written().getFirst().getMetadata().getNamespace()).isEqualTo("default");
  }

  @Test
  void countsRepeatsOnTheSameEvent() {
    events.start();
    events.normal(WEB, "Again", "same");
    awaitOutcome("created", 1);
    timeline.advance(Duration.ofMinutes(1));
    events.normal(WEB, "Again", "same");
    events.normal(WEB, "Again", "same");
    awaitOutcome("counted", 2);

    assertThat(written())
        .singleElement()
        .satisfies(event -> {
          assertThat(event.getCount()).isEqualTo(3);
          assertThat(event.getLastTimestamp().toInstant()).isEqualTo(timeline.now());
          assertThat(event.getFirstTimestamp().toInstant())
              .isEqualTo(timeline.now().minusSeconds(60));
        });
  }

  @Test
  void beginsAnewWhenTheServerHasForgottenTheEvent() {
    events.start();
    events.normal(WEB, "Again", "same");
    awaitOutcome("created", 1);
    written().forEach(event -> store.drop(CoreTypes.EVENT, ObjectKey.of(event)));
    events.normal(WEB, "Again", "same");
    awaitOutcome("created", 2);

    assertThat(written()).singleElement().satisfies(e -> assertThat(e.getCount()).isEqualTo(1));
  }

  @Test
  void combinesManyMessagesOfOneReason() {
    events.start();
    for (int i = 0; i < 15; i++) {
      events.normal(WEB, "Moved", "to address " + i);
    }
    awaitOutcome("counted", 4);

    assertThat(written()).hasSize(11);
    assertThat(written())
        .filteredOn(event -> event.getMessage().startsWith("(combined from similar events): "))
        .singleElement()
        .satisfies(event -> assertThat(event.getCount()).isEqualTo(5));
  }

  @Test
  void holdsBackAFloodFromOneObjectOnly() {
    events.start();
    for (int i = 0; i < 40; i++) {
      events.normal(WEB, "Flood", "same");
    }
    events.normal(service("other"), "Flood", "same");
    awaitOutcome("created", 2);
    awaitOutcome("counted", 24);
    awaitOutcome("held_back", 15);

    timeline.advance(Duration.ofMinutes(5));
    events.normal(WEB, "Flood", "same");
    awaitOutcome("counted", 25);
  }

  @Test
  void triesAgainWhenTheServerIsAwayButNotWhenItRefuses() {
    events.start();
    api.failNext("create", CoreTypes.EVENT, Reason.UNREACHABLE);
    events.normal(WEB, "Later", "after a while");
    await().until(() -> timeline.pending() == 1);
    assertThat(written()).isEmpty();
    timeline.advance(Duration.ofSeconds(1));
    awaitOutcome("created", 1);

    api.failNext("create", CoreTypes.EVENT, Reason.FORBIDDEN);
    events.normal(WEB, "Never", "not allowed");
    awaitOutcome("failed", 1);
    assertThat(written()).hasSize(1);
  }

  @Test
  void writesWhatWaitsBeforeItStops() {
    for (int i = 0; i < 20; i++) {
      events.normal(service("s" + i), "Waiting", "same");
    }
    events.start();
    events.stop();
    events.normal(WEB, "TooLate", "same");

    assertThat(written()).hasSize(20);
    awaitOutcome("overflow", 1);
  }

  @Test
  void writesManyAtAPaceWithTheTimesAtWhichTheyHappened() {
    events.start();
    for (int i = 0; i < 40; i++) {
      events.normal(service("s" + i), "Changed", "same");
    }
    awaitOutcome("created", 30);
    await().until(() -> timeline.pending() == 1);
    Instant happened = timeline.now();
    timeline.advance(Duration.ofMillis(100));
    awaitOutcome("created", 31);
    for (int i = 32; i <= 40; i++) {
      await().until(() -> timeline.pending() == 1);
      timeline.advance(Duration.ofMillis(100));
      awaitOutcome("created", i);
    }

    assertThat(written())
        .hasSize(40)
        .allSatisfy(event ->
            assertThat(event.getFirstTimestamp().toInstant())
                .isEqualTo(happened.truncatedTo(ChronoUnit.SECONDS)));
  }

  @Test
  void aWarningOvertakesWhatIsOnlyToBeKnown() {
    for (int i = 0; i < 40; i++) {
      events.normal(service("s" + i), "Changed", "same");
    }
    events.warning(WEB, "Failed", "no address");
    events.start();
    awaitOutcome("created", 30);

    assertThat(written()).extracting(CoreV1Event::getReason).contains("Failed");
  }

  @Test
  void keepsTheLineShortAndNeverThrows() {
    for (int i = 0; i < 5100; i++) {
      events.normal(WEB, "Many", "same");
    }
    awaitOutcome("overflow", 100);
    events.normal(new V1Service().metadata(new V1ObjectMeta().name("x")), "NoKind", "same");
    awaitOutcome("failed", 1);
  }

  @Test
  void cutsWhatIsTooLong() {
    events.start();
    events.normal(service("s".repeat(253)), "Long", "m".repeat(2000));
    awaitOutcome("created", 1);

    assertThat(written().getFirst().getMetadata().getName()).hasSize(253);
    assertThat(written().getFirst().getMessage()).hasSize(1024).endsWith("...");
  }
}
