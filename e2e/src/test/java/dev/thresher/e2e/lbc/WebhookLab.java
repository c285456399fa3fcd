package dev.thresher.e2e.lbc;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.thresher.e2e.cloud.Dist;
import dev.thresher.e2e.lab.Await;
import dev.thresher.e2e.lab.ControlPlane;
import dev.thresher.e2e.lab.KubeApi.ApiFailure;
import dev.thresher.e2e.lab.Lab;
import dev.thresher.e2e.lab.LabProcess;
import dev.thresher.e2e.lab.Machine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// A host whose API server asks webhooks, under the access rules that are shipped. Certificates
/// live for 30 seconds only, so that they change meanwhile.
final class WebhookLab implements AutoCloseable {

  static final Duration PATIENCE = Duration.ofSeconds(60);
  static final String SYSTEM = "harvester-system";
  static final String NAME = "harvester-load-balancer-webhook";
  static final String VALIDATING =
      "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/" + NAME;
  static final String GROUP = "/apis/loadbalancer.harvesterhci.io/";
  static final String LISTENER =
      "'listeners':[{'name':'http','port':80,'protocol':'TCP','backendPort':8080}]";
  private static final int PORT = 8443;

  final Lab lab;
  final ControlPlane host;
  final Machine node;
  final String kubeconfig;
  private final String webhooksOnly;

  WebhookLab() {
    lab = Lab.builder().hostNodes(1).audit(true).start();
    host = lab.host();
    node = lab.node(1);
    host.ensureNamespace(SYSTEM);
    host.ensureNamespace("vms");
    host.apply(Dist.find().chartFile("loadbalancer-controller", "rbac.yaml"));
    kubeconfig =
        host.kubeconfig(host.serviceAccount(SYSTEM, "harvester-load-balancer"), SYSTEM).toString();
    webhooksOnly = host.kubeconfig(host.serviceAccount(SYSTEM, NAME), SYSTEM).toString();
    host.expose(SYSTEM, NAME, host, PORT);
  }

  /// Until these replicas answer, and a bad object is refused.
  void await(LabProcess... replicas) {
    Await.until(
        "the webhooks to be registered", PATIENCE, () -> host.api().find(VALIDATING).isPresent());
    for (LabProcess replica : replicas) {
      Await.until(
          "every replica to answer", PATIENCE, () -> replica.output().contains("serving webhooks"));
    }
    Await.until(
        "a bad object to be refused",
        PATIENCE,
        () -> refusal(() -> create("v1beta1", "probe", "{}")).contains("denied"));
  }

  @Override
  public void close() {
    lab.close();
  }

  LabProcess program(Machine on, String replica, String role) {
    return lab.start(
        on,
        "webhooks-" + replica,
        List.of(
            Dist.find().program("loadbalancer-controller").toString(),
            "--kubeconfig=" + (role.equals("--controller=false") ? webhooksOnly : kubeconfig),
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
  void reachableOn(Machine... machines) {
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

  String kubectl(String input, String... arguments) {
    var command =
        new ArrayList<>(
            List.of(
                Path.of(lab.directory().toString(), "bin", "kubectl").toString(),
                "--kubeconfig",
                host.adminKubeconfig().toString()));
    command.addAll(List.of(arguments));
    return host.namespace().run(command, input);
  }

  static JsonObject json(String text) {
    return JsonParser.parseString(text.replace('\'', '"')).getAsJsonObject();
  }

  static String path(String version, String name) {
    return GROUP + version + "/namespaces/vms/loadbalancers/" + name;
  }

  JsonObject create(String version, String name, String spec) {
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

  static String refusal(Runnable call) {
    try {
      call.run();
      return "";
    } catch (ApiFailure e) {
      return String.valueOf(e.getMessage());
    }
  }

  static String pool(String name, String range) {
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

  /// What the API server has said so far.
  String log(String program) throws IOException {
    return Files.readString(lab.directory().resolve("logs/cp-host-" + program + ".log"));
  }

  String secret(String suffix) {
    return host.api()
        .get("/api/v1/namespaces/" + SYSTEM + "/secrets/" + NAME + suffix)
        .getAsJsonObject("data")
        .get("tls.crt")
        .getAsString();
  }
}
