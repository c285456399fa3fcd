package dev.thresher.vip.services;

import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.api.CoreTypes;
import dev.thresher.api.names.OwnershipNames;
import dev.thresher.runtime.fake.FakeInformers;
import dev.thresher.runtime.fake.FakeStore;
import dev.thresher.runtime.informer.Scope;
import dev.thresher.runtime.metrics.Metrics;
import dev.thresher.runtime.time.VirtualTimeline;
import io.kubernetes.client.openapi.models.V1Node;
import io.kubernetes.client.openapi.models.V1NodeSpec;
import io.kubernetes.client.openapi.models.V1ObjectMeta;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DrainTest {

  private static V1Node node(String annotation, boolean cordoned) {
    return new V1Node()
        .apiVersion("v1")
        .kind("Node")
        .metadata(
            new V1ObjectMeta().name("n1").annotations(Map.of(OwnershipNames.DRAIN, annotation)))
        .spec(new V1NodeSpec().unschedulable(cordoned));
  }

  @ParameterizedTest
  @CsvSource({
    "true, false, false, false, vip-manager drain",
    "false, true, false, false, annotation",
    "false, false, true, true, cordoned",
    "false, false, true, false, ''",
    "false, false, false, true, ''",
    "false, true, true, true, annotation",
  })
  void saysWhy(boolean asked, boolean annotated, boolean cordoned, boolean onCordon, String why) {
    Optional<String> reason =
        Drain.reason(asked, onCordon, Optional.of(node(String.valueOf(annotated), cordoned)));
    if (why.isEmpty()) {
      assertThat(reason).isEmpty();
    } else {
      assertThat(reason.orElseThrow()).contains(why);
    }
  }

  @Test
  void withoutItsNodeOnlyBeingAskedCounts() {
    assertThat(Drain.reason(false, true, Optional.empty())).isEmpty();
    assertThat(Drain.reason(true, false, Optional.empty())).isPresent();
    assertThat(Drain.reason(false, true, Optional.of(new V1Node().metadata(new V1ObjectMeta()))))
        .isEmpty();
  }

  @Test
  void eachStageIsAnEventOfTheNodeOnce() {
    List<String> events = new ArrayList<>();
    AtomicReference<Keeping> keeping = new AtomicReference<>(Keeping.NOTHING);
    Drain drain = new Drain("n1", false, true, new Unread<>());
    Metrics metrics = new Metrics();
    DrainReports reports =
        new DrainReports(
            drain,
            keeping::get,
            new NodeEvents(
                () -> Optional.of(node("", false)),
                (about, type, reason, message) -> events.add(reason)),
            metrics);
    drain.onChange(reports::look);
    Keeping one =
        new Keeping(
            Map.of(Objects.ip("192.0.2.7"), new Keeping.Kept(new Keeping.State.Failed("x"), 0)));
    keeping.set(one);
    reports.look();
    assertThat(events).isEmpty();
    drain.ask(true);
    drain.ask(true);
    reports.look();
    assertThat(events).containsExactly(DrainReports.DRAINING);
    assertThat(metrics.text()).contains("thresher_vip_draining 1");
    keeping.set(Keeping.NOTHING);
    reports.look();
    // What comes and goes because no other node can is no news.
    keeping.set(one);
    reports.look();
    assertThat(events).containsExactly(DrainReports.DRAINING, DrainReports.DRAINED);
    drain.ask(false);
    assertThat(events).endsWith(DrainReports.ENDED).hasSize(3);
  }

  @Test
  void whereNoOtherNodeIsKnownTheWishIsReportedOnceAndNothingIsDrained() {
    List<String> events = new ArrayList<>();
    FakeStore store = new FakeStore();
    store.put(CoreTypes.NODE, node("true", false));
    FakeInformers informers = new FakeInformers(store, new VirtualTimeline());
    Drain drain = new Drain("n1", true, false, informers.informer(CoreTypes.NODE, Scope.ALL));
    AtomicReference<Keeping> keeping =
        new AtomicReference<>(
            new Keeping(
                Map.of(
                    Objects.ip("2001:db8::7"),
                    new Keeping.Kept(new Keeping.State.Answering("eth0"), 0))));
    Metrics metrics = new Metrics();
    DrainReports reports =
        new DrainReports(
            drain,
            keeping::get,
            new NodeEvents(
                () -> Optional.of(node("", false)),
                (about, type, reason, message) -> events.add(type + " " + reason + " " + message)),
            metrics);
    drain.onChange(reports::look);
    informers.start();
    assertThat(events)
        .singleElement()
        .asString()
        .startsWith("WARNING AddressDrainUnheeded ")
        .contains(OwnershipNames.DRAIN)
        .contains("stop vip-manager on this node");
    assertThat(drain.reason()).isEmpty();
    assertThat(metrics.text()).contains("thresher_vip_draining 0");
    keeping.set(Keeping.NOTHING);
    reports.look();
    store.put(CoreTypes.NODE, node("", false));
    assertThat(events).hasSize(1);
    store.put(CoreTypes.NODE, node("", true));
    assertThat(events).hasSize(2).last().asString().contains("cordoned");
  }
}
