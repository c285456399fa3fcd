package dev.thresher.vip.services;

import static dev.thresher.vip.services.Objects.ip;
import static dev.thresher.vip.services.Objects.service;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.thresher.api.CoreTypes;
import dev.thresher.api.ObjectKey;
import dev.thresher.runtime.fake.FakeInformers;
import dev.thresher.runtime.fake.FakeStore;
import dev.thresher.runtime.informer.Scope;
import dev.thresher.runtime.metrics.Metrics;
import dev.thresher.runtime.reconcile.Result;
import dev.thresher.runtime.time.VirtualTimeline;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class KubeVipMetricsTest {

  private static final ObjectKey WEB = ObjectKey.of("default", "web");

  private final Metrics metrics = new Metrics();

  @Test
  void namesAndLabelsAreThoseOfKubeVip() throws Exception {
    FakeStore store = new FakeStore();
    store.put(CoreTypes.SERVICE, service("web", "10.0.0.50"));
    FakeInformers informers = new FakeInformers(store, new VirtualTimeline());
    KubeVipMetrics.addTo(
        metrics,
        "n1",
        informers.informer(CoreTypes.SERVICE, Scope.ALL),
        () ->
            new Desired(
                List.of(),
                Map.of(WEB, List.of(ip("10.0.0.50"))),
                Map.of(ip("10.0.0.50"), Set.of(WEB)),
                Map.of()),
        () ->
            new Keeping(
                Map.of(ip("10.0.0.50"), new Keeping.Kept(new Keeping.State.Answering("eth0"), 0))));
    informers.start();
    assertThat(metrics.text())
        .contains("# TYPE kube_vip_active_services gauge")
        .contains("kube_vip_active_services{namespace=\"default\"} 1.0")
        .contains("kube_vip_manager_all_services_events{type=\"ADDED\"} 1.0")
        .contains("# TYPE kube_vip_build_info gauge")
        .containsPattern(
            "kube_vip_build_info\\{build=\"[^\"]+\",node=\"n1\",version=\"[^\"]+\"} 1");
  }

  @Test
  void writingAStatusIsMeasuredAndItsFailuresAreCounted() throws Exception {
    var well = KubeVipMetrics.measured(key -> Result.done(), metrics);
    assertThat(well.reconcile(WEB)).isEqualTo(Result.done());
    assertThat(metrics.text()).doesNotContain("kube_vip_service_reconcile_errors_total{");
    var bad =
        KubeVipMetrics.measured(
            key -> {
              throw new IllegalStateException("no answer");
            },
            metrics);
    assertThatThrownBy(() -> bad.reconcile(WEB)).hasMessage("no answer");
    assertThat(metrics.text())
        .contains("# TYPE kube_vip_service_reconcile_errors_total counter")
        .contains("{name=\"web\",namespace=\"default\",reason=\"status\"} 1.0")
        .contains("# TYPE kube_vip_service_reconcile_duration_seconds histogram")
        .contains("kube_vip_service_reconcile_duration_seconds_count{namespace=\"default\"} 2");
  }

  @Test
  void everyMetricOfKubeVipIsInTheTable() {
    assertThat(KubeVipMetrics.all())
        .extracting(KubeVipMetrics.Row::name)
        .containsExactlyInAnyOrder(
            "kube_vip_active_services",
            "kube_vip_manager_all_services_events",
            "kube_vip_build_info",
            "kube_vip_service_reconcile_errors_total",
            "kube_vip_service_reconcile_duration_seconds",
            "kube_vip_is_leader",
            "kube_vip_leader_election_transitions_total",
            "kube_vip_service_election_loops",
            "kube_vip_service_election_attempts_total",
            "kube_vip_service_election_errors_total",
            "kube_vip_manager_bgp_session_info");
  }
}
