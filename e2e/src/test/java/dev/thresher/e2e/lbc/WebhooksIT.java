package dev.thresher.e2e.lbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.thresher.e2e.cloud.Dist;
import dev.thresher.e2e.lab.Await;
import dev.thresher.e2e.lab.ControlPlane;
import dev.thresher.e2e.lab.KubeApi.ApiFailure;
import dev.thresher.e2e.lab.Lab;
import dev.thresher.e2e.lab.LabException;
import dev.thresher.e2e.lab.LabProcess;
import dev.thresher.e2e.lab.Machine;
import dev.thresher.e2e.lab.NeedsLab;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;

/// Admission and conversion by two replicas, asked by a real API server. Their certificates live
/// for 30 seconds only, so that all of them change meanwhile.
@NeedsLab
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class WebhooksIT {

  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final String SYSTEM = "harvester-system";
  private static final String NAME = "harvester-load-balancer-webhook";
  private static final String VALIDATING =
      "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/" + NAME;
  private static final String GROUP = "/apis/loadbalancer.harvesterhci.io/";
  private static final String DENIED =
      "admission webhook \"validator." + SYSTEM + "." + NAME + "\" denied the request: ";
  private static final int PORT = 8443;

  private Lab lab;
  private ControlPlane host;
  private Machine node;
  private String kubeconfig;
  private LabProcess first;
  private LabProcess second;

  @BeforeAll
  void start() {
    lab = Lab.builder().hostNodes(1).start();
    host = lab.host();
    node = lab.node(1);
    host.ensureNamespace(SYSTEM);
    host.ensureNamespace("vms");
    host.apply(Dist.find().chartFile("loadbalancer-controller", "rbac.yaml"));
    kubeconfig =
        host.kubeconfig(host.serviceAccount(SYSTEM, "harvester-load-balancer"), SYSTEM).toString();
    host.expose(SYSTEM, NAME, host, PORT);
    reachableOn(host, node);
    first = program(host, "1", "--controller=true");
    second = program(node, "2", "--controller=false");
    Await.until(
        "the webhooks to be registered", PATIENCE, () -> host.api().find(VALIDATING).isPresent());
    Await.until("both replicas to answer", PATIENCE, () -> answers(first) && answers(second));
    Await.until(
        "a bad object to be refused",
        PATIENCE,
        () -> refusal(() -> create("v1beta1", "probe", "{}")).contains("denied"));
  }

  @AfterAll
  void end() {
    if (lab != null) {
      lab.close();
    }
  }

  private static boolean answers(LabProcess process) {
    return process.output().contains("serving webhooks");
  }

  private LabProcess program(Machine on, String replica, String role) {
    return lab.start(
        on,
        "webhooks-" + replica,
        List.of(
            Dist.find().program("loadbalancer-controller").toString(),
            "--kubeconfig=" + kubeconfig,
            "--bind-address=127.0.0.1",
            "--secure-port=10270",
            "--https-port=" + PORT,
            role,
            "--v=2"),
        Map.of("JAVA_HOME", System.getProperty("java.home")));
  }

  /// Lets the API server send its questions to these machines.
  private void reachableOn(Machine... machines) {
    var endpoints = new ArrayList<String>();
    for (Machine machine : machines) {
      endpoints.add(
          "{addresses: [\"%s\"], conditions: {ready: true}}".formatted(machine.addresses().ipv4()));
    }
    host.apply(
        """
        apiVersion: discovery.k8s.io/v1
        kind: EndpointSlice
        metadata:
          name: %s-lab
          namespace: %s
          labels:
            kubernetes.io/service-name: %s
            endpointslice.kubernetes.io/managed-by: lab
        addressType: IPv4
        ports:
          - {port: %d, protocol: TCP}
        endpoints: [%s]
        """
            .formatted(NAME, SYSTEM, NAME, PORT, String.join(", ", endpoints)));
  }

  private String kubectl(String input, String... arguments) {
    var command =
        new ArrayList<>(
            List.of(
                Path.of(lab.directory().toString(), "bin", "kubectl").toString(),
                "--kubeconfig",
                host.adminKubeconfig().toString()));
    command.addAll(List.of(arguments));
    return host.namespace().run(command, input);
  }

  private static JsonObject json(String text) {
    return JsonParser.parseString(text.replace('\'', '"')).getAsJsonObject();
  }

  private static String path(String version, String name) {
    return GROUP + version + "/namespaces/vms/loadbalancers/" + name;
  }

  private JsonObject create(String version, String name, String spec) {
    return host.api()
        .create(
            GROUP + version + "/namespaces/vms/loadbalancers",
            json(
                "{'apiVersion':'loadbalancer.harvesterhci.io/"
                    + version
                    + "','kind':'LoadBalancer','metadata':{'name':'"
                    + name
                    + "'},'spec':"
                    + spec
                    + "}"));
  }

  private static String refusal(Runnable call) {
    try {
      call.run();
      return "";
    } catch (ApiFailure e) {
      return String.valueOf(e.getMessage());
    }
  }

  private static String pool(String name, String range) {
    return """
    apiVersion: loadbalancer.harvesterhci.io/v1beta1
    kind: IPPool
    metadata: {name: %s}
    spec:
      ranges: [%s]
      selector:
        scope: [{project: "*", namespace: "*", guestCluster: "*"}]
    """
        .formatted(name, range);
  }

  private static final String LISTENER =
      "'listeners':[{'name':'http','port':80,'protocol':'TCP','backendPort':8080}]";

  @Test
  @Order(1)
  void whatIsWrongIsRefusedInOurWords() {
    kubectl(pool("lan", "{subnet: 192.0.2.0/24}"), "apply", "-f", "-");

    assertThatThrownBy(() ->
            kubectl(
                """
                apiVersion: loadbalancer.harvesterhci.io/v1beta1
                kind: LoadBalancer
                metadata: {name: bad, namespace: vms}
                spec:
                  ipPool: gone
                  listeners:
                    - {name: a, port: 80, protocol: TCP, backendPort: 8080}
                    - {name: b, port: 80, protocol: TCP, backendPort: 8081}
                """,
                "apply",
                "-f",
                "-"))
        .isInstanceOf(LabException.class)
        .hasMessageContaining(
            DENIED
                + "spec.listeners[1].port: want a port that no other listener has with protocol"
                + " TCP, got \"80\"; change this port or that of spec.listeners[0];"
                + " spec.ipPool: want the name of an IPPool, got \"gone\"; create it");
    assertThatThrownBy(() ->
            kubectl(
                pool("other", "{subnet: 192.0.2.0/24, rangeStart: 192.0.2.200}"),
                "apply",
                "-f",
                "-"))
        .hasMessageContaining(DENIED + "spec.ranges[0]: want addresses that no other pool")
        .hasMessageContaining("pool \"lan\" is global already");

    assertThat(create("v1beta1", "one", "{'workloadType':'cluster'}")).isNotNull();
    Await.until(
        "an address",
        PATIENCE,
        () -> host.api().get(path("v1beta1", "one")).toString().contains("\"ip\":\"192.0.2.2\""));
    assertThatThrownBy(() -> kubectl("", "delete", "ippool", "lan"))
        .hasMessageContaining(DENIED + "status.allocated: want no address in use, got")
        .hasMessageContaining("192.0.2.2 of vms/one");
    assertThatThrownBy(() -> kubectl(pool("lan", "{subnet: 192.0.2.128/25}"), "apply", "-f", "-"))
        .hasMessageContaining("192.0.2.2 of vms/one");
    // A warning does not refuse.
    assertThat(kubectl(pool("six", "{subnet: \"2001:db8::/64\"}"), "apply", "-f", "-"))
        .contains("Warning: ", "created");
  }

  @Test
  @Order(2)
  void whatIsMissingIsFilledIn() {
    host.apply(
        """
        apiVersion: v1
        kind: Namespace
        metadata:
          name: vms
          annotations: {field.cattle.io/projectId: "c-1:p-2"}
        """);
    assertThat(
            host.api()
                .get(GROUP + "v1beta1/ippools/lan")
                .getAsJsonObject("metadata")
                .getAsJsonObject("labels"))
        .isEqualTo(
            json(
                "{'loadbalancer.harvesterhci.io/vid':'0',"
                    + "'loadbalancer.harvesterhci.io/global-ip-pool':'true'}"));
    JsonObject made = create("v1beta1", "web", "{'healthCheck':{'port':8080}," + LISTENER + "}");
    assertThat(made.getAsJsonObject("spec").getAsJsonObject("healthCheck"))
        .isEqualTo(
            json(
                "{'port':8080,'successThreshold':2,'failureThreshold':2,'periodSeconds':1,"
                    + "'timeoutSeconds':1}"));
    assertThat(made.getAsJsonObject("metadata").get("annotations"))
        .isEqualTo(json("{'loadbalancer.harvesterhci.io/namespace':'vms'}"));
    Await.until(
        "the project of the namespace to be known",
        PATIENCE,
        () -> {
          host.api().delete(path("v1beta1", "projected"));
          Await.until(
              "it to be gone",
              PATIENCE,
              () -> host.api().find(path("v1beta1", "projected")).isEmpty());
          return create("v1beta1", "projected", "{'workloadType':'cluster'}")
              .toString()
              .contains("\"loadbalancer.harvesterhci.io/project\":\"c-1/p-2\"");
        });
  }

  @Test
  @Order(3)
  void bothVersionsAreServedAndNothingIsLost() {
    host.api()
        .merge(
            path("v1beta1", "web"),
            json("{'spec':{'ipPool':'lan','backendServerSelector':{'app':['web']}}}"));
    JsonObject old = host.api().get(path("v1alpha1", "web"));
    assertThat(old.getAsJsonObject("spec").getAsJsonObject("healthCheck").has("PeriodSeconds"))
        .isTrue();
    assertThat(old.getAsJsonObject("spec").has("ipPool")).isFalse();

    host.api().merge(path("v1alpha1", "web"), json("{'spec':{'description':'by the old one'}}"));
    JsonObject now = host.api().get(path("v1beta1", "web"));
    assertThat(now.getAsJsonObject("spec"))
        .isEqualTo(
            json(
                "{'description':'by the old one','ipPool':'lan',"
                    + "'backendServerSelector':{'app':['web']},"
                    + "'healthCheck':{'port':8080,'successThreshold':2,'failureThreshold':2,"
                    + "'periodSeconds':1,'timeoutSeconds':1},"
                    + LISTENER
                    + "}"));
    assertThat(now.getAsJsonObject("metadata").toString()).doesNotContain("v1beta1-fields");

    create(
        "v1alpha1",
        "old",
        "{'ipam':'pool','backendServers':['10.0.0.9'],'healthCheck':{'port':8080,"
            + "'successThreshold':1,'failureThreshold':3,'PeriodSeconds':5,'timeoutSeconds':3},"
            + LISTENER
            + "}");
    JsonObject converted = host.api().get(path("v1beta1", "old")).getAsJsonObject("spec");
    assertThat(converted.getAsJsonObject("healthCheck").get("periodSeconds").getAsInt())
        .isEqualTo(5);
    assertThat(
            host.api().get(path("v1alpha1", "old")).getAsJsonObject("spec").get("backendServers"))
        .hasToString("[\"10.0.0.9\"]");
    // The rules hold for the older version, too.
    assertThat(refusal(() -> create("v1alpha1", "bad", "{'ipam':'pool','listeners':[]}")))
        .contains("spec.listeners: want at least one listener");
    assertThat(
            kubectl(
                "",
                "get",
                "loadbalancers.v1alpha1.loadbalancer.harvesterhci.io",
                "--namespace=vms",
                "--output=name"))
        .contains("/old", "/web", "/one");
  }
}
