package dev.thresher.ccm.harvester.networks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.thresher.api.CoreTypes;
import dev.thresher.api.kubevirt.KubeVirtTypes;
import dev.thresher.ccm.clusters.ClusterName;
import dev.thresher.runtime.client.KubeApiException;
import dev.thresher.runtime.client.KubeApiException.Reason;
import dev.thresher.runtime.fake.FakeInformers;
import dev.thresher.runtime.fake.FakeKubeApi;
import dev.thresher.runtime.fake.FakeStore;
import dev.thresher.runtime.informer.Scope;
import dev.thresher.runtime.leader.Leadership;
import dev.thresher.runtime.metrics.Metrics;
import dev.thresher.runtime.reconcile.Result;
import dev.thresher.runtime.time.VirtualTimeline;
import io.kubernetes.client.openapi.models.V1ConfigMap;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class NetworkMappingTest {

  private static final String KEY = "interface-nad-mapping";

  private final VirtualTimeline timeline = new VirtualTimeline();
  private final FakeStore hostStore = new FakeStore();
  private final FakeStore guestStore = new FakeStore();
  private final FakeKubeApi guest = new FakeKubeApi("guest", guestStore);
  private final FakeInformers hosts = new FakeInformers(hostStore, timeline);
  private final FakeInformers guests = new FakeInformers(guestStore, timeline);
  private final List<String> events = new ArrayList<>();

  private NetworkMapping start(String cluster) {
    var mapping =
        new NetworkMapping(
            new ClusterName(cluster),
            hosts.informer(KubeVirtTypes.VIRTUAL_MACHINE_INSTANCE, Scope.namespace("vms")),
            guests.informer(CoreTypes.NODE, Scope.ALL),
            guests.informer(
                CoreTypes.CONFIG_MAP, Scope.object("kube-system", "harvester-nad-mapping")),
            guest,
            (_, _, reason, _) -> events.add(reason),
            Leadership.always(),
            new Metrics(),
            timeline);
    hosts.start();
    guests.start();
    return mapping;
  }

  private static JsonObject json(String text) {
    return JsonParser.parseString(text).getAsJsonObject();
  }

  private void run(String name, String labels, String phase, String card) {
    hostStore.put(
        KubeVirtTypes.VIRTUAL_MACHINE_INSTANCE,
        json(
            """
            {"metadata": {"name": "%s", "namespace": "vms", %s
               "ownerReferences": [{"uid": "u-%s"}]},
             "spec": {"networks": [
               {"name": "pod", "pod": {}},
               {"name": "nic-0", "multus": {"networkName": "default/vlan1"}},
               {"name": "nic-1", "multus": {"networkName": "vlan2"}}]},
             "status": {"phase": "%s", "interfaces": [
               {"name": "pod", "interfaceName": "eth9"},
               {"name": "nic-0", "interfaceName": "%s"}]}}
            """
                .formatted(name, labels, name, phase, card)));
  }

  private void labelled(String name, String cluster, String phase, String card) {
    run(
        name,
        "\"labels\": {\"guestcluster.harvesterhci.io/name\": \"" + cluster + "\"},",
        phase,
        card);
  }

  private Map<String, String> published() {
    return guest
        .get(CoreTypes.CONFIG_MAP, NetworkMapping.CONFIG_MAP)
        .map(V1ConfigMap::getData)
        .map(Objects::requireNonNull)
        .orElse(Map.of());
  }

  @Test
  void publishesTheCardsOfTheClustersRunningMachines() {
    NetworkMapping mapping = start("gc1");
    labelled("n1", "gc1", "Running", "eth0");
    labelled("n2", "gc1", "Scheduling", "eth5");
    labelled("x1", "other", "Running", "eth7");
    mapping.publish();
    assertThat(published()).containsOnly(Map.entry(KEY, "{\"default/vlan1\":\"eth0\"}"));
    assertThat(mapping.on("default/vlan1")).isEqualTo(new NodeNetworks.Cards.Same("eth0"));
    assertThat(mapping.on("vms/vlan2")).isInstanceOf(NodeNetworks.Cards.Unknown.class);
  }

  @Test
  void tellsTheAddressesOfTheClustersRunningMachinesOnANetwork() {
    NetworkMapping mapping = start("gc1");
    for (String cluster : List.of("gc1", "other")) {
      hostStore.put(
          KubeVirtTypes.VIRTUAL_MACHINE_INSTANCE,
          json(
              """
              {"metadata": {"name": "of-%s", "namespace": "vms",
                 "labels": {"guestcluster.harvesterhci.io/name": "%s"}},
               "spec": {"networks": [
                 {"name": "pod", "pod": {}},
                 {"name": "nic-0", "multus": {"networkName": "default/vlan1"}},
                 {"name": "nic-1", "multus": {"networkName": "vlan2"}}]},
               "status": {"phase": "Running", "interfaces": [
                 {"name": "pod", "ipAddress": "10.52.0.7"},
                 {"name": "nic-0", "ipAddress": "10.0.0.1", "ipAddresses": ["10.0.0.1", "fd00::1"]},
                 {"name": "nic-1", "ipAddress": "172.16.0.1"}]}}
              """
                  .formatted(cluster, cluster)
                  .replace("10.0.0.1", cluster.equals("gc1") ? "10.0.0.1" : "10.0.0.9")));
    }
    assertThat(mapping.addressesOn("default/vlan1")).containsExactly("10.0.0.1", "fd00::1");
    assertThat(mapping.addressesOn("vms/vlan2")).containsExactly("172.16.0.1");
    assertThat(mapping.addressesOn("default/vlan3")).isEmpty();
  }

  @Test
  void countsAMachineWithoutLabelsThatIsANode() {
    NetworkMapping mapping = start("gc1");
    run("n1", "", "Running", "eth0");
    mapping.publish();
    assertThat(published()).isEmpty();
    guestStore.put(
        CoreTypes.NODE,
        json(
            """
            {"metadata": {"name": "web-1"}, "spec": {"providerID": "harvester://u-n1"}}
            """));
    mapping.publish();
    assertThat(published()).containsEntry(KEY, "{\"default/vlan1\":\"eth0\"}");
  }

  @Test
  void writesOnlyWhenSomethingChanged() {
    NetworkMapping mapping = start("gc1");
    labelled("n1", "gc1", "Running", "eth0");
    mapping.publish();
    guest.forgetCalls();
    mapping.publish();
    labelled("n1", "gc1", "Running", "");
    mapping.publish();
    assertThat(guest.calls()).isEmpty();
    labelled("n1", "gc1", "Running", "ens3");
    mapping.publish();
    assertThat(guest.writes()).hasSize(1);
    assertThat(published()).containsEntry(KEY, "{\"default/vlan1\":\"ens3\"}");
  }

  @Test
  void leavesTheRestOfTheConfigMapAsItIs() {
    guestStore.put(
        CoreTypes.CONFIG_MAP,
        json(
            """
            {"metadata": {"name": "harvester-nad-mapping", "namespace": "kube-system",
               "labels": {"a": "b"}},
             "binaryData": {"c": "ZA=="},
             "data": {"other": "kept", "thresher.dev.interface-nad-mapping-by-node": "old"}}
            """));
    NetworkMapping mapping = start("gc1");
    labelled("n1", "gc1", "Running", "eth0");
    mapping.publish();
    assertThat(published())
        .containsOnly(Map.entry("other", "kept"), Map.entry(KEY, "{\"default/vlan1\":\"eth0\"}"));
    JsonObject whole = guest.getJson(CoreTypes.CONFIG_MAP, NetworkMapping.CONFIG_MAP).orElseThrow();
    assertThat(whole.has("binaryData")).isTrue();
    assertThat(whole.getAsJsonObject("metadata").has("labels")).isTrue();
  }

  @Test
  void publishesAnAsymmetricNetworkApart() {
    NetworkMapping mapping = start("gc1");
    labelled("n1", "gc1", "Running", "eth0");
    labelled("n2", "gc1", "Running", "eth1");
    mapping.publish();
    assertThat(published())
        .containsOnly(
            Map.entry(KEY, ""),
            Map.entry(
                "thresher.dev.interface-nad-mapping-by-node",
                "{\"default/vlan1\":{\"n1\":\"eth0\",\"n2\":\"eth1\"}}"));
  }

  @Test
  void keepsWhatIsPublishedWhileNoMachineRuns() {
    NetworkMapping mapping = start("gc1");
    labelled("n1", "gc1", "Running", "eth0");
    mapping.publish();
    labelled("n1", "gc1", "Succeeded", "");
    mapping.publish();
    assertThat(published()).containsEntry(KEY, "{\"default/vlan1\":\"eth0\"}");
  }

  @Test
  void saysOnceThatTheClusterNameIsMissing() {
    NetworkMapping mapping = start("kubernetes");
    labelled("n1", "kubernetes", "Running", "eth0");
    assertThat(mapping.publish()).isEqualTo(Result.done());
    mapping.publish();
    assertThat(events).containsExactly("ClusterNameMissing");
    assertThat(published()).isEmpty();
    assertThat(mapping.on("default/vlan1")).isInstanceOf(NodeNetworks.Cards.Unknown.class);
  }

  @Test
  void aFailedWriteIsTriedAgain() {
    NetworkMapping mapping = start("gc1");
    labelled("n1", "gc1", "Running", "eth0");
    guest.failNext("create", CoreTypes.CONFIG_MAP, Reason.UNREACHABLE);
    assertThatThrownBy(mapping::publish).isInstanceOf(KubeApiException.class);
    mapping.publish();
    assertThat(published()).containsKey(KEY);
  }

  @Test
  void tellsListenersOfChanges() {
    NetworkMapping mapping = start("gc1");
    List<String> heard = new ArrayList<>();
    mapping.onChange(() -> heard.add("changed"));
    labelled("n1", "gc1", "Running", "eth0");
    mapping.publish();
    mapping.publish();
    assertThat(heard).hasSize(1);
  }
}
