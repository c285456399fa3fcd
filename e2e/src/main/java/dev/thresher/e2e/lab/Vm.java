package dev.thresher.e2e.lab;

import com.google.gson.JsonObject;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/// A virtual machine of the host and a node of a guest cluster: here a network namespace on the
/// bridge of a host node.
///
/// Its pods hang on a bridge `cni0` inside of it. Safe for use by several threads, except
/// [#moveTo].
public final class Vm implements Machine {
  private final Cluster guest;
  private final int numberInGuest;
  private final Namespace namespace;
  private final HarvesterObjects.Machine machine;
  private final ControlPlane host;
  private final AtomicInteger podNumbers = new AtomicInteger(1);
  private final List<Pod> pods = new CopyOnWriteArrayList<>();
  private volatile Node node;
  private volatile List<Link> links;
  private Optional<LabProcess> kubeProxy = Optional.empty();

  Vm(
      Cluster guest,
      int numberInGuest,
      Namespace namespace,
      HarvesterObjects.Machine machine,
      ControlPlane host,
      Node node,
      List<Link> links) {
    this.guest = guest;
    this.numberInGuest = numberInGuest;
    this.namespace = namespace;
    this.machine = machine;
    this.host = host;
    this.node = node;
    this.links = links;
  }

  /// Name of the VM, of its hostname and of its guest node.
  @Override
  public String name() {
    return machine.name();
  }

  @Override
  public Namespace namespace() {
    return namespace;
  }

  @Override
  public Addresses addresses() {
    return machine.nics().getFirst().addresses();
  }

  /// Addresses of its n-th network card, from 0.
  public Addresses addresses(int nic) {
    return machine.nics().get(nic).addresses();
  }

  /// Host namespace (of the Kubernetes kind) in which the VM lives.
  public String hostNamespace() {
    return machine.namespace();
  }

  /// UID of the VirtualMachine object: what the provider id carries.
  public String uid() {
    return Json.text(host.api().get(path("virtualmachines")), "metadata", "uid").orElseThrow();
  }

  public String guest() {
    return guest.name();
  }

  /// Linux name of the first network card.
  public String interfaceName() {
    return machine.nics().getFirst().linux();
  }

  /// The host node it runs on.
  public Node node() {
    return node;
  }

  /// The cable of its first network card.
  public Link link() {
    return links.getFirst();
  }

  public Link link(int nic) {
    return links.get(nic);
  }

  public Optional<LabProcess> kubeProxy() {
    return kubeProxy;
  }

  void kubeProxy(LabProcess process) {
    kubeProxy = Optional.of(process);
  }

  /// A pod on this VM, in namespace `default`, that answers HTTP and UDP on port 8080 with its
  /// name; its Pod object is running and ready, so that Services with a matching selector find it.
  public Pod pod(String podName, Map<String, String> labels) {
    return pod("default", podName, labels);
  }

  public Pod pod(String inNamespace, String podName, Map<String, String> labels) {
    Pod pod =
        Pod.start(
            this, guest, numberInGuest, podNumbers.incrementAndGet(), inNamespace, podName, labels);
    pods.add(pod);
    return pod;
  }

  /// All pods that it was given.
  public List<Pod> pods() {
    return List.copyOf(pods);
  }

  /// Stops every process in the VM, not those of its pods. The VM's kernel goes on.
  public void freeze() {
    namespace.freeze();
  }

  /// Ends [#freeze].
  public void thaw() {
    namespace.signal(Signals.CONT);
  }

  /// Kills every process in the VM.
  public void kill() {
    namespace.signal(Signals.KILL);
  }

  /// Says in the guest's API whether the node is ready.
  public void ready(boolean ready) {
    NodeObjects.condition(guest.controlPlane().api(), name(), ready);
  }

  /// What the guest agent reports for a network card from now on.
  public void report(int nic, List<String> addresses) {
    JsonObject instance = host.api().get(path("virtualmachineinstances"));
    var interfaces = Json.at(instance, "status", "interfaces").orElseThrow().getAsJsonArray();
    interfaces.set(nic, HarvesterObjects.interfaceStatus(machine.nics().get(nic), addresses));
    host.api()
        .merge(
            path("virtualmachineinstances"),
            Json.object("status", Json.object("interfaces", interfaces)));
  }

  /// As a live migration leaves it: the machine keeps its addresses and its processes and is on
  /// another host node.
  public void moveTo(Node target) {
    var moved = Wiring.move(this, target, links);
    node = target;
    links = moved;
    host.api()
        .merge(
            path("virtualmachineinstances"),
            Json.object(
                "metadata",
                    Json.object(
                        "labels", Json.object("kubevirt.io/nodeName", target.name()),
                        "annotations", Json.object("kubernetes.io/hostname", target.name())),
                "status", Json.object("nodeName", target.name())));
  }

  /// As a stopped VM looks from the host: no instance, status stopped. Its processes are killed and
  /// its cables unplugged.
  public void powerOff() {
    kill();
    links.forEach(Link::unplug);
    host.api().delete(path("virtualmachineinstances"));
    host.api()
        .merge(path("virtualmachines") + "/status", HarvesterObjects.virtualMachineStatus(false));
  }

  /// Removes the VM from the host: both objects are gone, its processes killed, its cables
  /// unplugged.
  public void remove() {
    kill();
    links.forEach(Link::unplug);
    host.api().delete(path("virtualmachineinstances"));
    host.api().delete(path("virtualmachines"));
  }

  /// Path of the VM's object of a kind on the host, `virtualmachines` or `virtualmachineinstances`.
  public String path(String plural) {
    return "/apis/kubevirt.io/v1/namespaces/"
        + machine.namespace()
        + "/"
        + plural
        + "/"
        + machine.name();
  }

  /// Makes the host's objects for it.
  void create() {
    KubeApi api = host.api();
    JsonObject made = api.apply(HarvesterObjects.virtualMachine(machine));
    api.merge(path("virtualmachines") + "/status", HarvesterObjects.virtualMachineStatus(true));
    String uid = Json.text(made, "metadata", "uid").orElseThrow();
    api.apply(HarvesterObjects.virtualMachineInstance(machine, uid, node.name()));
    host.guestInfo(
        machine.namespace(), machine.name(), HarvesterObjects.guestInfo(machine, machine.name()));
  }

  /// Registers the guest node, as its kubelet would.
  void register(boolean uninitialized) {
    KubeApi api = guest.controlPlane().api();
    api.apply(
        NodeObjects.guestNode(
            name(), guest.plan().podNetwork(guest.number(), numberInGuest), uninitialized));
    NodeObjects.systemUuid(api, name(), machine.uuid());
    NodeObjects.addresses(api, name(), addresses());
    ready(true);
  }

  HarvesterObjects.Machine machine() {
    return machine;
  }
}
