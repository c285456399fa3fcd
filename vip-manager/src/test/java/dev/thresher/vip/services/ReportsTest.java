package dev.thresher.vip.services;

import static dev.thresher.vip.services.Objects.ip;
import static dev.thresher.vip.services.Objects.node;
import static dev.thresher.vip.services.Objects.service;
import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.api.CoreTypes;
import dev.thresher.api.ObjectKey;
import dev.thresher.runtime.events.EventRecorder;
import dev.thresher.runtime.fake.FakeInformers;
import dev.thresher.runtime.fake.FakeStore;
import dev.thresher.runtime.informer.Informer;
import dev.thresher.runtime.informer.Scope;
import dev.thresher.runtime.time.VirtualTimeline;
import dev.thresher.vip.election.AddressGroup;
import dev.thresher.vip.election.RightView;
import io.kubernetes.client.openapi.models.V1Service;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ReportsTest {

  private static final ObjectKey WEB = ObjectKey.of("default", "web");
  private static final InetAddress VIP = ip("10.0.0.50");
  private static final InetAddress CONTROL = ip("10.0.0.10");
  private static final String MAC = "02:00:00:00:00:99";

  private final List<String> told = new ArrayList<>();
  private final FakeStore store = new FakeStore();
  private final FakeInformers informers = new FakeInformers(store, new VirtualTimeline());
  private final Informer<V1Service> services = informers.informer(CoreTypes.SERVICE, Scope.ALL);
  private final EventRecorder recorder =
      (regarding, type, reason, message) ->
          told.add(
              type
                  + " "
                  + regarding.getKind()
                  + " "
                  + regarding.getMetadata().getName()
                  + " "
                  + reason
                  + " "
                  + message);
  private Keeping keeping = Keeping.NOTHING;
  private final Reports reports =
      new Reports(
          "n1",
          services,
          recorder,
          new NodeEvents(() -> Optional.of(node("n1")), recorder),
          () -> keeping,
          true);

  private static Desired.Group group(InetAddress address) {
    return new Desired.Group(AddressGroup.of(Set.of(address)), Map.of(), List.of());
  }

  private static final Assignment ASSIGNMENT =
      new Assignment(
          new Desired(
              List.of(group(VIP), group(CONTROL)),
              Map.of(WEB, List.of(VIP)),
              Map.of(VIP, Set.of(WEB)),
              Map.of()),
          new TreeMap<>(),
          Map.of(),
          Optional.empty());

  private static Keeping.Kept answering() {
    return new Keeping.Kept(new Keeping.State.Answering("eth0"), 0);
  }

  private void report() {
    told.clear();
    reports.report(ASSIGNMENT, List.of(), RightView.NOTHING, Map.of());
  }

  private void claim(InetAddress address, long at) {
    keeping =
        new Keeping(
            Map.of(address, answering()),
            Map.of(address, List.of(new Keeping.Rival(MAC, "eth0", at))));
  }

  @Test
  void aClaimOfAServicesAddressIsAnEventOfItOnceUntilItIsQuiet() throws Exception {
    store.put(CoreTypes.SERVICE, service("web", "10.0.0.50"));
    informers.start();
    assertThat(services.get(WEB)).isPresent();
    claim(VIP, 1);
    report();
    assertThat(told).hasSize(1);
    assertThat(told.getFirst()).startsWith("WARNING Service web AddressClaimed").contains(MAC);
    claim(VIP, 2);
    report();
    assertThat(told).as("the same claimant").isEmpty();
    keeping = new Keeping(Map.of(VIP, answering()));
    report();
    claim(VIP, 3);
    report();
    assertThat(told).hasSize(1);
  }

  @Test
  void aPreferenceThatCannotBeFollowedIsSaidWhereNoOtherNodeIsKnown() throws Exception {
    store.put(CoreTypes.SERVICE, service("web", "10.0.0.50"));
    informers.start();
    List<ServiceReading> readings =
        List.of(
            new ServiceReading.Asks(
                WEB, List.of(VIP), "", false, false, List.of("n2", "n1"), List.of()));
    reports.report(ASSIGNMENT, readings, RightView.NOTHING, Map.of());
    assertThat(told).isEmpty();
    var alone =
        new Reports(
            "n1",
            services,
            recorder,
            new NodeEvents(Optional::empty, recorder),
            () -> keeping,
            false);
    alone.report(ASSIGNMENT, readings, RightView.NOTHING, Map.of());
    assertThat(told).hasSize(1);
    assertThat(told.getFirst())
        .startsWith("WARNING Service web AddressRefused")
        .contains("thresher.dev/vip-preferred-nodes", "\"n2,n1\"", "profile compatible");
  }

  /// With kube-vip's Leases both are acted on.
  @ParameterizedTest
  @CsvSource({"kube-vip.io/forcePerServiceElection, true", "kube-vip.io/leaseName, other/shared"})
  void aWishForALeaseIsRefusedByTheOtherRightsOnly(String annotation, String value)
      throws Exception {
    V1Service web = service("web", "10.0.0.50");
    web.getMetadata().putAnnotationsItem(annotation, value);
    store.put(CoreTypes.SERVICE, web);
    informers.start();
    List<ServiceReading> readings =
        List.of(ServiceReader.read(web, ServicePolicy.DEFAULT.classes(), AddressRules.NONE));
    reports.report(ASSIGNMENT, readings, RightView.NOTHING, Map.of());
    assertThat(told).hasSize(1);
    assertThat(told.getFirst())
        .startsWith("WARNING Service web AddressRefused")
        .contains(annotation);
    told.clear();
    new Reports(
            "n1",
            services,
            recorder,
            new NodeEvents(Optional::empty, recorder),
            () -> keeping,
            false)
        .report(ASSIGNMENT, readings, RightView.NOTHING, Map.of());
    assertThat(told).isEmpty();
  }

  @Test
  void waitingForAnEndpointIsAnEventOnceWhileItLasts() throws Exception {
    store.put(CoreTypes.SERVICE, service("web", "fd00::50"));
    informers.start();
    reports.waiting(Set.of(WEB), RightView.NOTHING);
    reports.waiting(Set.of(WEB), RightView.NOTHING);
    assertThat(told).hasSize(1);
    assertThat(told.getFirst()).startsWith("NORMAL Service web WaitingForEndpoint no endpoint");
    reports.waiting(Set.of(), RightView.NOTHING);
    reports.waiting(Set.of(WEB), RightView.NOTHING);
    assertThat(told).hasSize(2);
  }

  @Test
  void anAddressOfTheControlPlaneThatIsANodesIsAnEventOfThisNodeOnce() {
    Map<InetAddress, String> misnamed = Map.of(CONTROL, "node n2 (eth0)");
    reports.controlPlane(ASSIGNMENT, misnamed);
    reports.controlPlane(ASSIGNMENT, misnamed);
    assertThat(told).hasSize(1);
    assertThat(told.getFirst())
        .startsWith("WARNING Node n1 AddressRefused")
        .contains("10.0.0.10 is the address of node n2 (eth0)", "Set address");
  }

  @Test
  void conflictsOfTheControlPlanesAddressAreEventsOfTheNode() {
    claim(CONTROL, 1);
    report();
    assertThat(told).hasSize(1);
    assertThat(told.getFirst()).startsWith("WARNING Node n1 AddressClaimed").contains(MAC);
    reports.controlPlane(ASSIGNMENT, Map.of());
    assertThat(told).as("said already").hasSize(1);
    keeping =
        new Keeping(Map.of(CONTROL, new Keeping.Kept(new Keeping.State.Conflict("eth0", MAC), 0)));
    report();
    assertThat(told).hasSize(1);
    assertThat(told.getFirst()).startsWith("WARNING Node n1 AddressConflict").contains(MAC);
  }
}
