package dev.thresher.e2e.lab;

import java.util.List;
import java.util.Optional;

/// A host node: a machine whose bridge `mgmt-br` carries its address and the VMs that run on it.
///
/// Its uplink `eth0` is a port of that bridge. An address for Services is held on [#interfaceName].
public final class Node implements Machine {
  /// Harvester's name for the bridge of the management network.
  public static final String BRIDGE = "mgmt-br";

  private final String name;
  private final int number;
  private final Namespace namespace;
  private final Addresses addresses;
  private final Link link;
  private final Switch bridge;
  private final ControlPlane host;
  private Optional<LabProcess> kubeProxy = Optional.empty();

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

  public Optional<LabProcess> kubeProxy() {
    return kubeProxy;
  }

  void kubeProxy(LabProcess process) {
    kubeProxy = Optional.of(process);
  }

  /// Stops every process of the node, also the relay of a delayed VM link. Its kernel goes on: it
  /// forwards, and answers for addresses that are on its interfaces.
  public void freeze() {
    namespace.signal(Signals.STOP);
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
