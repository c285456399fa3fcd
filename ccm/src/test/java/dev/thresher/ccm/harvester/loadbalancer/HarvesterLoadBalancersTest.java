package dev.thresher.ccm.harvester.loadbalancer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import dev.thresher.api.CoreTypes;
import dev.thresher.api.ObjectKey;
import dev.thresher.api.loadbalancer.LoadBalancerTypes;
import dev.thresher.api.names.LoadBalancerName;
import dev.thresher.runtime.client.KubeApiException;
import dev.thresher.runtime.client.KubeApiException.Reason;
import dev.thresher.runtime.fake.FakeCall;
import dev.thresher.runtime.fake.FakeInformers;
import dev.thresher.runtime.fake.FakeKubeApi;
import dev.thresher.runtime.fake.FakeStore;
import dev.thresher.runtime.reconcile.Result;
import io.kubernetes.client.openapi.models.V1Service;
import io.kubernetes.client.openapi.models.V1ServicePort;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/// From the Service to the object on the host and back, and to the end of both.
class HarvesterLoadBalancersTest extends OneService {

  @Test
  void anAddressOnAGuestNodeFromEndToEnd() {
    V1Service service = put(s -> {});
    reconcile();
    String name = LoadBalancerName.of("gc1", "default", "web", service.getMetadata().getUid());
    assertThat(balancers()).containsExactly(ObjectKey.of("vms", name));
    assertThat(woken).containsExactly(WEB);
    assertThat(annotation(IPS)).isEmpty();

    allocate("192.0.2.1");
    reconcile();
    assertThat(annotation(IPS)).isEqualTo("192.0.2.1");
    assertThat(ingress()).isEmpty();
    assertThat(statusAddress()).isEmpty();

    answer("192.0.2.1");
    reconcile();
    assertThat(statusAddress()).isEqualTo("192.0.2.1");
    assertThat(events).containsExactly("EnsuringLoadBalancer", "EnsuredLoadBalancer");
    assertThat(texts(host.calls()))
        .containsExactly(
            "create loadbalancers.loadbalancer.harvesterhci.io vms/" + name,
            "update loadbalancers.loadbalancer.harvesterhci.io vms/" + name);
    assertThat(texts(guest.writes()))
        .containsExactly("patch services default/web", "patch services default/web");

    host.forgetCalls();
    guest.forgetCalls();
    reconcile();
    restart();
    reconcile();
    assertThat(host.calls()).isEmpty();
    assertThat(guest.calls()).isEmpty();
  }

  @Test
  void bothFamiliesOnAGuestNode() {
    put(s -> s.getSpec().ipFamilies(List.of("IPv4", "IPv6")).ipFamilyPolicy("PreferDualStack"));
    reconcile();
    allocate("192.0.2.1", "2001:db8::1");
    reconcile();
    assertThat(annotation(IPS)).isEqualTo("192.0.2.1,2001:db8::1");
    answer("192.0.2.1", "2001:db8::1");
    reconcile();
    assertThat(statusAddress()).isEqualTo("192.0.2.1");
  }

  @Test
  void deletesByUidAndWaitsUntilItIsGone() {
    put(s -> {});
    reconcile();
    change(balancer -> {
      JsonArray finalizers = new JsonArray();
      finalizers.add("wrangler.cattle.io/harvester-lb-controller");
      balancer.getAsJsonObject("metadata").add("finalizers", finalizers);
    });
    delete();
    assertThat(reconciler.reconcile(WEB)).isInstanceOf(Result.After.class);
    assertThat(guestStore.get(CoreTypes.SERVICE, WEB)).isPresent();

    hostStore.drop(LoadBalancerTypes.LOAD_BALANCER, balancers().getFirst());
    assertThat(reconciler.reconcile(WEB)).isEqualTo(Result.done());
    assertThat(guestStore.get(CoreTypes.SERVICE, WEB)).isEmpty();
    assertThat(events)
        .containsExactly("EnsuringLoadBalancer", "DeletingLoadBalancer", "DeletedLoadBalancer");
  }

