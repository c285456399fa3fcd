package dev.thresher.ccm.harvester.loadbalancer;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import dev.thresher.api.CoreTypes;
import dev.thresher.api.ObjectKey;
import dev.thresher.api.loadbalancer.LoadBalancerTypes;
import dev.thresher.ccm.controllers.service.NodeSet;
import dev.thresher.ccm.controllers.service.ServiceReconciler;
import dev.thresher.ccm.harvester.networks.NodeNetworks;
import dev.thresher.runtime.client.KubeApiException;
import dev.thresher.runtime.client.Precondition;
import dev.thresher.runtime.fake.FakeInformers;
import dev.thresher.runtime.fake.FakeKubeApi;
import dev.thresher.runtime.fake.FakeStore;
import dev.thresher.runtime.informer.Scope;
import dev.thresher.runtime.patch.Patches;
import dev.thresher.runtime.reconcile.Result;
import dev.thresher.runtime.time.VirtualTimeline;
import io.kubernetes.client.openapi.models.V1LoadBalancerIngress;
import io.kubernetes.client.openapi.models.V1Node;
import io.kubernetes.client.openapi.models.V1ObjectMeta;
import io.kubernetes.client.openapi.models.V1Service;
import io.kubernetes.client.openapi.models.V1ServicePort;
import io.kubernetes.client.openapi.models.V1ServiceSpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;

/// A guest and a host with many Services: the program in the middle, the host's controller and the
/// guest's VIP manager played here, step by step.
final class TwoClusters {

  static final String IPS = "kube-vip.io/loadbalancerIPs";
  static final String GROUP = "thresher.dev/share-group";
  static final String PRIMARY = "cloudprovider.harvesterhci.io/primary-service";
  private static final String HOST_FINALIZER = "wrangler.cattle.io/harvester-lb-controller";

  final VirtualTimeline timeline = new VirtualTimeline();
  final FakeStore guestStore = new FakeStore();
  final FakeStore hostStore = new FakeStore();
  final FakeKubeApi guest = new FakeKubeApi("guest", guestStore);
  final FakeKubeApi host = new FakeKubeApi("host", hostStore);
  final List<String> events = new ArrayList<>();

  /// Services that are to be looked at.
  final Set<ObjectKey> woken = new LinkedHashSet<>();

  /// Services that are to be looked at again when some time has passed.
  private final Set<ObjectKey> later = new LinkedHashSet<>();

  /// Address of each balancer by its UID, as the host's pool has it.
  final Map<String, String> claims = new TreeMap<>();

  private final FakeKubeApi others = new FakeKubeApi("others", guestStore);
  private ServiceReconciler reconciler;
  private FakeInformers hosts;
  private int lastAddress;

  TwoClusters() {
    hosts = new FakeInformers(hostStore, timeline);
    reconciler = process();
  }

  /// A new process; what the old one knew is lost.
  void restart() {
    hosts = new FakeInformers(hostStore, timeline);
    reconciler = process();
    wakeAll();
  }

  private ServiceReconciler process() {
    FakeInformers guests = new FakeInformers(guestStore, timeline);
    var services = guests.informer(CoreTypes.SERVICE, Scope.ALL);
    var balancers =
        new HarvesterLoadBalancers(
            new LoadBalancerSettings("vms", "", Placement.GUEST),
            host,
            hosts.informer(ReadBalancer.TYPE, Scope.namespace("vms")),
            services,
            guests.informer(CoreTypes.NODE, Scope.ALL),
            NodeNetworks.unknown(),
            timeline);
    balancers.onChange(woken::add);
    NodeSet nodes = NodeSet.of(List.of(new V1Node().metadata(new V1ObjectMeta().name("n1"))));
    var made =
        new ServiceReconciler(
            "gc1",
            balancers,
            services,
            () -> nodes,
            guest,
            (regarding, type, reason, message) ->
                events.add(regarding.getMetadata().getName() + " " + reason + " " + message));
    services.onChange(change -> woken.add(ObjectKey.of(change.object())));
    guests.start();
    hosts.start();
    return made;
  }

