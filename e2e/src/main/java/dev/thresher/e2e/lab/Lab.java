package dev.thresher.e2e.lab;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/// A host cluster, guest clusters on VMs of it, and clients, on this machine.
///
/// ```java
/// try (Lab lab = Lab.builder().hostNodes(2).guest("g1", g -> g.vms(3)).start()) {
///   lab.guest("g1").apply(service);
///   lab.vm("g1-vm1").pod("web-1", Map.of("app", "web"));
///   lab.http(lab.client("c1")).get("http://…", Duration.ofSeconds(1));
/// }
/// ```
///
/// Everything is in network namespaces named `th<id>-…`; this machine's own gets one interface,
/// `th<id>`. A guardian process removes all of it when the lab is closed, and when the process that
/// made the lab ends in whatever way. Several labs can run at once.
///
/// Needs Linux and root; [#obstacle] says what is missing. Methods may be called by several
/// threads.
public final class Lab implements AutoCloseable {
  /// Environment variable: if set, the logs of every lab are kept.
  private static final String KEEP_LOGS = "THRESHER_LAB_KEEP_LOGS";

  private static final Set<Lab> OPEN = ConcurrentHashMap.newKeySet();

  private final Workspace workspace;
  private final Guardian guardian;
  private final LabParts parts;
  private final Refusals refusals = new Refusals();
  private final Map<String, HttpAgent> agents = new ConcurrentHashMap<>();
  private final Map<String, Client> clients = new ConcurrentHashMap<>();
  private final Map<String, Router> routers = new ConcurrentHashMap<>();
  private volatile Guardian.Ending ending = Guardian.Ending.REMOVE;

  private Lab(Workspace workspace, Guardian guardian, LabParts parts) {
    this.workspace = workspace;
    this.guardian = guardian;
    this.parts = parts;
  }

  public static LabBuilder builder() {
    return new LabBuilder();
  }

  static Lab start(LabBuilder builder, Consumer<String> progress) {
    Programs programs = Programs.find(progress);
    Workspace workspace = Workspace.reserve(programs, progress);
    Guardian guardian;
    try {
      guardian = Guardian.start(workspace);
    } catch (IOException e) {
      throw new LabException("cannot start the lab's guardian: " + e.getMessage(), e);
    }
    try {
      workspace.kubernetes("kubectl");
      var lab = new Lab(workspace, guardian, LabParts.start(workspace, builder));
      OPEN.add(lab);
      if (System.getenv(KEEP_LOGS) != null) {
        lab.keepLogs();
      }
      progress.accept("lab " + workspace.id() + " is up");
      return lab;
    } catch (RuntimeException e) {
      guardian.announce(Guardian.Ending.KEEP_FILES);
      guardian.finish();
      throw new LabException(
          "the lab did not start: "
              + e.getMessage()
              + "; logs: "
              + workspace.directory().resolve("logs"),
          e);
    }
  }

  /// Why no lab can run here, in one sentence; empty if one can.
  public static Optional<String> obstacle() {
    return Labs.obstacle();
  }

  /// Four hexadecimal digits, part of the name of everything that belongs to the lab.
  public String id() {
    return workspace.id();
  }

  /// Configuration, state and logs of the lab.
  public Path directory() {
    return workspace.directory();
  }

  /// Where the addresses are, among them those that are free for pools.
  public AddressPlan plan() {
    return workspace.plan();
  }

  /// CIDRs of network `lan` in which the lab itself uses no address.
  public Addresses freeRange() {
    return workspace.plan().free(0);
  }

  /// An address of each family from [#freeRange].
  ///
  /// @param n from 1
  public Addresses freeAddress(int n) {
    return workspace.plan().free(0, n);
  }

  /// An address of each family of a network that the lab itself does not use.
  ///
  /// @param n from 1
  public Addresses freeAddress(String network, int n) {
    return workspace.plan().free(parts.wiring().number(network), n);
  }

  public ControlPlane host() {
    return parts.host();
  }

  public ControlPlane guest(String name) {
    return parts.guest(name).controlPlane();
  }

  public List<String> guests() {
    return parts.guests();
  }

  /// Host nodes, in order.
  public List<Node> nodes() {
    return parts.nodes();
  }

  /// @param number from 1
  public Node node(int number) {
    return parts.nodes().get(number - 1);
  }

  public Node node(String name) {
    return find(parts.nodes(), name);
  }

  /// VMs of a guest, in order.
  public List<Vm> vms(String guest) {
    return parts.vms().stream().filter(vm -> vm.guest().equals(guest)).toList();
  }

