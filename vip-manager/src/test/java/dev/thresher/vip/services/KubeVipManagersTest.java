package dev.thresher.vip.services;

import static dev.thresher.vip.services.Objects.ip;
import static dev.thresher.vip.services.Objects.service;
import static dev.thresher.vip.services.Objects.slice;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.gson.JsonObject;
import dev.thresher.api.CoreTypes;
import dev.thresher.api.ObjectKey;
import dev.thresher.runtime.client.KubeApiException.Reason;
import dev.thresher.runtime.fake.FakeInformers;
import dev.thresher.runtime.informer.Informer;
import dev.thresher.runtime.informer.Scope;
import dev.thresher.vip.election.AddressGroup;
import dev.thresher.vip.election.RightConfig;
import dev.thresher.vip.election.RightTimes;
import dev.thresher.vip.kubevip.KubeVipRight;
import dev.thresher.vip.kubevip.LeaseNames;
import dev.thresher.vip.kubevip.UpdatingApi;
import io.kubernetes.client.openapi.models.V1Service;
import java.net.InetAddress;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/// [WholeManagers] with the right by kube-vip's Leases, alone and beside kube-vips.
@Tag("simulation")
class KubeVipManagersTest extends WholeManagers<KubeVipRight> {

  private static final ObjectKey ALL_SERVICES = ObjectKey.of("kube-system", "plndr-svcs-lock");
  private static final ObjectKey CONTROL_PLANE = ObjectKey.of("kube-system", "plndr-cp-lock");
  private static final Duration SOON = Duration.ofSeconds(40);
  private static final RightTimes TIMES =
      new RightTimes(Duration.ofSeconds(6), Duration.ofSeconds(4), Duration.ofMillis(300));

  private boolean perService;

  KubeVipManagersTest() {
    super(SOON);
  }

  @Override
  boolean knowsOthers() {
    return false;
  }

  @Override
  void join(KubeVipRight right, Ownership ownership) {
    ownership.beforeWanting(desired -> right.services(desired.services()));
  }

  @Override
  KubeVipRight right(Manager manager, FakeInformers informers, AddressKeeper keeper) {
    var names = new LeaseNames(ALL_SERVICES, CONTROL_PLANE, perService, false);
    Informer<V1Service> services = informers.informer(CoreTypes.SERVICE, Scope.ALL);
    return new KubeVipRight(
        new RightConfig(manager.name, manager.process, "kube-system", Optional::empty, TIMES),
        Set.of(Scope.ALL),
        wantedBy -> names.of(wantedBy, services::get),
        new UpdatingApi(manager.api),
        informers,
        manager.timeline,
        keeper,
        manager.slots,
        manager.metrics,
        manager::fatal);
  }

  private String holderOf(ObjectKey lease) {
    return store
        .get(CoreTypes.LEASE, lease)
        .map(found -> found.getSpec().getHolderIdentity())
        .map(java.util.Objects::toString)
        .orElse("");
  }

  private KubeVipPlayer player(int number) {
    var player = new KubeVipPlayer("n" + number, ALL_SERVICES, TIMES, List.of(V4, V6), store, wire);
    player.start();
    return player;
  }

  @Test
  void whoHasKubeVipsLeaseHoldsAllAndAnOrderlyStopHandsOver() {
    manager(1);
    manager(2);
    createWeb();
    String first = holder();
    assertThat(holderOf(ALL_SERVICES)).isEqualTo(first);
    managerOf(first).lifecycle.stop();
    await().atMost(SOON).until(() -> !wire.holders(V4).isEmpty());
    String second = holder();
    assertThat(second).isNotEqualTo(first);
    assertThat(holderOf(ALL_SERVICES)).isEqualTo(second);
    assertThat(managerOf(second).enforcement.log)
        .as("known to be free")
        .anyMatch(line -> line.contains("10.0.0.100") && line.endsWith("TAKE_OVER"));
  }

  @Test
  void rebalancingIsRefusedForKubeVipsLeasesDecide() {
    manager(1);
    createWeb();
    JsonObject answer = managerOf(holder()).rebalance.apply(Optional.of(V4));
    assertThat(answer.get("problem").getAsString()).contains("profile compatible", "Leases");
    assertThat(answer.getAsJsonArray("moves")).isEmpty();
  }

