package dev.thresher.vip.services;

import static dev.thresher.vip.services.Objects.ip;
import static dev.thresher.vip.services.Objects.service;
import static dev.thresher.vip.services.Objects.withStatus;
import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.api.CoreTypes;
import dev.thresher.api.ObjectKey;
import dev.thresher.api.names.KubeVipNames;
import dev.thresher.api.names.OwnershipNames;
import dev.thresher.runtime.fake.FakeInformers;
import dev.thresher.runtime.fake.FakeKubeApi;
import dev.thresher.runtime.fake.FakeStore;
import dev.thresher.runtime.informer.Informer;
import dev.thresher.runtime.informer.Scope;
import dev.thresher.runtime.patch.Patches;
import dev.thresher.runtime.time.VirtualTimeline;
import io.kubernetes.client.openapi.models.V1Service;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ServiceStatusTest {

  private static final ObjectKey WEB = ObjectKey.of("default", "web");
  private static final InetAddress V4 = ip("10.0.0.50");
  private static final InetAddress V6 = ip("fd00::50");
  private static final Refusal REFUSAL =
      new Refusal("field", "10.0.0.1", "is the address of node n1", "Choose another");

  private final FakeStore store = new FakeStore();
  private final FakeInformers informers = new FakeInformers(store, new VirtualTimeline());
  private final Informer<V1Service> services = informers.informer(CoreTypes.SERVICE, Scope.ALL);
  private final FakeKubeApi api = new FakeKubeApi(store);
  private final List<String> told = new ArrayList<>();
  private Desired desired = Desired.NOTHING;
  private Keeping keeping = Keeping.NOTHING;
  private Map<ObjectKey, Finding> findings = Map.of();
  private final ServiceStatus status =
      new ServiceStatus(
          "n1",
          api,
          services,
          () -> desired,
          () -> keeping,
          address -> false,
          () -> findings,
          (regarding, type, reason, message) -> told.add(reason + " " + message));

  /// A Service that this software has told of, as the caches have it.
  private V1Service web(String asks) throws Exception {
    V1Service service = withStatus(service("web", asks), "10.0.0.50", "fd00::50");
    service.getMetadata().getAnnotations().put(KubeVipNames.VIP_HOST, "n2");
    store.put(CoreTypes.SERVICE, service);
    informers.start();
    return services.get(WEB).orElseThrow();
  }

  private void refuse(V1Service service) {
    findings =
        Finding.of(
            List.of(ServiceReading.Nothing.of(service, List.of(REFUSAL))),
            Assignment.NOTHING,
            keeping,
            new Finding.Speech("n1", true, any -> false, Set.of(), Set.of()));
  }

  private V1Service now() {
    return store.get(CoreTypes.SERVICE, WEB).orElseThrow();
  }

  @Test
  void theSpeakerTakesBackWhatNobodyMayHold() throws Exception {
    refuse(web("10.0.0.1"));
    status.reconcile(WEB);
    assertThat(ServiceReader.shown(now())).isEmpty();
    assertThat(now().getMetadata().getAnnotations()).doesNotContainKey(KubeVipNames.VIP_HOST);
    assertThat(now().getStatus().getConditions())
        .singleElement()
        .satisfies(condition -> {
          assertThat(condition.getType()).isEqualTo(OwnershipNames.SERVICE_CONDITION);
          assertThat(condition.getReason()).isEqualTo("AddressRefused");
        });
    assertThat(told).as("nobody answers").isEmpty();
  }

  @Test
  void aServiceThatChangedSinceItWasReadIsLeftAlone() throws Exception {
    refuse(web("10.0.0.1"));
    api.patch(
        CoreTypes.SERVICE,
        WEB,
        Patches.annotations(Map.of(KubeVipNames.LOAD_BALANCER_IPS, Optional.of("10.0.0.50"))));
    status.reconcile(WEB);
    assertThat(ServiceReader.shown(now())).containsExactly("10.0.0.50", "fd00::50");
  }

  @Test
  void whoDoesNotSpeakTakesNothingBack() throws Exception {
    web("10.0.0.1");
    status.reconcile(WEB);
    assertThat(ServiceReader.shown(now())).containsExactly("10.0.0.50", "fd00::50");
  }

  @ParameterizedTest
  @CsvSource({"true, 0", "false, 2"})
  void whatIsAskedForNoMoreIsTakenBackWhereNobodyHoldsAnything(boolean idle, int shown)
      throws Exception {
    web("203.0.113.9,2001:db8::9");
    findings = Map.of(WEB, new Finding(false, "NoNodeForAddress", "why", "", idle));
    status.reconcile(WEB);
    assertThat(ServiceReader.shown(now())).hasSize(shown);
    assertThat(now().getStatus().getConditions())
        .singleElement()
        .satisfies(said -> assertThat(said.getReason()).isEqualTo("NoNodeForAddress"));
    assertThat(told).as("nobody answers").isEmpty();
  }

  @Test
  void onlyWhatIsAnsweredIsSaidToBe() throws Exception {
    web("10.0.0.50,fd00::50");
    desired = new Desired(List.of(), Map.of(WEB, List.of(V4, V6)), Map.of(), Map.of());
    Keeping.Kept conflict = new Keeping.Kept(new Keeping.State.Conflict("eth0", "02:..."), 0);
    keeping =
        new Keeping(
            Map.of(V4, conflict, V6, new Keeping.Kept(new Keeping.State.Answering("eth0"), 0)));
    status.reconcile(WEB);
    assertThat(told).containsExactly("AddressHeld node n1 answers for fd00::50");
    assertThat(ServiceReader.shown(now())).containsExactly("fd00::50");
    keeping = new Keeping(Map.of(V4, conflict, V6, conflict));
    status.reconcile(WEB);
    assertThat(ServiceReader.shown(now())).isEmpty();
    assertThat(told).hasSize(1);
  }
}