  public Vm vm(String name) {
    return find(parts.vms(), name);
  }

  /// The client of that name on network `lan`, made at its first mention.
  public Client client(String name) {
    return client(name, Wiring.LAN);
  }

  /// The client of that name on a network, made at its first mention.
  public Client client(String name, String network) {
    return clients.computeIfAbsent(name, n -> parts.wiring().client(n, network));
  }

  /// The router of that name between networks, made at its first mention. The first router of a
  /// network is the default gateway of all machines on it.
  public Router router(String name, String... networks) {
    return routers.computeIfAbsent(name, n -> parts.wiring().router(n, List.of(networks)));
  }

  /// Asks HTTP servers from a machine.
  public HttpAgent http(Machine from) {
    return agents.computeIfAbsent(from.namespace().name(), _ -> new HttpAgent(from.namespace()));
  }

  /// Starts a program on a machine; it ends with the lab at the latest.
  public LabProcess start(
      Machine on, String program, List<String> command, Map<String, String> environment) {
    return on.start(program, command, environment);
  }

  /// Records what an interface sends and receives, until the returned process is killed.
  public Recorder record(Namespace namespace, String device) {
    return Recorder.start(namespace, device);
  }

  /// Credentials as Harvester hands them to a guest's cloud provider: a service account named like
  /// the guest, in the namespace of its VMs, with the role `harvesterhci.io:cloudprovider` there.
  public User cloudProvider(String guest) {
    return CloudProviderRole.grant(host(), parts.guest(guest).name(), parts.hostNamespace(guest));
  }

  /// A file with the credentials of [#cloudProvider]: the cloud-config.
  public Path cloudConfig(String guest) {
    return host().kubeconfig(cloudProvider(guest), parts.hostNamespace(guest));
  }

  /// Freezes a host with everything that runs on it: the processes of the node, of its VMs and of
  /// their pods. Kernels go on: they forward, and answer for addresses that are on their
  /// interfaces.
  public void freezeHost(Node node) {
    onHost(node).forEach(Namespace::freeze);
  }

  /// Ends [#freezeHost].
  public void thawHost(Node node) {
    onHost(node).forEach(namespace -> namespace.signal(Signals.CONT));
  }

  private List<Namespace> onHost(Node node) {
    var namespaces = new ArrayList<Namespace>();
    namespaces.add(node.namespace());
    for (Vm vm : parts.vms()) {
      if (vm.node().equals(node)) {
        namespaces.add(vm.namespace());
        vm.pods().forEach(pod -> namespaces.add(pod.namespace()));
      }
    }
    return namespaces;
  }

  /// Leaves the lab up when it is closed or when this process ends; `hack/lab/down` removes it
  /// then.
  public void keep() {
    ending = Guardian.Ending.KEEP;
    guardian.announce(ending);
  }

  /// Leaves the lab's directory, with its logs, when it is closed.
  public void keepLogs() {
    ending = Guardian.Ending.KEEP_FILES;
    guardian.announce(ending);
    workspace.say("logs of lab " + id() + " are kept in " + directory().resolve("logs"));
  }

  /// Labs of this process that are not closed yet: for what is to happen when a test fails.
  public static List<Lab> open() {
    return List.copyOf(OPEN);
  }

  /// A test that takes rights away says so: else what a program of ours asks for and may not have
  /// fails [#close].
  ///
  /// @param user as the API server calls it
  /// @param requests each as `VERB RESOURCE`: `watch leases`
  public void expectRefusals(String user, String... requests) {
    refusals.expect(user, List.of(requests));
  }

  /// Removes the lab, and returns when nothing is left.
  ///
  /// @throws LabException if a program of ours was refused what its role does not allow
  @Override
  public void close() {
    OPEN.remove(this);
    List<String> unexpected;
    try {
      unexpected =
          parts.controlPlanes().flatMap(server -> refusals.unexpected(server).stream()).toList();
    } finally {
      guardian.finish();
    }
    if (!unexpected.isEmpty()) {
      throw new LabException(
          "requests that the roles of the programs do not allow: "
              + unexpected
              + "; change the program or its role in charts/, or declare them with"
              + " Lab.expectRefusals");
    }
  }

  private static <M extends Machine> M find(List<M> machines, String name) {
    return machines.stream()
        .filter(m -> m.name().equals(name))
        .findFirst()
        .orElseThrow(() ->
            new LabException(
                "no \""
                    + name
                    + "\" in the lab: want one of "
                    + machines.stream().map(Machine::name).toList()));
  }
}
