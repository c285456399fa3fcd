package dev.thresher.e2e.lab;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/// Makes the namespaces of a lab and connects them.
///
/// All networks of the lab are bridges in one namespace, `th<id>-switch`; the machine's own
/// namespace gets one interface, by which the lab's owner reaches the API servers.
final class Wiring {
  static final String LAN = "lan";
  static final String POD_BRIDGE = "cni0";

  private static final int MAC_BRIDGE = 0;
  private static final int MAC_CONTROL_PLANE = 1;
  private static final int MAC_NODE = 2;
  private static final int MAC_CLIENT = 3;
  private static final int MAC_ROUTER = 4;
  private static final int MAC_UPLINK = 6;
  private static final int MAC_VM = 0x10;
  private static final int MAC_POD_BRIDGE = 0x30;

  private final Workspace workspace;
  private final AddressPlan plan;
  private final List<String> networks;
  private final Switch center;
  private final AtomicInteger clients = new AtomicInteger();
  private final AtomicInteger routers = new AtomicInteger();
  private final Map<String, AtomicInteger> routersOf = new ConcurrentHashMap<>();

  Wiring(Workspace workspace, List<String> networks, boolean snooping) {
    this.workspace = workspace;
    this.plan = workspace.plan();
    this.networks = networks;
    this.center = new Switch(Namespace.create(workspace, "switch", List.of()));
    for (int i = 0; i < networks.size(); i++) {
      center.addBridge(networks.get(i), plan.mac(MAC_BRIDGE, i), snooping && i == 0);
    }
  }

  int number(String network) {
    int number = networks.indexOf(network);
    if (number < 0) {
      throw new LabException("no network \"" + network + "\" in the lab: want one of " + networks);
    }
    return number;
  }

  List<String> networks() {
    return networks;
  }

  Switch center() {
    return center;
  }

  /// The cable between this machine and the lab: reaches the control planes and nothing else.
  void connectOwner(int controlPlanes) {
    String cable = "th" + workspace.id();
    Addresses own = plan.owner();
    center
        .namespace()
        .run(
            List.of(
                "ip",
                "link",
                "add",
                "name",
                "owner",
                "type",
                "veth",
                "peer",
                "name",
                cable,
                "netns",
                workspace.owner()));
    center.namespace().ip(List.of("link set owner master " + LAN + " up"));
    var lines = new ArrayList<String>();
    lines.add("link set " + cable + " up");
    lines.add("addr add " + own.ipv4() + "/32 dev " + cable);
    lines.add("addr add " + own.ipv6() + "/128 dev " + cable + " nodad");
    for (int i = 0; i < controlPlanes; i++) {
      Addresses to = plan.controlPlane(i);
      lines.add("route add " + to.ipv4() + "/32 dev " + cable + " src " + own.ipv4());
      lines.add("route add " + to.ipv6() + "/128 dev " + cable + " src " + own.ipv6());
    }
    Commands.run(List.of("ip", "-batch", "-"), String.join("\n", lines) + "\n");
  }

  record Wired(Namespace namespace, Addresses addresses, Link link) {}

  Wired controlPlane(int cluster, String name) {
    Namespace namespace = Namespace.create(workspace, "cp-" + name, List.of());
    Link link =
        center.attach(LAN, "cp" + cluster, namespace, "eth0", plan.mac(MAC_CONTROL_PLANE, cluster));
    Addresses addresses = plan.controlPlane(cluster);
    address(namespace, "eth0", addresses, 0, true);
    return new Wired(namespace, addresses, link);
  }

  Wired node(int number, String name) {
    Namespace namespace = Namespace.create(workspace, name, Namespace.forwarding());
    var bridge = new Switch(namespace);
    bridge.addBridge(Node.BRIDGE, plan.mac(MAC_NODE, number), false);
    Link link =
        center.attach(LAN, "node" + number, namespace, "eth0", plan.mac(MAC_UPLINK, number));
    namespace.ip(List.of("link set eth0 master " + Node.BRIDGE));
    Addresses addresses = plan.node(0, number);
    address(namespace, Node.BRIDGE, addresses, 0, true);
    for (int i = 1; i < networks.size(); i++) {
      String network = networks.get(i);
      bridge.addBridge(network + "-br", plan.mac(MAC_NODE, i << 8 | number), false);
      center.attach(
          network,
          network + "-n" + number,
          namespace,
          "eth" + i,
          plan.mac(MAC_UPLINK, i << 8 | number));
      namespace.ip(List.of("link set eth" + i + " master " + network + "-br"));
      address(namespace, network + "-br", plan.node(i, number), i, false);
    }
    return new Wired(namespace, addresses, link);
  }

  record WiredVm(Namespace namespace, List<HarvesterObjects.Nic> nics, List<Link> links) {}

