package dev.thresher.e2e.lab;

import com.google.gson.JsonObject;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/// A pod: a namespace behind its VM's bridge with an HTTP and a UDP server on port 8080, and a Pod
/// object.
public final class Pod implements Machine {
  public static final int PORT = 8080;

  private final String inNamespace;
  private final String name;
  private final Namespace namespace;
  private final Addresses addresses;
  private final Cluster guest;

  private Pod(
      String inNamespace, String name, Namespace namespace, Addresses addresses, Cluster guest) {
    this.inNamespace = inNamespace;
    this.name = name;
    this.namespace = namespace;
    this.addresses = addresses;
    this.guest = guest;
  }

  static Pod start(
      Vm vm,
      Cluster guest,
      int numberInGuest,
      int number,
      String inNamespace,
      String name,
      Map<String, String> labels) {
    Workspace workspace = guest.workspace();
    AddressPlan plan = workspace.plan();
    Addresses own = plan.pod(guest.number(), numberInGuest, number);
    Addresses gateway = plan.pod(guest.number(), numberInGuest, 1);
    String unique = guest.number() + "x" + numberInGuest + "x" + number;
    Namespace namespace = Namespace.create(workspace, "pod" + unique, List.of());
    new Switch(vm.namespace())
        .attach(
            Wiring.POD_BRIDGE,
            "pod" + number,
            namespace,
            "eth0",
            plan.mac(0x40 + guest.number(), numberInGuest * 64 + number));
    namespace.ip(
        List.of(
            "addr add " + own.ipv4() + "/26 dev eth0",
            "addr add " + own.ipv6() + "/64 dev eth0",
            "route add default via " + gateway.ipv4(),
            "route add ::/0 via " + gateway.ipv6()));
    String netlab = workspace.programs().netlab().toString();
    List<LabProcess> servers =
        Stream.of("httpd", "udpecho")
            .map(server ->
                namespace.start(
                    server, List.of(netlab, server, "-listen=:" + PORT, "-text=" + name), Map.of()))
            .toList();
    // It is said to be ready below, and whoever is sent here before would be refused.
    servers.forEach(server -> server.awaitOutput("listening"));
    var pod = new Pod(inNamespace, name, namespace, own, guest);
    pod.register(vm, labels);
    return pod;
  }

  private void register(Vm vm, Map<String, String> labels) {
    guest.controlPlane().ensureNamespace(inNamespace);
    guest
        .controlPlane()
        .api()
        .apply(
            Json.object(
                "apiVersion",
                "v1",
                "kind",
                "Pod",
                "metadata",
                Json.object("name", name, "namespace", inNamespace, "labels", labels),
                "spec",
                Json.object(
                    "nodeName", vm.name(),
                    "terminationGracePeriodSeconds", 0,
                    "containers",
                        Json.array(
                            Json.object(
                                "name", "server",
                                "image", "lab.invalid/server",
                                "ports",
                                    Json.array(
                                        Json.object("name", "http", "containerPort", PORT)))))));
    status(vm, true);
  }

  private void status(Vm vm, boolean ready) {
    String now = Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
    String truth = ready ? "True" : "False";
    JsonObject status =
        Json.object(
            "phase", "Running",
            "podIP", addresses.ipv4(),
            "podIPs",
                Json.array(
                    Json.object("ip", addresses.ipv4()), Json.object("ip", addresses.ipv6())),
            "hostIP", vm.addresses().ipv4(),
            "startTime", now,
            "containerStatuses",
                Json.array(
                    Json.object(
                        "name",
                        "server",
                        "image",
                        "lab.invalid/server",
                        "imageID",
                        "",
                        "ready",
                        ready,
                        "restartCount",
                        0,
                        "state",
                        Json.object("running", Json.object("startedAt", now)))),
            "conditions",
                Json.array(
                    Json.object("type", "Ready", "status", truth, "lastTransitionTime", now),
                    Json.object(
                        "type", "ContainersReady", "status", truth, "lastTransitionTime", now)));
    guest.controlPlane().api().merge(path() + "/status", Json.object("status", status));
  }

  /// Says in the API whether the pod is ready.
  public void ready(boolean ready) {
    String now = Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
    guest
        .controlPlane()
        .api()
        .merge(
            path() + "/status",
            Json.object(
                "status",
                Json.object(
                    "conditions",
                    Json.array(
                        Json.object(
                            "type",
                            "Ready",
                            "status",
                            ready ? "True" : "False",
                            "lastTransitionTime",
                            now)))));
  }

  /// Removes the Pod object and kills its servers.
  public void remove() {
    guest.controlPlane().api().delete(path() + "?gracePeriodSeconds=0");
    namespace.signal(Signals.KILL);
  }

  private String path() {
    return "/api/v1/namespaces/" + inNamespace + "/pods/" + name;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public Namespace namespace() {
    return namespace;
  }

  @Override
  public Addresses addresses() {
    return addresses;
  }
}