  @Test
  void whoLeadsALeaseIsInTheMetricsOfKubeVip() {
    manager(1);
    createWeb();
    Manager only = managerOf(holder());
    await()
        .atMost(SOON)
        .until(() ->
            only.metrics
                .text()
                .matches("(?s).*kube_vip_is_leader\\{lease_name=\"[^\"]+\",node=\"n1\"} 1.*"));
    assertThat(only.metrics.text())
        .contains("# TYPE kube_vip_is_leader gauge")
        .containsPattern("kube_vip_leader_election_transitions_total\\{lease_name=\"[^\"]+\"} 1");
    assertThat(only.report.get().getAsJsonObject("right").toString())
        .contains("\"by\":\"kube-vip's leases\"", "/plndr-svcs-lock\":\"n1\"");
  }

  @Test
  void aKilledHolderIsReplacedWhenItsLeaseEnds() {
    manager(1);
    manager(2);
    createWeb();
    String first = holder();
    managerOf(first).kill();
    await().atMost(SOON).until(() -> !wire.holders(V4).isEmpty());
    assertThat(holder()).isNotEqualTo(first);
  }

  @Test
  void withoutTheServerTheHolderFallsSilentBeforeItsLeaseEndsAndReturns() {
    manager(1);
    createWeb();
    holder();
    managers.getFirst().api.failAll(Reason.UNREACHABLE);
    long cut = System.nanoTime();
    await().atMost(SOON).until(() -> wire.holders(V4).isEmpty() && wire.holders(V6).isEmpty());
    assertThat(Duration.ofNanos(System.nanoTime() - cut))
        .isLessThan(TIMES.renewDeadline().plusSeconds(10));
    managers.getFirst().api.noFaults();
    assertThat(holder()).isEqualTo("n1");
  }

  @Test
  void aHolderThatWasAwayHasItsSessionAgainThoughAnotherHolds() {
    manager(1);
    manager(2);
    createWeb();
    Manager first = managerOf(holder());
    first.informers.pause();
    first.api.failAll(Reason.UNREACHABLE);
    await().atMost(SOON).until(() -> first.right.view().session().isEmpty());
    await()
        .atMost(SOON)
        .until(() -> !wire.holders(V4).isEmpty() && !wire.holders(V4).contains(first.name));
    first.informers.resume();
    first.api.noFaults();
    await().atMost(SOON).until(() -> first.right.view().session().isPresent());
    assertThat(wire.holders(V4)).doesNotContain(first.name);
  }

  @Test
  void whereNothingIsToBeHeldNoRightIsMissing() {
    manager(1);
    createWeb();
    Manager only = managerOf(holder());
    only.api.failAll(Reason.UNREACHABLE);
    await().atMost(SOON).until(() -> wire.holders(V4).isEmpty() && wire.holders(V6).isEmpty());
    assertThat(only.right.view().session()).isEmpty();
    store.drop(CoreTypes.SERVICE, ObjectKey.of("default", "web"));
    await().atMost(SOON).until(() -> only.right.view().session().isPresent());
  }

  @Test
  void withElectionPerServiceEachHasItsOwnLease() {
    perService = true;
    manager(1);
    createWeb();
    store.put(CoreTypes.SERVICE, service("other", "10.0.0.101"));
    store.put(CoreTypes.ENDPOINT_SLICE, slice("other", "n1"));
    await().atMost(SOON).until(() -> wire.holders(ip("10.0.0.101")).size() == 1);
    assertThat(holder()).isEqualTo("n1");
    assertThat(holderOf(ObjectKey.of("default", "kubevip-web"))).isEqualTo("n1");
    assertThat(holderOf(ObjectKey.of("default", "kubevip-other"))).isEqualTo("n1");
    assertThat(holderOf(ALL_SERVICES)).isEmpty();
    store.drop(CoreTypes.SERVICE, ObjectKey.of("default", "other"));
    await()
        .atMost(SOON)
        .until(() ->
            wire.holders(ip("10.0.0.101")).isEmpty()
                && holderOf(ObjectKey.of("default", "kubevip-other")).isEmpty());
    assertThat(holder()).isEqualTo("n1");
  }