  /// @param number of the VM within the lab, from 1
  WiredVm vm(int number, String name, Node node, List<String> onNetworks) {
    Namespace namespace = Namespace.create(workspace, name, Namespace.forwarding());
    var nics = new ArrayList<HarvesterObjects.Nic>();
    var links = new ArrayList<Link>();
    for (int i = 0; i < onNetworks.size(); i++) {
      int network = number(onNetworks.get(i));
      String mac = plan.mac(MAC_VM + i, number);
      links.add(
          node.bridge()
              .attach(bridge(network), "vm" + number + "-" + i, namespace, "eth" + i, mac));
      Addresses addresses = plan.vm(network, number);
      address(namespace, "eth" + i, addresses, network, i == 0);
      nics.add(new HarvesterObjects.Nic("nic-" + i, onNetworks.get(i), mac, "eth" + i, addresses));
    }
    return new WiredVm(namespace, List.copyOf(nics), List.copyOf(links));
  }

  private String bridge(int network) {
    return network == 0 ? Node.BRIDGE : networks.get(network) + "-br";
  }

  /// The pod network of a guest: a bridge on each VM, and routes between the VMs.
  void podNetwork(int cluster, List<Vm> vms) {
    for (int own = 0; own < vms.size(); own++) {
      Addresses gateway = plan.pod(cluster, own, 1);
      Namespace namespace = vms.get(own).namespace();
      new Switch(namespace).addBridge(POD_BRIDGE, plan.mac(MAC_POD_BRIDGE + cluster, own), false);
      var lines = new ArrayList<String>();
      lines.add("addr add " + gateway.ipv4() + "/26 dev " + POD_BRIDGE);
      lines.add("addr add " + gateway.ipv6() + "/64 dev " + POD_BRIDGE + " nodad");
      for (int other = 0; other < vms.size(); other++) {
        if (other != own) {
          Addresses to = plan.podNetwork(cluster, other);
          Addresses via = vms.get(other).addresses();
          lines.add("route add " + to.ipv4() + " via " + via.ipv4());
          lines.add("route add " + to.ipv6() + " via " + via.ipv6());
        }
      }
      namespace.ip(lines);
    }
  }

  Client client(String name, String onNetwork) {
    int network = number(onNetwork);
    int number = clients.incrementAndGet();
    Namespace namespace = Namespace.create(workspace, name, List.of());
    Link link =
        center.attach(
            onNetwork, "client" + number, namespace, "eth0", plan.mac(MAC_CLIENT, number));
    Addresses addresses = plan.client(network, number);
    address(namespace, "eth0", addresses, network, true);
    return new Client(name, namespace, addresses, link);
  }

  Router router(String name, List<String> onNetworks) {
    int number = routers.incrementAndGet();
    Namespace namespace = Namespace.create(workspace, name, Namespace.forwarding());
    var links = new ArrayList<Link>();
    Addresses first = plan.router(number(onNetworks.getFirst()), 0);
    for (int i = 0; i < onNetworks.size(); i++) {
      String on = onNetworks.get(i);
      int already = routersOf.computeIfAbsent(on, _ -> new AtomicInteger()).getAndIncrement();
      Addresses addresses = plan.router(number(on), already);
      first = i == 0 ? addresses : first;
      links.add(
          center.attach(
              on,
              "router" + number + "-" + i,
              namespace,
              "eth" + i,
              plan.mac(MAC_ROUTER, i << 8 | number)));
      address(namespace, "eth" + i, addresses, number(on), false);
    }
    return new Router(name, namespace, first, onNetworks, links);
  }

  /// Moves the cables of a VM to another node.
  static List<Link> move(Vm vm, Node target, List<Link> links) {
    var moved = new ArrayList<Link>();
    for (Link link : links) {
      String bridge = vm.node().bridge().bridgeOf(link.port());
      link.namespace()
          .ip(List.of("link set " + link.port() + " netns " + target.namespace().name()));
      target.namespace().ip(List.of("link set " + link.port() + " master " + bridge + " up"));
      moved.add(new Link(target.bridge(), link.port()));
    }
    // What the hypervisor does at the end of a migration: tell the switches where the machine is
    // now.
    String netlab = vm.namespace().workspace().programs().netlab().toString();
    for (HarvesterObjects.Nic nic : vm.machine().nics()) {
      for (String address : nic.addresses().all()) {
        vm.namespace()
            .run(List.of(netlab, "announce", "-interface=" + nic.linux(), "-address=" + address));
      }
    }
    return List.copyOf(moved);
  }

  private void address(
      Namespace namespace, String device, Addresses addresses, int network, boolean gateway) {
    var lines =
        new ArrayList<>(
            List.of(
                "addr add " + addresses.ipv4() + "/" + AddressPlan.PREFIX_V4 + " dev " + device,
                "addr add "
                    + addresses.ipv6()
                    + "/"
                    + AddressPlan.PREFIX_V6
                    + " dev "
                    + device
                    + " nodad"));
    if (gateway) {
      Addresses router = plan.router(network, 0);
      lines.add("route add default via " + router.ipv4());
      lines.add("route add ::/0 via " + router.ipv6() + " dev " + device);
    }
    namespace.ip(lines);
  }
}
