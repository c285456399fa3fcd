package dev.thresher.e2e.vip;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.thresher.e2e.ccm.HowTo;
import dev.thresher.e2e.lab.Await;
import dev.thresher.e2e.lab.Checkout;
import dev.thresher.e2e.lab.ControlPlane;
import dev.thresher.e2e.lab.Lab;
import dev.thresher.e2e.lab.LabProcess;
import dev.thresher.e2e.lab.NeedsLab;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The commands of the pages of `docs/how-to` about coming to vip-manager, run one after the other
/// by a real API server. There are no kubelets: what the pods then do is in [KubeVipSwapIT].
@NeedsLab
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class MoveToVipManagerIT {

  private static final Duration PATIENCE = Duration.ofMinutes(1);
  private static final String SERVICES = "/api/v1/namespaces/default/services/";
  private static final String ADDRESSES = "kube-vip.io/loadbalancerIPs";
  private static final String CLASS = "example.com/l2";
  private static final String DAEMON_SET = "/apis/apps/v1/namespaces/kube-system/daemonsets/";

  private Lab lab;
  private ControlPlane host;
  private Path folder;
  private int shells;

  /// Variables that one test alone has.
  private final Map<String, String> moving = new HashMap<>();

  @BeforeAll
  void start() throws IOException {
    lab = Lab.builder().hostNodes(0).start();
    host = lab.host();
    folder = Files.createDirectories(lab.directory().resolve("move"));
    service("web", "", "", "192.0.2.7", "2001:db8::7");
  }

  /// @param annotation `kube-vip.io/loadbalancerIPs`; empty: none
  /// @param loadBalancerClass empty: none
  /// @param given addresses in the status
  private void service(String name, String annotation, String loadBalancerClass, String... given) {
    host.apply(
        """
        apiVersion: v1
        kind: Service
        metadata:
          name: %s
          namespace: default
          annotations: {%s}
        spec:
          type: LoadBalancer
          ipFamilyPolicy: PreferDualStack
          %s
          ports: [{name: http, port: 80, protocol: TCP, targetPort: 8080}]
        """
            .formatted(
                name,
                annotation.isEmpty() ? "" : ADDRESSES + ": \"" + annotation + "\"",
                loadBalancerClass.isEmpty() ? "" : "loadBalancerClass: " + loadBalancerClass));
    JsonArray ingress = new JsonArray();
    for (String address : given) {
      JsonObject one = new JsonObject();
      one.addProperty("ip", address);
      one.addProperty("ipMode", "VIP");
      ingress.add(one);
    }
    host.api()
        .merge(
            SERVICES + name + "/status",
            JsonParser.parseString(
                    "{\"status\": {\"loadBalancer\": {\"ingress\": " + ingress + "}}}")
                .getAsJsonObject());
  }

  /// What a Service's annotation says; empty without one.
  private String annotated(String service) {
    JsonObject annotations =
        host.api()
            .get(SERVICES + service)
            .getAsJsonObject("metadata")
            .getAsJsonObject("annotations");
    return annotations == null || !annotations.has(ADDRESSES)
        ? ""
        : annotations.get(ADDRESSES).getAsString();
  }

  @AfterAll
  void end() {
    if (lab != null) {
      lab.close();
    }
  }

  /// The first form is that of `kube-vip manifest daemonset --taint`, the second that without.
  @ParameterizedTest
  @ValueSource(
      strings = {
        """
        affinity:
          nodeAffinity:
            requiredDuringSchedulingIgnoredDuringExecution:
              nodeSelectorTerms:
                - matchExpressions:
                    - {key: node-role.kubernetes.io/master, operator: Exists}
                - matchExpressions:
                    - {key: node-role.kubernetes.io/control-plane, operator: Exists}
        nodeSelector: {kubernetes.io/os: linux}
        tolerations:
          - {effect: NoSchedule, operator: Exists}
          - {effect: NoExecute, operator: Exists}
        """,
        ""
      })
  void fromKubeVipAndBack(String placement) throws IOException {
    host.apply(
        """
        apiVersion: rbac.authorization.k8s.io/v1
        kind: ClusterRole
        metadata: {name: "system:kube-vip-role"}
        rules:
          - {apiGroups: [coordination.k8s.io], resources: [leases], verbs: [list, get, watch, update, create]}
        ---
        apiVersion: coordination.k8s.io/v1
        kind: Lease
        metadata: {name: plndr-svcs-lock, namespace: kube-system}
        spec: {holderIdentity: node1, leaseDurationSeconds: 15, leaseTransitions: 3}
        ---
        apiVersion: apps/v1
        kind: DaemonSet
        metadata: {name: kube-vip-ds, namespace: kube-system}
        spec:
          selector: {matchLabels: {app.kubernetes.io/name: kube-vip-ds}}
          template:
            metadata: {labels: {app.kubernetes.io/name: kube-vip-ds}}
            spec:
        %s      hostNetwork: true
              serviceAccountName: kube-vip
              containers:
                - name: kube-vip
                  image: ghcr.io/kube-vip/kube-vip:v1.0.1
                  args: [manager]
                  env:
                    - {name: vip_arp, value: "true"}
                    - {name: port, value: "6443"}
                    - name: vip_nodename
                      valueFrom: {fieldRef: {fieldPath: spec.nodeName}}
                    - {name: vip_interface, value: eth0}
                    - {name: svc_enable, value: "true"}
                    - {name: svc_leasename, value: plndr-svcs-lock}
                    - {name: vip_leaderelection, value: "true"}
                    - {name: vip_leaseduration, value: "5"}
                    - {name: vip_renewdeadline, value: "3"}
                    - {name: vip_retryperiod, value: "1"}
                    - {name: address}
                    - {name: prometheus_server, value: ":2112"}
                  securityContext:
                    capabilities: {add: [NET_ADMIN, NET_RAW], drop: [ALL]}
        """
            .formatted(placement.indent(6)));
    JsonObject kubeVip = podSpec(host.api().get(DAEMON_SET + "kube-vip-ds"));
    HowTo page = HowTo.read("move-from-kube-vip.md");
    String check = page.commands("Check");
    assertThat(run(check)).contains("node1");
    String names =
        check
            .lines()
            .filter(l -> l.startsWith("ds=") || l.startsWith("container="))
            .reduce("", (a, b) -> a + b + "\n");
    run(names + page.commands("Swap"));
    JsonObject swapped = host.api().get(DAEMON_SET + "kube-vip-ds").getAsJsonObject("spec");
    assertThat(swapped.get("updateStrategy").toString()).contains("OnDelete");
    assertThat(swapped.toString())
        .contains("example.com/vip-manager:1")
        .contains("\"args\":[\"manager\"]")
        .doesNotContain("ghcr.io/kube-vip");
    run(page.commands("Verify"));
    run(names + page.commands("Roll back"));
    assertThat(host.api().get(DAEMON_SET + "kube-vip-ds").toString())
        .contains("ghcr.io/kube-vip/kube-vip:v1.0.1");
    assertThat(run(page.commands("Go on to the full manifest")))
        .contains("clusterrole.rbac.authorization.k8s.io/thresher:vip-manager")
        .contains("daemonset.apps/vip-manager");
    run("kubectl apply --dry-run=server -o json -f \"$MOVE/full.yaml\" > \"$MOVE/full.json\"\n");
    JsonObject full =
        podSpec(
            JsonParser.parseString(Files.readString(folder.resolve("full.json")))
                .getAsJsonObject());
    for (String where : List.of("nodeSelector", "affinity", "tolerations")) {
      assertThat(full.get(where)).as(where).isEqualTo(kubeVip.get(where));
    }
    assertThat(full.toString())
        .contains("{\"name\":\"vip_interface\",\"value\":\"eth0\"}")
        .contains("\"serviceAccountName\":\"vip-manager\"");
    host.api().delete(DAEMON_SET + "kube-vip-ds");
  }

  private static JsonObject podSpec(JsonObject daemonSet) {
    return daemonSet.getAsJsonObject("spec").getAsJsonObject("template").getAsJsonObject("spec");
  }

  /// Without a class of its own MetalLB serves Services without one.
  @ParameterizedTest
  @ValueSource(strings = {"", CLASS})
  void fromMetallbAndBack(String served) {
    String other = served.isEmpty() ? CLASS : "";
    service("theirs", "", served, "192.0.2.8", "2001:db8::8");
    service("asked", "192.0.2.9, 2001:db8::9", served, "192.0.2.9", "2001:db8::9");
    service("waiting", "", served);
    service("foreign", "", other, "198.51.100.8");
    service("foreign-asked", "198.51.100.9", other, "198.51.100.9");
    host.ensureNamespace("metallb-system");
    for (String kind : List.of("Deployment controller", "DaemonSet speaker")) {
      String name = kind.substring(kind.indexOf(' ') + 1);
      host.apply(
          """
          apiVersion: apps/v1
          kind: %s
          metadata: {name: %2$s, namespace: metallb-system}
          spec:
            selector: {matchLabels: {component: %2$s}}
            template:
              metadata: {labels: {component: %2$s}}
              spec:
                nodeSelector: {kubernetes.io/os: linux}
                containers: [{name: %2$s, image: quay.io/metallb/%2$s:v0.16.2}]
          """
              .formatted(kind.substring(0, kind.indexOf(' ')), name));
    }
    HowTo page = HowTo.read("move-from-metallb-layer2.md");
    moving.put("CLASS", served);
    run(page.commands("Write down"));
    assertThat(annotated("theirs")).isEqualTo("192.0.2.8,2001:db8::8");
    assertThat(annotated("asked")).isEqualTo("192.0.2.9,2001:db8::9");
    expectUntouched();
    run(page.commands("Swap"));
    assertThat(speaker()).contains("thresher.dev/stopped").contains("kubernetes.io/os");
    assertThat(run(page.commands("Verify"))).isEmpty();
    service("theirs", "", served, "192.0.2.10");
    assertThat(run(page.commands("Verify")))
        .isEqualTo("default/theirs had 192.0.2.8,2001:db8::8, has 192.0.2.10\n");
    run(page.commands("Roll back"));
    assertThat(speaker()).doesNotContain("thresher.dev/stopped").contains("kubernetes.io/os");
    assertThat(annotated("theirs")).isEmpty();
    assertThat(annotated("asked")).isEqualTo("192.0.2.9, 2001:db8::9");
    expectUntouched();
    for (String made : List.of("theirs", "asked", "waiting", "foreign", "foreign-asked")) {
      host.api().delete(SERVICES + made);
    }
  }

  private void expectUntouched() {
    assertThat(annotated("waiting")).isEmpty();
    assertThat(annotated("foreign")).isEmpty();
    assertThat(annotated("foreign-asked")).isEqualTo("198.51.100.9");
  }

  private String speaker() {
    return host.api()
        .get("/apis/apps/v1/namespaces/metallb-system/daemonsets/speaker")
        .getAsJsonObject("spec")
        .toString();
  }

  @Test
  void withTheManifestsOfThePage() throws IOException {
    HowTo page = HowTo.read("run-on-kubeadm-k3s-rke2.md");
    run(page.commands("Make the key"));
    String key =
        host.api()
            .get("/api/v1/namespaces/kube-system/secrets/vip-manager-mesh")
            .getAsJsonObject("data")
            .get("1")
            .getAsString();
    assertThat(Base64.getDecoder().decode(key)).hasSize(32);
    run(page.commands("Write a DaemonSet"));
    run(page.commands("Apply it"));
    assertThat(host.api().get(DAEMON_SET + "vip-manager").toString())
        .contains("\"secretName\":\"vip-manager-mesh\"");
    assertThat(host.api().get(DAEMON_SET + "vip-manager").toString())
        .contains("\"vip_interface\"")
        .contains("example.com/vip-manager:1");
    run(page.commands("Write a static pod"));
    assertThat(Files.readString(folder.resolve("vip-manager-pod.yaml")))
        .contains("192.0.2.10")
        .contains("/etc/rancher/rke2/rke2.yaml");
    assertThat(run("kubectl create --dry-run=server -f \"$OUT/vip-manager-pod.yaml\"\n"))
        .contains("pod/vip-manager created");
  }

  /// Runs commands as their reader would, in one shell.
  private String run(String commands) {
    Map<String, String> environment = new HashMap<>(moving);
    environment.put("KUBECONFIG", host.adminKubeconfig().toString());
    environment.put("MOVE", folder.toString());
    environment.put("OUT", folder.toString());
    environment.put("IMAGE", "example.com/vip-manager:1");
    environment.put("INTERFACE", "eth0");
    environment.put("ADDRESS", "192.0.2.10");
    environment.put("KUBECONFIG_ON_NODE", "/etc/rancher/rke2/rke2.yaml");
    environment.put("JAVA_HOME", System.getProperty("java.home"));
    environment.put("PATH", lab.directory().resolve("bin") + ":" + System.getenv("PATH"));
    LabProcess shell =
        lab.start(
            host,
            "how-to-" + ++shells,
            List.of("bash", "-c", "set -euo pipefail\ncd " + Checkout.find() + "\n" + commands),
            environment);
    Await.until("the commands to end; see " + shell.log(), PATIENCE, () -> !shell.isAlive());
    assertThat(shell.onExit().join()).as(shell.output()).isZero();
    return shell.output();
  }
}
