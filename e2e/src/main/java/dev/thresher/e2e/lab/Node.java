package dev.thresher.e2e.lab;

import java.util.List;
import java.util.Optional;

/// A host node: a machine whose bridge `mgmt-br` carries its address and the VMs that run on it.
///
/// Its uplink `eth0` is a port of that bridge. An address for Services is held on [#interfaceName].
public final class Node implements Machine {
  /// Harvester's name for the bridge of the management network.
  public static final String BRIDGE = "mgmt-br";

  /// Number of the host among the clusters.
  private static final int HOST = 0;

  private final String name;
  private final int number;
  private final Namespace namespace;
  private final Addresses addresses;
  private final Link link;
  private final Switch bridge;
  private final ControlPlane host;
  private Optional<LabProcess> kubeProxy = Optional.empty();
  private int pods;

  Node(
      String name,
      int number,
      Namespace namespace,
      Addresses addresses,
      Link link,
      Switch bridge,
      ControlPlane host) {
    this.name = name;
    this.number = number;
    this.namespace = namespace;
    this.addresses = addresses;
    this.link = link;
    this.bridge = bridge;
    this.host = host;
  }

  @Override
  public String name() {
    return name;
  }

  /// From 1.
  public int number() {
    return number;
  }

  @Override
  public Namespace namespace() {
    return namespace;
  }

  @Override
  public Addresses addresses() {
    return addresses;
  }

  /// The cable of its uplink: cutting it cuts off its VMs as well.
  public Link link() {
    return link;
  }

  Switch bridge() {
    return bridge;
  }

  /// The interface that has the node's address.
  public String interfaceName() {
    return BRIDGE;
  }

  /// A client in a pod of this node. What it sends to others than pods leaves under the address of
  /// the node, as network plugins have it.
  public synchronized Client pod(String podName) {
    Workspace workspace = namespace.workspace();
    AddressPlan plan = workspace.plan();
    Addresses gateway = plan.pod(HOST, number - 1, 1);
    if (pods == 0) {
      podNetwork(plan, gateway);
    }
    pods++;
    Addresses own = plan.pod(HOST, number - 1, 1 + pods);
    Namespace pod = Namespace.create(workspace, podName, List.of());
    Link cable =
        bridge.attach(
            Wiring.POD_BRIDGE, "pod" + pods, pod, "eth0", plan.mac(0x40, number * 64 + pods));
    pod.ip(
        List.of(
            "addr add " + own.ipv4() + "/26 dev eth0",
            "addr add " + own.ipv6() + "/64 dev eth0 nodad",
            "route add default via " + gateway.ipv4(),
            "route add ::/0 via " + gateway.ipv6()));
    return new Client(podName, pod, own, cable);
  }

  private void podNetwork(AddressPlan plan, Addresses gateway) {
    bridge.addBridge(Wiring.POD_BRIDGE, plan.mac(0x30, number), false);
    namespace.ip(
        List.of(
            "addr add " + gateway.ipv4() + "/26 dev " + Wiring.POD_BRIDGE,
            "addr add " + gateway.ipv6() + "/64 dev " + Wiring.POD_BRIDGE + " nodad"));
    namespace.run(
        List.of("nft", "-f", "-"),
        """
        table inet thresher_lab_pods {
          chain leaving {
            type nat hook postrouting priority srcnat
            ip saddr %1$s ip daddr != %1$s masquerade
            ip6 saddr %2$s ip6 daddr != %2$s masquerade
          }
        }
        """
            .formatted(plan.pods(HOST).ipv4(), plan.pods(HOST).ipv6()));
  }

  public Optional<LabProcess> kubeProxy() {
    return kubeProxy;
  }

  void kubeProxy(LabProcess process) {
    kubeProxy = Optional.of(process);
  }

  /// Stops every process of the node, also the relay of a delayed VM link. Its kernel goes on: it
  /// forwards, and answers for addresses that are on its interfaces.
  public void freeze() {
    namespace.freeze();
  }

  /// Ends [#freeze].
  public void thaw() {
    namespace.signal(Signals.CONT);
  }

  /// Kills every process of the node.
  public void kill() {
    namespace.signal(Signals.KILL);
  }

  /// Says in the API whether the node is ready.
  public void ready(boolean ready) {
    NodeObjects.condition(host.api(), name, ready);
  }

  void register(List<String> roles) {
    host.api().apply(NodeObjects.hostNode(name, addresses, roles));
    ready(true);
    NodeObjects.addresses(host.api(), name, addresses);
  }
}