  /// The host's changes reach the program later.
  void pauseHost() {
    hosts.pause();
  }

  void resumeHost() {
    hosts.resume();
  }

  V1Service create(String name, String... ports) {
    V1ServiceSpec spec =
        new V1ServiceSpec()
            .type("LoadBalancer")
            .ipFamilies(List.of("IPv4"))
            .ipFamilyPolicy("SingleStack");
    Arrays.stream(ports)
        .map(port -> port.split("/", -1))
        .forEach(port ->
            spec.addPortsItem(
                new V1ServicePort().protocol(port[1]).port(Integer.parseInt(port[0]))));
    return guestStore.put(
        CoreTypes.SERVICE,
        new V1Service().metadata(new V1ObjectMeta().namespace("default").name(name)).spec(spec));
  }

  void change(String name, Consumer<V1Service> change) {
    V1Service service = service(name).orElseThrow();
    change.accept(service);
    guestStore.put(CoreTypes.SERVICE, service);
  }

  /// A Service whose address is held on the host.
  void createOnHost(String name, String... ports) {
    create(name, ports);
    onHost(name);
  }

  /// Asks for an address on the host, with a node port for each port.
  void onHost(String name) {
    change(
        name,
        s -> {
          s.getMetadata().putAnnotationsItem("thresher.dev/placement", "host");
          s.getSpec().getPorts().forEach(port -> port.nodePort(30000 + port.getPort()));
        });
  }

  void share(String name, String primary) {
    change(name, s -> s.getMetadata().putAnnotationsItem(PRIMARY, "default/" + primary));
  }

  void unshareIfShared(String name) {
    if (!annotation(name, PRIMARY).isEmpty()) {
      unshare(name);
    }
  }

  void unshare(String name) {
    change(name, s -> s.getMetadata().getAnnotations().remove(PRIMARY));
  }

  void delete(String name) {
    others.delete(CoreTypes.SERVICE, key(name), Precondition.NONE);
  }

  static ObjectKey key(String name) {
    return ObjectKey.of("default", name);
  }

  Optional<V1Service> service(String name) {
    return guestStore.get(CoreTypes.SERVICE, key(name));
  }

  String annotation(String name, String annotation) {
    Map<String, String> annotations = service(name).orElseThrow().getMetadata().getAnnotations();
    return annotations == null ? "" : annotations.getOrDefault(annotation, "");
  }

  String label(String name) {
    Map<String, String> labels = service(name).orElseThrow().getMetadata().getLabels();
    return labels == null ? "" : labels.getOrDefault(PRIMARY, "");
  }

  String address(String name) {
    return annotation(name, IPS);
  }

  List<String> ingress(String name) {
    return Ingress.of(service(name).orElseThrow());
  }

  /// Names of the Services that have a balancer, once per balancer.
  List<String> balancers() {
    return documents().stream()
        .map(document ->
            document
                .getAsJsonObject("metadata")
                .getAsJsonObject("labels")
                .get("cloudprovider.harvesterhci.io/serviceName")
                .getAsString())
        .sorted()
        .toList();
  }

  JsonObject balancer(String service) {
    return documents().stream()
        .filter(document ->
            document
                .getAsJsonObject("metadata")
                .getAsJsonObject("labels")
                .get("cloudprovider.harvesterhci.io/serviceName")
                .getAsString()
                .equals(service))
        .findFirst()
        .orElseThrow();
  }

  private List<JsonObject> documents() {
    return hostStore.list(LoadBalancerTypes.LOAD_BALANCER).stream()
        .map(ObjectKey::of)
        .map(key -> hostStore.getJson(LoadBalancerTypes.LOAD_BALANCER, key).orElseThrow())
        .toList();
  }