  @Test
  void deletesWhatTheCacheHasNotHeardOf() {
    put(s -> {});
    FakeInformers stale = new FakeInformers(hostStore, timeline);
    reconciler = process(stale);
    stale.start();
    stale.pause();
    reconcile();
    assertThat(balancers()).hasSize(1);
    delete();
    reconcile();
    assertThat(balancers()).isEmpty();
    reconcile();
    assertThat(guestStore.get(CoreTypes.SERVICE, WEB)).isEmpty();
  }

  @Test
  void takesAwayWhatWouldMisleadWhenTheTypeChanges() {
    put(s -> {});
    reconcile();
    allocate("192.0.2.1");
    reconcile();
    answer("192.0.2.1");
    V1Service service = service();
    service.getSpec().type("ClusterIP");
    guestStore.put(CoreTypes.SERVICE, service);
    reconcile();
    reconcile();
    assertThat(balancers()).isEmpty();
    assertThat(annotation(IPS)).isEmpty();
    assertThat(ingress()).isEmpty();
    assertThat(service().getMetadata().getFinalizers()).isNullOrEmpty();
  }

  @Test
  void threeCallsOnTheHostFromCreateToDelete() {
    put(s -> {});
    reconcile();
    change(
        balancer -> balancer.add("metadata", withFinalizer(balancer.getAsJsonObject("metadata"))));
    allocate("192.0.2.1");
    reconcile();
    answer("192.0.2.1");
    reconcile();
    delete();
    reconcile();
    reconcile();
    hostStore.drop(LoadBalancerTypes.LOAD_BALANCER, balancers().getFirst());
    reconcile();
    assertThat(guestStore.get(CoreTypes.SERVICE, WEB)).isEmpty();
    assertThat(host.calls().stream().map(FakeCall::verb))
        .containsExactly("create", "update", "delete");
  }

  private static JsonObject withFinalizer(JsonObject meta) {
    JsonArray finalizers = new JsonArray();
    finalizers.add("wrangler.cattle.io/harvester-lb-controller");
    meta.add("finalizers", finalizers);
    return meta;
  }

  @Test
  void asksOnceForADeletionThatItsCacheHasNotHeardOf() {
    put(s -> {});
    FakeInformers hosts = new FakeInformers(hostStore, timeline);
    reconciler = process(hosts);
    hosts.start();
    reconcile();
    change(
        balancer -> balancer.add("metadata", withFinalizer(balancer.getAsJsonObject("metadata"))));
    hosts.pause();
    delete();
    reconcile();
    reconcile();
    assertThat(host.calls().stream().map(FakeCall::verb)).containsExactly("create", "delete");
    hosts.resume();
    hostStore.drop(LoadBalancerTypes.LOAD_BALANCER, balancers().getFirst());
    reconcile();
    assertThat(guestStore.get(CoreTypes.SERVICE, WEB)).isEmpty();
    assertThat(host.calls().stream().map(FakeCall::verb)).containsExactly("create", "delete");
  }

  @Test
  void refusesABadAnnotationAndKeepsWhatIsThere() {
    put(s -> {});
    reconcile();
    allocate("192.0.2.1");
    reconcile();
    V1Service service = service();
    service.getMetadata().putAnnotationsItem("cloudprovider.harvesterhci.io/ipam", "static");
    guestStore.put(CoreTypes.SERVICE, service);
    reconcile();
    assertThat(events).endsWith("AnnotationInvalid");
    assertThat(balancers()).hasSize(1);
    assertThat(annotation(IPS)).isEqualTo("192.0.2.1");
  }

  private static V1ServicePort port(String name, int number, String protocol, int nodePort) {
    return new V1ServicePort().name(name).port(number).protocol(protocol).nodePort(nodePort);
  }

