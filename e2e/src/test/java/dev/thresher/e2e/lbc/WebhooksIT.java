package dev.thresher.e2e.lbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.Gson;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.thresher.e2e.cloud.Dist;
import dev.thresher.e2e.lab.AuditLog.Request;
import dev.thresher.e2e.lab.Await;
import dev.thresher.e2e.lab.ControlPlane;
import dev.thresher.e2e.lab.KubeApi.ApiFailure;
import dev.thresher.e2e.lab.Lab;
import dev.thresher.e2e.lab.LabException;
import dev.thresher.e2e.lab.LabProcess;
import dev.thresher.e2e.lab.Machine;
import dev.thresher.e2e.lab.NeedsLab;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

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
    lab = Lab.builder().hostNodes(1).audit(true).start();
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
            "--webhook-ca-lifetime=30s",
            "--webhook-certificate-lifetime=30s",
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

  @Test
  @Order(4)
  void allCertificatesChangeUnderLoadAndNoCallFails() throws Exception {
    String authority = secret("-ca");
    String server = secret("-tls");
    int before = log("kube-apiserver").length();
    Writers writers = writers();
    try (writers) {
      Await.until("another authority to sign", PATIENCE, () -> !secret("-ca").equals(authority));
      Await.until("a certificate by it", PATIENCE, () -> !secret("-tls").equals(server));
      String last = secret("-ca");
      Await.until("the next authority to sign", PATIENCE, () -> !secret("-ca").equals(last));
    }
    System.out.println("while authorities change: " + writers);

    assertThat(writers.failures()).isEmpty();
    // The mutator may be passed over without a refusal, so it is counted for itself.
    assertThat(log("kube-apiserver").substring(before))
        .doesNotContain("failing open mutator." + SYSTEM);
    assertThat(writers.writes()).isGreaterThan(100);
    // A handshake that waits for a name service takes five seconds at least.
    assertThat(writers.slowest()).isLessThan(Duration.ofSeconds(5));
  }

  /// Each changes an object of its own, by either version in turn.
  private Writers writers() {
    return new Writers(
        List.of("web", "old"),
        (name, number) ->
            host.api()
                .merge(
                    path(number % 2 == 0 ? "v1beta1" : "v1alpha1", name),
                    json("{'spec':{'description':'" + number + "'}}")));
  }

  /// As a rollout does it: the Service leads elsewhere a moment after the signal.
  @Test
  @Order(5)
  void anOrderlyStopRefusesNoWrite() throws Exception {
    int before = log("kube-apiserver").length();
    Writers writers = writers();
    try (writers) {
      Await.until("writes", PATIENCE, () -> writers.writes() > 20);
      second.terminate();
      int atOnce = writers.writes();
      Await.until("writes to both replicas", PATIENCE, () -> writers.writes() > atOnce + 10);
      reachableOn(host);
      assertThat(second.onExit().get(20, TimeUnit.SECONDS)).isZero();
      int after = writers.writes();
      Await.until("writes to the other", PATIENCE, () -> writers.writes() > after + 20);
    }
    System.out.println("while one of two replicas ends: " + writers);

    assertThat(writers.failures()).isEmpty();
    assertThat(log("kube-apiserver").substring(before))
        .doesNotContain("failing open mutator." + SYSTEM);
  }

  /// What the API server has said so far.
  private String log(String program) throws IOException {
    return Files.readString(lab.directory().resolve("logs/cp-host-" + program + ".log"));
  }

  @Test
  @Order(6)
  void withoutTheProgramWhatCouldBeWrongIsRefusedAndTheRestPasses() {
    first.kill();
    first.onExit().join();
    String[] closed = {"failed calling webhook", "validator." + SYSTEM + "." + NAME};

    assertThat(refusal(() -> create("v1beta1", "late", "{'workloadType':'cluster'}")))
        .contains(closed)
        .contains(": 500 ");
    assertThat(
            refusal(() ->
                host.api().merge(path("v1beta1", "web"), json("{'spec':{'description':'dead'}}"))))
        .contains(closed)
        .contains(": 500 ");
    assertThatThrownBy(() -> kubectl(pool("late", "{subnet: 198.51.100.0/24}"), "apply", "-f", "-"))
        .hasMessageContainingAll(closed);
    assertThatThrownBy(() -> kubectl("", "delete", "ippool", "lan"))
        .hasMessageContainingAll(closed);
    assertThat(refusal(() -> host.api().get(path("v1alpha1", "web"))))
        .contains("conversion webhook for loadbalancer.harvesterhci.io/v1beta1", "failed");

    // What no rule looks at needs no answer.
    assertThat(host.api().get(path("v1beta1", "web"))).isNotNull();
    host.api().merge(path("v1beta1", "one"), json("{'status':{'address':'192.0.2.2'}}"));
    assertThat(host.api().delete(path("v1beta1", "one"))).isTrue();
    assertThat(host.api().get(path("v1beta1", "one")).getAsJsonObject("metadata").toString())
        .contains("deletionTimestamp");
    assertThat(kubectl("", "create", "namespace", "beside")).contains("created");
  }

  /// The mutator's policy is Ignore: what it would have filled in is what counts all the same.
  @Test
  @Order(7)
  void whatTheMutatorMissedTheControllerKnows() {
    for (String kind : List.of("validating", "mutating")) {
      assertThat(
              host.api()
                  .delete(
                      "/apis/admissionregistration.k8s.io/v1/"
                          + kind
                          + "webhookconfigurations/"
                          + NAME))
          .isTrue();
    }
    // By the project of the namespace this pool is closer than the global one.
    kubectl(
        """
        apiVersion: loadbalancer.harvesterhci.io/v1beta1
        kind: IPPool
        metadata: {name: projects}
        spec:
          ranges: [{subnet: 198.51.100.0/24}]
          selector:
            scope: [{project: c-1/p-2, namespace: vms, guestCluster: g9}]
        """,
        "apply",
        "-f",
        "-");
    var labelled =
        json(
            "{'apiVersion':'loadbalancer.harvesterhci.io/v1beta1','kind':'LoadBalancer','metadata':"
                + "{'name':'bare','annotations':{'loadbalancer.harvesterhci.io/cluster':'g9'}},"
                + "'spec':{'workloadType':'cluster'}}");
    JsonObject bare = host.api().create(GROUP + "v1beta1/namespaces/vms/loadbalancers", labelled);
    assertThat(bare.toString()).doesNotContain("c-1/p-2");
    JsonObject checked =
        create("v1beta1", "checked", "{'healthCheck':{'port':8080}," + LISTENER + "}");
    assertThat(checked.getAsJsonObject("spec").getAsJsonObject("healthCheck").size()).isOne();

    first = program(host, "3", "--controller=true");
    Await.until(
        "an address of the closer pool",
        PATIENCE,
        () ->
            host.api().get(path("v1beta1", "bare")).toString().contains("\"ip\":\"198.51.100.2\""));
    assertThat(host.api().get(path("v1beta1", "bare")).toString()).doesNotContain("c-1/p-2");
    Await.until(
        "what was deleted meanwhile to be gone",
        PATIENCE,
        () -> host.api().find(path("v1beta1", "one")).isEmpty());
    Await.until(
        "the webhooks to be registered again",
        PATIENCE,
        () -> host.api().find(VALIDATING).isPresent());
    Await.until(
        "a write to pass",
        PATIENCE,
        () ->
            refusal(() ->
                    host.api()
                        .merge(path("v1beta1", "web"), json("{'spec':{'description':'alive'}}")))
                .isEmpty());
  }

  @Test
  @Order(8)
  void whatIsShippedSufficesAndNothingIsTooMuch() {
    // A network, a certain address, another port: what the days before did not need.
    assertThatThrownBy(() ->
            kubectl(
                pool("vlan", "{subnet: 203.0.113.0/24}")
                    .replace("selector:", "selector:\n    network: default/gone"),
                "apply",
                "-f",
                "-"))
        .hasMessageContaining(
            "spec.selector.network: want a NetworkAttachmentDefinition that exists");
    String own = host.addresses().ipv4();
    assertThat(
            refusal(() ->
                host.api()
                    .create(
                        GROUP + "v1beta1/namespaces/vms/loadbalancers",
                        json(
                            "{'apiVersion':'loadbalancer.harvesterhci.io/v1beta1',"
                                + "'kind':'LoadBalancer','metadata':{'name':'own','annotations':"
                                + "{'thresher.dev/wanted-addresses':'"
                                + own
                                + "'}},'spec':{'workloadType':'cluster'}}"))))
        .contains("which the API server of the host does, got \\\"" + own);
    host.api()
        .merge(
            path("v1beta1", "web"),
            json(
                "{'spec':{'listeners':[{'name':'http','port':81,"
                    + "'protocol':'TCP','backendPort':8081}],'healthCheck':{'port':8081}}}"));
    Await.until(
        "the host Service to follow",
        PATIENCE,
        () -> host.api().get("/api/v1/namespaces/vms/services/web").toString().contains("8081"));
    String report =
        host.namespace()
            .run(
                List.of(
                    "env",
                    "JAVA_HOME=" + System.getProperty("java.home"),
                    Dist.find().program("loadbalancer-controller").toString(),
                    "report",
                    "--kubeconfig=" + kubeconfig,
                    "--output=json"));
    assertThat(
            JsonParser.parseString(report.substring(report.indexOf("{")))
                .getAsJsonObject()
                .get("addresses")
                .toString())
        .contains("\"owner\":\"vms/bare\"", "\"pool\":\"projects\"", "\"state\":\"used\"");
    aGuestClusterGoesAndTakesItsLoadBalancersWithIt();
    for (JsonObject object : host.api().list(GROUP + "v1beta1/namespaces/vms/loadbalancers")) {
      host.api()
          .delete(path("v1beta1", object.getAsJsonObject("metadata").get("name").getAsString()));
    }
    Await.until(
        "nothing to be left",
        PATIENCE,
        () ->
            host.api().list(GROUP + "v1beta1/namespaces/vms/loadbalancers").isEmpty()
                && host.api().list("/apis/net.thresher.dev/v1alpha1/addressclaims").isEmpty());
    assertThat(first.stop(Duration.ofSeconds(15))).isZero();

    List<Request> asked =
        host.audit().requests().stream()
            .filter(r ->
                r.user().equals("system:serviceaccount:" + SYSTEM + ":harvester-load-balancer"))
            .toList();
    Set<String> unused = new TreeSet<>(shipped());
    assertThat(unused).containsAll(RARE.keySet());
    asked.forEach(r -> unused.remove(r.verb() + " " + r.resource()));
    unused.removeAll(RARE.keySet());
    assertThat(unused)
        .as("rules of charts/loadbalancer-controller/files/rbac.yaml that nothing uses")
        .isEmpty();
  }

  /// Its machine has the finalizers that Harvester's controller leaves, which keep nobody.
  private void aGuestClusterGoesAndTakesItsLoadBalancersWithIt() {
    host.api()
        .create(
            GROUP + "v1beta1/namespaces/vms/loadbalancers",
            json(
                "{'apiVersion':'loadbalancer.harvesterhci.io/v1beta1','kind':'LoadBalancer',"
                    + "'metadata':{'name':'g9-web','labels':"
                    + "{'cloudprovider.harvesterhci.io/cluster':'g9'}},"
                    + "'spec':{'workloadType':'cluster'}}"));
    String machine = "/apis/kubevirt.io/v1/namespaces/vms/virtualmachines/g9-1";
    String instance = "/apis/kubevirt.io/v1/namespaces/vms/virtualmachineinstances/g9-1";
    host.apply(
        """
        apiVersion: kubevirt.io/v1
        kind: VirtualMachine
        metadata:
          name: g9-1
          namespace: vms
          labels: {guestcluster.harvesterhci.io/name: g9}
          annotations: {harvesterhci.io/removeAllPersistentVolumeClaims: "true"}
          finalizers: [wrangler.cattle.io/harvester-lb-vm-controller]
        ---
        apiVersion: kubevirt.io/v1
        kind: VirtualMachineInstance
        metadata:
          name: g9-1
          namespace: vms
          finalizers: [wrangler.cattle.io/harvester-lb-vmi-controller]
        """);
    Await.until(
        "the mark",
        PATIENCE,
        () -> host.api().get(path("v1beta1", "g9-web")).toString().contains("cluster-removed"));
    host.api().delete(instance);
    host.api().delete(machine);
    Await.until(
        "machine, instance and load balancer to be gone",
        PATIENCE,
        () ->
            host.api().find(machine).isEmpty()
                && host.api().find(instance).isEmpty()
                && host.api().find(path("v1beta1", "g9-web")).isEmpty());
  }

  /// What only a race or a rare change asks for, which no run makes at will.
  private static final Map<String, String> RARE =
      Map.of(
          "get addressclaims", "an address that somebody else claimed a moment ago",
          "patch addressclaims", "a load balancer that is made again before its claim has ended",
          "get loadbalancers", "one that is gone from the cache while its address is still claimed",
          "get services", "one of the same name without our label",
          "get endpointslices", "likewise",
          "create ippools", "the configuration of kube-vip's cloud provider, taken over once",
          "patch configmaps", "likewise",
          "patch events", "an Event that is said again before it is forgotten");

  /// `VERB RESOURCE` of every rule in the chart.
  private static Set<String> shipped() {
    Set<String> rules = new TreeSet<>();
    var yaml = new Yaml(new SafeConstructor(new LoaderOptions()));
    for (Object document :
        yaml.loadAll(Dist.find().chartFile("loadbalancer-controller", "rbac.yaml"))) {
      JsonObject object = new Gson().toJsonTree(document).getAsJsonObject();
      if (object.has("rules")) {
        for (JsonElement rule : object.getAsJsonArray("rules")) {
          for (JsonElement verb : rule.getAsJsonObject().getAsJsonArray("verbs")) {
            for (JsonElement resource : rule.getAsJsonObject().getAsJsonArray("resources")) {
              rules.add(verb.getAsString() + " " + resource.getAsString());
            }
          }
        }
      }
    }
    return rules;
  }

  private String secret(String suffix) {
    return host.api()
        .get("/api/v1/namespaces/" + SYSTEM + "/secrets/" + NAME + suffix)
        .getAsJsonObject("data")
        .get("tls.crt")
        .getAsString();
  }
}