  /// The holder's kube-proxy drops what comes for a Service whose endpoints are on other nodes.
  @Test
  void whoLosesTheEndpointsOfAServiceWithPolicyLocalGivesItsLeaseBack() {
    perService = true;
    manager(1);
    manager(2);
    V1Service local = service("local", "10.0.0.101,fd00::101");
    local.getSpec().externalTrafficPolicy("Local");
    store.put(CoreTypes.SERVICE, local);
    store.put(CoreTypes.ENDPOINT_SLICE, slice("local", "n1"));
    awaitHolder("10.0.0.101", "n1");
    awaitHolder("fd00::101", "n1");
    store.put(CoreTypes.ENDPOINT_SLICE, slice("local", "n2"));
    awaitHolder("10.0.0.101", "n2");
    awaitHolder("fd00::101", "n2");
    assertThat(holderOf(ObjectKey.of("default", "kubevip-local"))).isEqualTo("n2");
  }

  @Test
  void whoseApiServerIsNotWellAnyMoreGivesTheControlPlanesAddressBack() {
    InetAddress vip = ip("10.0.0.200");
    Set<String> sick = ConcurrentHashMap.newKeySet();
    List<Runnable> listeners = new CopyOnWriteArrayList<>();
    for (int number : List.of(1, 2)) {
      String node = "n" + number;
      controlPlane =
          new ControlPlaneWish.View() {
            @Override
            public Optional<ControlPlaneWish> wish() {
              return Optional.of(new ControlPlaneWish(AddressGroup.of(vip), ""));
            }

            @Override
            public boolean well() {
              return !sick.contains(node);
            }

            @Override
            public void onChange(Runnable listener) {
              listeners.add(listener);
            }
          };
      manager(number);
    }
    await().atMost(SOON).until(() -> wire.holders(vip).size() == 1);
    String first = wire.holders(vip).iterator().next();
    String other = first.equals("n1") ? "n2" : "n1";
    sick.add(first);
    listeners.forEach(Runnable::run);
    awaitHolder("10.0.0.200", other);
    assertThat(holderOf(CONTROL_PLANE)).isEqualTo(other);
    assertThat(managerOf(first).report.get().toString()).contains("its API server is not well");
  }

  private void awaitHolder(String address, String node) {
    await()
        .atMost(SOON)
        .untilAsserted(() -> assertThat(wire.holders(ip(address))).containsExactly(node));
  }

  /// What would be two holders is noticed by the link after each test.
  @Test
  void kubeVipIsReplacedNodeByNodeAndBack() {
    createWeb();
    KubeVipPlayer one = player(1);
    await().atMost(SOON).until(one::leads);
    KubeVipPlayer two = player(2);
    // The node that holds nothing first: nothing moves.
    two.stop();
    Manager second = manager(2);
    await().atMost(SOON).until(() -> second.right.view().holders().containsKey(V4));
    assertThat(second.right.view().holders())
        .hasEntrySatisfying(V4, found -> assertThat(found.node()).isEqualTo("n1"));
    assertThat(holder()).isEqualTo("n1");
    assertThat(second.enforcement.log).noneMatch(line -> line.startsWith("hold"));
    // Then the holder.
    one.stop();
    await().atMost(SOON).until(() -> wire.holders(V4).equals(Set.of("n2")));
    assertThat(second.enforcement.log.stream().filter(line -> line.startsWith("hold")))
        .as("each address is begun once")
        .hasSize(2);
    manager(1);
    // And back: the holder is followed by the one that remains, then by kube-vip.
    KubeVipPlayer again = player(3);
    managerOf("n1").lifecycle.stop();
    second.lifecycle.stop();
    await().atMost(SOON).until(again::leads);
    assertThat(holder()).isEqualTo("n3");
    assertThat(holderOf(ALL_SERVICES)).isEqualTo("n3");
    again.stop();
    await().atMost(SOON).until(() -> wire.holders(V4).isEmpty());
  }
}
