package dev.thresher.e2e.lab;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

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
  private final Workspace workspace;
  private final Guardian guardian;
  private final LabParts parts;
  private final Map<String, HttpAgent> agents = new ConcurrentHashMap<>();
  private final Map<String, Client> clients = new ConcurrentHashMap<>();
  private final Map<String, Router> routers = new ConcurrentHashMap<>();
  private volatile Guardian.Ending ending = Guardian.Ending.REMOVE;

  private Lab(Workspace workspace, Guardian guardian, LabParts parts) {
    this.workspace = workspace;
    this.guardian = guardian;
    this.parts = parts;
  }

  public static Builder builder() {
    return new Builder();
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

  /// Removes the lab, and returns when nothing is left.
  @Override
  public void close() {
    guardian.finish();
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

  /// What a guest cluster is to be.
  public static final class GuestBuilder {
    int vms = 1;
    String hostNamespace = "default";
    String pool = "pool1";
    List<String> nics = List.of(Wiring.LAN);
    boolean uninitialized = true;
    boolean registered = true;
    boolean kubeProxy = true;

    /// Number of VMs, each a node; 1 unless set.
    public GuestBuilder vms(int count) {
      vms = count;
      return this;
    }

    /// Namespace on the host in which its VMs live; `default` unless set.
    public GuestBuilder hostNamespace(String namespace) {
      hostNamespace = namespace;
      return this;
    }

    /// Networks on which each VM has a card, the first being that of its node address; `lan` unless
    /// set.
    public GuestBuilder nics(String... networks) {
      nics = List.of(networks);
      return this;
    }

    /// Whether nodes wait for a cloud provider (the default), or are ready for work at once.
    public GuestBuilder uninitialized(boolean yes) {
      uninitialized = yes;
      return this;
    }

    /// Whether the VMs register as nodes of the guest; they do unless set.
    public GuestBuilder registered(boolean yes) {
      registered = yes;
      return this;
    }

    /// Whether the nodes run kube-proxy; they do unless set.
    public GuestBuilder kubeProxy(boolean yes) {
      kubeProxy = yes;
      return this;
    }
  }

  /// What a lab is to be.
  public static final class Builder {
    int hostNodes = 1;
    final Map<String, GuestBuilder> guests = new LinkedHashMap<>();
    final List<String> networks = new ArrayList<>(List.of(Wiring.LAN));
    final List<String> apiserverFlags = new ArrayList<>();
    Duration minSync = Duration.ofMillis(50);
    Duration sync = Duration.ofSeconds(30);
    boolean controllerManager = true;
    boolean audit = false;
    boolean snooping = true;
    boolean hostKubeProxy = true;
    Consumer<String> progress = _ -> {};

    private Builder() {}

    /// Number of host nodes; 1 unless set; 0 for a control plane alone.
    public Builder hostNodes(int count) {
      hostNodes = count;
      return this;
    }

    /// A guest cluster. Its VMs are named `NAME-vm1` on, spread over the host nodes.
    ///
    /// @param name at most 8 characters
    public Builder guest(String name, UnaryOperator<GuestBuilder> details) {
      if (name.length() > 8 || name.equals("host")) {
        throw new IllegalArgumentException(
            "name of a guest: want at most 8 characters and not \"host\", got \"" + name + "\"");
      }
      guests.put(name, details.apply(new GuestBuilder()));
      return this;
    }

    /// A further network besides `lan`; host nodes have a bridge `NAME-br` on it.
    ///
    /// @param name at most 8 characters
    public Builder network(String name) {
      if (name.length() > 8) {
        throw new IllegalArgumentException(
            "name of a network: want at most 8 characters, got \"" + name + "\"");
      }
      networks.add(name);
      return this;
    }

    /// Least time between two syncs of every kube-proxy; 50 ms unless set, kube-proxy's own default
    /// is one second.
    public Builder kubeProxyMinSync(Duration period) {
      minSync = period;
      return this;
    }

    /// Most time between two syncs of every kube-proxy; 30 s unless set.
    public Builder kubeProxySync(Duration period) {
      sync = period;
      return this;
    }

    /// Whether host nodes run kube-proxy; they do unless set.
    public Builder hostKubeProxy(boolean yes) {
      hostKubeProxy = yes;
      return this;
    }

    /// Whether control planes run kube-controller-manager; they do unless set. Without it there are
    /// no endpoint slices for selectors, no garbage collection and no default service accounts.
    public Builder controllerManager(boolean yes) {
      controllerManager = yes;
      return this;
    }

    /// Whether API servers write audit logs; they do not unless set.
    public Builder audit(boolean yes) {
      audit = yes;
      return this;
    }

    /// Whether the bridge of `lan` forwards multicast only where it was asked for; it does unless
    /// set.
    public Builder multicastSnooping(boolean yes) {
      snooping = yes;
      return this;
    }

    /// Further flags of every API server.
    public Builder apiserverFlags(String... flags) {
      apiserverFlags.addAll(List.of(flags));
      return this;
    }

    /// Told each step, one line each, from any thread.
    public Builder progress(Consumer<String> listener) {
      progress = listener;
      return this;
    }

    /// The same as [#start].
    public Lab build() {
      return start();
    }

    /// Makes the lab and starts it.
    ///
    /// @throws LabException if it cannot; nothing is left then but logs, whose place the message
    ///   names
    public Lab start() {
      Labs.obstacle()
          .ifPresent(obstacle -> {
            throw new LabException("no lab here: " + obstacle);
          });
      Programs programs = Programs.find(progress);
      Workspace workspace = Workspace.reserve(programs, progress);
      Guardian guardian;
      try {
        guardian = Guardian.start(workspace);
      } catch (IOException e) {
        throw new LabException("cannot start the lab's guardian: " + e.getMessage(), e);
      }
      try {
        var lab = new Lab(workspace, guardian, LabParts.start(workspace, this));
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
  }
}