  @Test
  void nothingIsHalfMadeOfAProtocolThatTheHostRefuses() {
    placement = Placement.HOST;
    restart();
    put(s -> {});
    reconcile();
    allocate("192.0.2.1");
    announce("192.0.2.1");
    reconcile();
    JsonObject before = balancer();
    V1Service service = service();
    service.getSpec().addPortsItem(port("sig", 36412, "SCTP", 30412));
    guestStore.put(CoreTypes.SERVICE, service);
    host.failNext("update", LoadBalancerTypes.LOAD_BALANCER, Reason.INVALID);
    assertThatThrownBy(this::reconcile).isInstanceOf(KubeApiException.class);
    assertThat(balancer()).isEqualTo(before);
    assertThat(ingress()).containsExactly("192.0.2.1");
    assertThat(events).endsWith("SyncLoadBalancerFailed");
    assertThat(condition()).isEqualTo("False SyncLoadBalancerFailed");
    delete();
    reconcile();
    reconcile();
    assertThat(balancers()).isEmpty();
    assertThat(guestStore.get(CoreTypes.SERVICE, WEB)).isEmpty();

    // Refused from the beginning: no object, and deletion works.
    put(s -> s.getSpec().ports(List.of(port("sig", 36412, "SCTP", 30412))));
    host.failNext("create", LoadBalancerTypes.LOAD_BALANCER, Reason.INVALID);
    assertThatThrownBy(this::reconcile).isInstanceOf(KubeApiException.class);
    assertThat(balancers()).isEmpty();
    assertThat(condition()).isEqualTo("False SyncLoadBalancerFailed");
    delete();
    reconcile();
    assertThat(guestStore.get(CoreTypes.SERVICE, WEB)).isEmpty();
  }

  @Test
  void copiesNoAddressThatWasNotReserved() {
    put(s -> {});
    reconcile();
    answer("203.0.113.9");
    allocate("192.0.2.1");
    reconcile();
    assertThat(statusAddress()).isEmpty();
  }

  @Test
  void copiesWhateverDhcpGave() {
    put(annotated("cloudprovider.harvesterhci.io/ipam", "dhcp"));
    reconcile();
    allocate("0.0.0.0");
    reconcile();
    assertThat(annotation(IPS)).isEqualTo("0.0.0.0");
    answer("203.0.113.9");
    reconcile();
    assertThat(statusAddress()).isEqualTo("203.0.113.9");
  }

  @Test
  void writesAgainWhenTheHostWroteMeanwhile() {
    put(s -> {});
    reconcile();
    allocate("192.0.2.1");
    reconcile();
    answer("192.0.2.1");
    host.failNext("update", LoadBalancerTypes.LOAD_BALANCER, Reason.CONFLICT);
    reconcile();
    assertThat(statusAddress()).isEqualTo("192.0.2.1");
  }

  @Test
  void goesOnWhenTheAnswerToItsCreateWasLost() {
    put(s -> {});
    reconcile();
    // The object is there; a process with a cache that does not show it yet creates again.
    FakeInformers empty = new FakeInformers(new FakeStore(), timeline);
    reconciler = process(empty);
    empty.start();
    allocate("192.0.2.1");
    reconcile();
    assertThat(balancers()).hasSize(1);
    assertThat(annotation(IPS)).isEqualTo("192.0.2.1");
  }

  @Test
  void leavesNothingAndLosesNothingInACrashAtAnyWriteOnEitherSide() {
    for (int crashAt = 1; ; crashAt++) {
      guestStore.drop(CoreTypes.SERVICE, WEB);
      restart();
      put(s -> {});
      AtomicInteger left = new AtomicInteger(crashAt);
      var killed = new AtomicBoolean();
      for (FakeKubeApi api : List.of(guest, host)) {
        api.fault(call -> {
          if (call.isWrite() && left.decrementAndGet() == 0) {
            killed.set(true);
            return Optional.of(FakeKubeApi.exception(Reason.UNREACHABLE, "killed"));
          }
          return Optional.empty();
        });
      }
      step();
      allocate("192.0.2.1");
      step();
      answer("192.0.2.1");
      step();
      assertThat(balancers()).hasSize(1);
      assertThat(annotation(IPS)).isEqualTo("192.0.2.1");
      assertThat(statusAddress()).isEqualTo("192.0.2.1");
      delete();
      step();
      step();
      assertThat(balancers()).isEmpty();
      assertThat(guestStore.get(CoreTypes.SERVICE, WEB)).isEmpty();
      if (!killed.get()) {
        assertThat(crashAt).isGreaterThan(5);
        return;
      }
    }
  }

  /// One look; if the process is killed in it, another process looks again.
  private void step() {
    try {
      reconcile();
    } catch (KubeApiException e) {
      restart();
      reconcile();
    }
  }
}