  /// The program looks at one Service; a process that fails looks again later.
  void look(ObjectKey key) {
    woken.remove(key);
    try {
      if (reconciler.reconcile(key) instanceof Result.After) {
        later.add(key);
      }
    } catch (KubeApiException e) {
      woken.add(key);
    }
  }

  /// The host's controller looks at everything once: claims addresses, frees those of balancers
  /// that go.
  void hostLooks() {
    for (JsonObject document : documents()) {
      hostLooksAt(document);
    }
  }

  void hostLooksAt(JsonObject document) {
    JsonObject meta = document.getAsJsonObject("metadata");
    String uid = meta.get("uid").getAsString();
    if (meta.has("deletionTimestamp")) {
      claims.remove(uid);
      hostStore.drop(
          LoadBalancerTypes.LOAD_BALANCER, ObjectKey.of("vms", meta.get("name").getAsString()));
      return;
    }
    if (meta.has("finalizers") && document.has("status")) {
      return;
    }
    JsonArray finalizers = new JsonArray();
    finalizers.add(HOST_FINALIZER);
    meta.add("finalizers", finalizers);
    String address =
        claims.computeIfAbsent(
            uid, _ -> ofGroup(document).orElseGet(() -> "192.0.2." + ++lastAddress));
    JsonObject allocated = new JsonObject();
    allocated.addProperty("ip", address);
    JsonObject status = new JsonObject();
    status.add("allocatedAddress", allocated);
    if ("host".equals(annotation(document, "thresher.dev/placement"))) {
      status.addProperty("address", address);
    }
    document.add("status", status);
    hostStore.put(LoadBalancerTypes.LOAD_BALANCER, document);
  }

  /// The address that another object of the group has.
  private Optional<String> ofGroup(JsonObject document) {
    String group = annotation(document, GROUP);
    return documents().stream()
        .filter(other -> !group.isEmpty() && annotation(other, GROUP).equals(group))
        .map(other -> claims.get(other.getAsJsonObject("metadata").get("uid").getAsString()))
        .filter(Objects::nonNull)
        .findFirst();
  }

  static String annotation(JsonObject document, String key) {
    JsonObject annotations = document.getAsJsonObject("metadata").getAsJsonObject("annotations");
    return annotations.has(key) ? annotations.get(key).getAsString() : "";
  }

  /// The guest's VIP manager answers what the Services say.
  void vipManagerLooks() {
    for (V1Service service : guestStore.list(CoreTypes.SERVICE)) {
      Map<String, String> annotations = service.getMetadata().getAnnotations();
      String wanted = annotations == null ? "" : annotations.getOrDefault(IPS, "");
      List<String> addresses = wanted.isEmpty() ? List.of() : List.of(wanted.split(",", -1));
      if (service.getMetadata().getDeletionTimestamp() == null
          && !wanted.isEmpty()
          && !Ingress.of(service).equals(addresses)) {
        others.patch(
            CoreTypes.SERVICE,
            ObjectKey.of(service),
            Patches.serviceIngress(
                addresses.stream()
                    .map(ip -> new V1LoadBalancerIngress().ip(ip).ipMode("VIP"))
                    .toList()));
      }
    }
  }

  /// The program alone, until it has nothing more to do.
  void programLooks() {
    for (int rounds = 0; !woken.isEmpty(); rounds++) {
      if (rounds > 1000) {
        throw new AssertionError("the program does not come to rest: " + woken);
      }
      List.copyOf(woken).forEach(this::look);
    }
  }

  /// Everybody, until all is at rest.
  void settle() {
    for (int i = 0; i < 6; i++) {
      programLooks();
      hostLooks();
      programLooks();
      vipManagerLooks();
      woken.addAll(later);
      later.clear();
    }
    programLooks();
  }

  /// As after a long time.
  void wakeAll() {
    guestStore.list(CoreTypes.SERVICE).stream().map(ObjectKey::of).forEach(woken::add);
  }
}
