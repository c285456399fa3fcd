package dev.thresher.ccm.harvester.loadbalancer;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonParser;
import dev.thresher.api.CoreTypes;
import dev.thresher.api.ObjectKey;
import dev.thresher.api.loadbalancer.LoadBalancerTypes;
import dev.thresher.api.names.LoadBalancerName;
import dev.thresher.runtime.fake.FakeCall;
import dev.thresher.runtime.fake.FakeInformers;
import dev.thresher.runtime.fake.FakeKubeApi;
import dev.thresher.runtime.fake.FakeStore;
import dev.thresher.runtime.informer.Scope;
import dev.thresher.runtime.metrics.Metrics;
import dev.thresher.runtime.reconcile.Result;
import dev.thresher.runtime.time.VirtualTimeline;
import io.kubernetes.client.openapi.models.V1ObjectMeta;
import io.kubernetes.client.openapi.models.V1Service;
import io.kubernetes.client.openapi.models.V1ServiceSpec;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class StraySweepTest {

  private static final Duration GRACE = Duration.ofMinutes(10);

  private final VirtualTimeline timeline = new VirtualTimeline();
  private final FakeStore guestStore = new FakeStore();
  private final FakeStore hostStore = new FakeStore();
  private final FakeKubeApi guest = new FakeKubeApi("guest", guestStore);
  private final FakeKubeApi host = new FakeKubeApi("host", hostStore);
  private final List<String> events = new ArrayList<>();
  private final Metrics metrics = new Metrics();
  private final FakeInformers guests = new FakeInformers(guestStore, timeline);
  private final FakeInformers hosts = new FakeInformers(hostStore, timeline);
  private String guestUid = "";

  @BeforeEach
  void guestIsThere() {
    guestUid = put("kubernetes", "ClusterIP");
  }

  private StraySweep sweep(boolean reclaim, String cluster) {
    var sweep =
        new StraySweep(
            cluster,
            new StraySettings(true, reclaim, GRACE, ObjectKey.of("kube-system", "ccm")),
            hosts.informer(ReadBalancer.TYPE, Scope.namespace("vms")),
            guests.informer(CoreTypes.SERVICE, Scope.ALL),
            host,
            guest,
            (regarding, type, reason, message) ->
                events.add(regarding.getMetadata().getName() + " " + reason + " " + message),
            new StrayMetrics(metrics),
            timeline);
    guests.start();
    hosts.start();
    return sweep;
  }

  private String put(String name, String type) {
    return String.valueOf(
        guestStore
            .put(
                CoreTypes.SERVICE,
                new V1Service()
                    .metadata(new V1ObjectMeta().namespace("default").name(name))
                    .spec(new V1ServiceSpec().type(type)))
            .getMetadata()
            .getUid());
  }

  private void orphan(String cluster, String service, String guestMark) {
    String uid = "uid-of-" + service;
    hostStore.put(
        LoadBalancerTypes.LOAD_BALANCER,
        JsonParser.parseString(
                """
                {"metadata": {"name": "%s", "namespace": "vms",
                  "labels": {
                    "cloudprovider.harvesterhci.io/cluster": "%s",
                    "cloudprovider.harvesterhci.io/serviceNamespace": "default",
                    "cloudprovider.harvesterhci.io/serviceName": "%s"},
                  "annotations": {%s}},
                 "spec": {"ipam": "pool"},
                 "status": {"allocatedAddress": {"ip": "192.0.2.1"}}}
                """
                    .formatted(
                        LoadBalancerName.of(cluster, "default", service, uid),
                        cluster,
                        service,
                        guestMark.isEmpty()
                            ? ""
                            : "\"thresher.dev/service-uid\": \"%s\",".formatted(uid)
                                + "\"thresher.dev/guest-cluster-uid\": \"%s\""
                                    .formatted(guestMark)))
            .getAsJsonObject());
  }

  private int left() {
    return hostStore.list(LoadBalancerTypes.LOAD_BALANCER).size();
  }

  private static void run(StraySweep sweep, VirtualTimeline timeline, Duration howLong) {
    Duration passed = Duration.ZERO;
    while (passed.compareTo(howLong) <= 0) {
      Duration next = ((Result.After) sweep.reconcile(StraySweep.KEY)).delay();
      assertThat(next).isPositive().isLessThanOrEqualTo(StraySweep.PERIOD);
      timeline.advance(next);
      passed = passed.plus(next);
    }
  }

  private String metric(String name) {
    return metrics.text().lines().filter(line -> line.startsWith(name)).findFirst().orElseThrow();
  }

  /// The caches of the tests hear something now and then.
  private void freshen() {
    guestStore.bookmark();
    hostStore.bookmark();
  }

  @Test
  void tellsOnceAndDeletesNothingUnlessItIsTold() {
    orphan("gc1", "web", guestUid);
    StraySweep sweep = sweep(false, "gc1");
    sweep.reconcile(StraySweep.KEY);
    assertThat(events).isEmpty();
    assertThat(metric("thresher_orphaned_load_balancers{kind=\"orphan\"}")).endsWith(" 1.0");
    for (int i = 0; i < 30; i++) {
      freshen();
      run(sweep, timeline, Duration.ofSeconds(30));
    }
    assertThat(left()).isEqualTo(1);
    assertThat(events)
        .singleElement()
        .asString()
        .startsWith("ccm OrphanedLoadBalancer")
        .contains("default/web", "192.0.2.1", "--reclaim-orphans");
    assertThat(host.calls()).isEmpty();
    assertThat(guest.calls()).isEmpty();
  }

  @Test
  void deletesAfterTheGraceWithASecondLookAtBothClusters() {
    orphan("gc1", "web", guestUid);
    orphan("gc1", "old", "");
    StraySweep sweep = sweep(true, "gc1");
    for (int i = 0; i < 9; i++) {
      freshen();
      run(sweep, timeline, Duration.ofSeconds(1));
    }
    assertThat(left()).isEqualTo(2);
    for (int i = 0; i < 5; i++) {
      freshen();
      run(sweep, timeline, Duration.ofMinutes(1));
    }
    assertThat(left()).isEqualTo(0);
    assertThat(host.calls().stream().map(FakeCall::verb))
        .containsExactly("get", "delete", "get", "delete");
    assertThat(metric("thresher_reclaimed_load_balancers_total{kind=\"orphan\"}")).endsWith(" 2.0");
    assertThat(metric("thresher_orphaned_load_balancers{kind=\"orphan\"}")).endsWith(" 0.0");
    assertThat(events).filteredOn(e -> e.contains("OrphanReclaimed")).hasSize(2);
  }

  @Test
  void theServersOwnWordSavesWhatACacheHasNotHeardOf() {
    StraySweep sweep = sweep(true, "gc1");
    guests.pause();
    String uid = put("late", "LoadBalancer");
    hostStore.put(
        LoadBalancerTypes.LOAD_BALANCER,
        JsonParser.parseString(
                """
                {"metadata": {"name": "%s", "namespace": "vms",
                  "labels": {
                    "cloudprovider.harvesterhci.io/cluster": "gc1",
                    "cloudprovider.harvesterhci.io/serviceNamespace": "default",
                    "cloudprovider.harvesterhci.io/serviceName": "late"}}}
                """
                    .formatted(LoadBalancerName.of("gc1", "default", "late", uid)))
            .getAsJsonObject());
    sweep.reconcile(StraySweep.KEY);
    timeline.advance(Duration.ofSeconds(170));
    sweep.reconcile(StraySweep.KEY);
    // A cache that has been silent for too long is not believed at all.
    timeline.advance(GRACE);
    hostStore.bookmark();
    sweep.reconcile(StraySweep.KEY);
    assertThat(host.calls()).isEmpty();
    // It speaks again, and has still not heard of the Service.
    StraySweep eager = eager();
    eager.reconcile(StraySweep.KEY);
    timeline.advance(StraySweep.CONFIRMATION);
    eager.reconcile(StraySweep.KEY);
    assertThat(host.calls().stream().map(FakeCall::verb)).containsExactly("get");
    assertThat(left()).isEqualTo(1);
  }

  /// With caches that are fresh and miss every Service but one.
  private StraySweep eager() {
    FakeStore old = new FakeStore();
    V1Service identity =
        guestStore.get(CoreTypes.SERVICE, ObjectKey.of("default", "kubernetes")).orElseThrow();
    old.put(CoreTypes.SERVICE, identity);
    FakeInformers olds = new FakeInformers(old, timeline);
    FakeInformers news = new FakeInformers(hostStore, timeline);
    var sweep =
        new StraySweep(
            "gc1",
            new StraySettings(
                true, true, Duration.ofSeconds(1), ObjectKey.of("kube-system", "ccm")),
            news.informer(ReadBalancer.TYPE, Scope.namespace("vms")),
            olds.informer(CoreTypes.SERVICE, Scope.ALL),
            host,
            guest,
            (regarding, type, reason, message) -> events.add(reason),
            new StrayMetrics(metrics),
            timeline);
    olds.start();
    news.start();
    return sweep;
  }

  @Test
  void deletesNothingThatCouldBeAnotherGuests() {
    orphan("kubernetes", "web", "");
    StraySweep sweep = sweep(true, "kubernetes");
    for (int i = 0; i < 15; i++) {
      freshen();
      run(sweep, timeline, Duration.ofMinutes(1));
    }
    assertThat(left()).isEqualTo(1);
    assertThat(events).singleElement().asString().contains("many guests have the name");
  }

  @Test
  void tellsOfAnotherGuestWithTheSameNameAndTouchesNothingUnmarked() {
    orphan("gc1", "theirs", "guest-2");
    orphan("gc1", "whose", "");
    StraySweep sweep = sweep(true, "gc1");
    for (int i = 0; i < 15; i++) {
      freshen();
      run(sweep, timeline, Duration.ofMinutes(1));
    }
    assertThat(left()).isEqualTo(2);
    assertThat(metric("thresher_foreign_load_balancers")).endsWith(" 1.0");
    assertThat(events)
        .hasSize(2)
        .anySatisfy(e -> assertThat(e).contains("ClusterNameShared", "gc1", "guest-2"))
        .anySatisfy(e -> assertThat(e).contains("OrphanedLoadBalancer", "has the same name"));
  }

  @Test
  void keepsAnAddressThatAServiceHas() {
    orphan("gc1", "web", guestUid);
    guestStore.put(
        CoreTypes.SERVICE,
        new V1Service()
            .metadata(
                new V1ObjectMeta()
                    .namespace("default")
                    .name("dns")
                    .putAnnotationsItem("kube-vip.io/loadbalancerIPs", "192.0.2.1"))
            .spec(new V1ServiceSpec().type("LoadBalancer")));
    StraySweep sweep = sweep(true, "gc1");
    for (int i = 0; i < 15; i++) {
      freshen();
      run(sweep, timeline, Duration.ofMinutes(1));
    }
    assertThat(left()).isEqualTo(1);
    assertThat(events).singleElement().asString().contains("default/dns");
  }
}
