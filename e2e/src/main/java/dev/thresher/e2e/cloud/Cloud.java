package dev.thresher.e2e.cloud;

import dev.thresher.e2e.lab.ControlPlane;
import dev.thresher.e2e.lab.Lab;
import dev.thresher.e2e.lab.LabException;
import dev.thresher.e2e.lab.LabProcess;
import dev.thresher.e2e.lab.Link;
import dev.thresher.e2e.lab.Machine;
import dev.thresher.e2e.lab.Node;
import dev.thresher.e2e.lab.Vm;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// The three programs on a lab with one guest cluster.
///
/// `loadbalancer-controller` runs beside the host's control plane, `ccm` beside the guest's, one
/// `vip-manager` on each node of the placement's cluster; each under its own service account with
/// the access rules that are shipped. Not thread-safe.
public final class Cloud implements AutoCloseable {

  public static final String GUEST = "g1";

  /// The pools' names; the addresses are the lab's free range.
  public static final String POOL_V4 = "lab-v4";

  public static final String POOL_V6 = "lab-v6";

  private static final Duration STOP_PATIENCE = Duration.ofSeconds(15);

  private final Lab lab;
  private final Placement placement;
  private final Dist dist;
  private final Map<String, String> environment;
  private final Map<String, Path> kubeconfigs = new LinkedHashMap<>();
  private final Map<String, LabProcess> running = new LinkedHashMap<>();
  private final Map<String, List<String>> ownFlags = new LinkedHashMap<>();

  /// Where in the log of a name the part of the process begins that was started last.
  private final Map<String, Integer> begins = new LinkedHashMap<>();

  private VipRight right = VipRight.LEASES;
  private Map<String, String> vipSettings = Map.of();

  private Cloud(Lab lab, Placement placement, Dist dist) {
    this.lab = lab;
    this.placement = placement;
    this.dist = dist;
    this.environment = Map.of("JAVA_HOME", System.getProperty("java.home"));
  }

  /// Grants the rights and makes the pools; starts no program yet.
  public static Cloud prepare(Lab lab, Placement placement) {
    var cloud = new Cloud(lab, placement, Dist.find());
    cloud.grant();
    cloud.pools();
    return cloud;
  }

  /// A lab and everything on it, running.
  public static Cloud start(Lab lab, Placement placement) {
    Cloud cloud = prepare(lab, placement);
    cloud.startAll();
    return cloud;
  }

  public Lab lab() {
    return lab;
  }

  public Placement placement() {
    return placement;
  }

  public ControlPlane host() {
    return lab.host();
  }

  public ControlPlane guest() {
    return lab.guest(GUEST);
  }

  /// The file by which every ccm here knows the host.
  public Path cloudConfig() {
    return Path.of(kubeconfig("cloud-config"));
  }

  /// The machines on which a vip-manager runs: VMs of the guest, or host nodes.
  public List<Machine> holders() {
    return switch (placement) {
      case GUEST -> List.copyOf(lab.vms(GUEST));
      case HOST -> List.copyOf(lab.nodes());
    };
  }

  /// The control plane of the cluster whose nodes hold the addresses.
  public ControlPlane holding() {
    return placement == Placement.GUEST ? guest() : host();
  }

  /// The interface on which a holder answers.
  public String interfaceOf(Machine holder) {
    return holder instanceof Vm vm ? vm.interfaceName() : lab.node(holder.name()).interfaceName();
  }

  /// Names of the holders, by the link-layer address with which they answer.
  public Map<String, String> holdersByLinkAddress() {
    var names = new LinkedHashMap<String, String>();
    for (Machine holder : holders()) {
      String file = "/sys/class/net/" + interfaceOf(holder) + "/address";
      names.put(holder.namespace().run(List.of("cat", file)).strip(), holder.name());
    }
    return Map.copyOf(names);
  }

  /// The cable of a holder.
  public Link linkOf(String holder) {
    return switch (placement) {
      case GUEST -> lab.vm(holder).link();
      case HOST -> lab.node(holder).link();
    };
  }

  /// Starts the whole of it.
  public void startAll() {
    startLoadBalancerController("1");
    startCcm("1");
    holders().forEach(this::startVipManager);
  }

  /// @param replica tells replicas apart: part of process and log names
  public LabProcess startLoadBalancerController(String replica) {
    return startLoadBalancerController(replica, List.of());
  }

  /// @param flags besides those that every loadbalancer-controller here has
  public LabProcess startLoadBalancerController(String replica, List<String> flags) {
    String name = "loadbalancer-controller-" + replica;
    ownFlags.put(name, List.copyOf(flags));
    var command =
        new ArrayList<>(
            List.of(
                program("loadbalancer-controller"),
                "--kubeconfig=" + kubeconfig("loadbalancer-controller"),
                "--bind-address=127.0.0.1",
                "--secure-port=" + (10270 + Integer.parseInt(replica)),
                // Admission has tests of its own.
                "--webhook=false",
                "--v=2"));
    command.addAll(flags);
    return start(host(), name, command, Map.of());
  }

  /// The probe agent of a host node.
  public LabProcess startProbeAgent(Node on) {
    return start(
        on,
        "probe-agent-" + on.name(),
        List.of(
            program("loadbalancer-controller"),
            "probe-agent",
            "--kubeconfig=" + kubeconfig("probe-agent"),
            "--node-name=" + on.name(),
            "--bind-address=127.0.0.1",
            "--v=2"),
        Map.of());
  }

  /// @param replica tells replicas apart: part of process and log names
  public LabProcess startCcm(String replica) {
    return startCcm(replica, List.of());
  }

  /// @param flags besides those that every ccm here has
  public LabProcess startCcm(String replica, List<String> flags) {
    ownFlags.put("ccm-" + replica, List.copyOf(flags));
    var command =
        new ArrayList<>(
            List.of(
                program("ccm"),
                "--cloud-provider=harvester",
                "--cloud-config=" + kubeconfig("cloud-config"),
                "--kubeconfig=" + kubeconfig("ccm"),
                "--cluster-name=" + GUEST,
                "--vip-placement=" + placement.word(),
                "--bind-address=127.0.0.1",
                "--secure-port=" + (10258 + 10 * Integer.parseInt(replica)),
                // Whoever measures shows no certificate.
                "--authorization-always-allow-paths=/healthz,/readyz,/livez,/metrics",
                "--v=2"));
    command.addAll(flags);
    return start(guest(), "ccm-" + replica, command, Map.of());
  }

  /// What vip-managers that are started from now on ask who may hold an address. All that run must
  /// ask the same.
  public void right(VipRight wanted) {
    if (wanted == VipRight.COMPATIBLE) {
      kubeconfigs.computeIfAbsent("kube-vip", _ -> KubeVipRole.grant(lab, holding()));
    }
    right = wanted;
  }

  public VipRight right() {
    return right;
  }

  /// What the environment of vip-managers that are started from now on says besides.
  public void vipSettings(Map<String, String> settings) {
    vipSettings = Map.copyOf(settings);
  }

  public LabProcess startVipManager(Machine on) {
    var settings =
        new LinkedHashMap<>(
            Map.of(
                "vip_arp",
                "true",
                "svc_enable",
                "true",
                "vip_interface",
                interfaceOf(on),
                "vip_nodename",
                on.name(),
                "k8s_config_file",
                kubeconfig(right == VipRight.COMPATIBLE ? "kube-vip" : "vip-manager"),
                "prometheus_server",
                ":2112",
                "vip_status_socket",
                statusSocket(on)));
    boolean founds = on.name().equals(holders().getFirst().name());
    settings.putAll(right.environment(lab.directory(), on, founds));
    settings.putAll(vipSettings);
    return start(on, vipManager(on), List.of(program("vip-manager"), "manager"), settings);
  }

  /// Name under which [#process] knows the vip-manager of a machine.
  public static String vipManager(Machine on) {
    return "vip-manager-" + on.name();
  }

  /// What a command of vip-manager prints when it asks the process of a machine.
  ///
  /// @throws LabException if it fails
  public String askVipManager(Machine on, String... command) {
    var line = new ArrayList<>(List.of("env"));
    environment.forEach((name, value) -> line.add(name + "=" + value));
    line.add(program("vip-manager"));
    line.addAll(List.of(command));
    line.add("--status-socket=" + statusSocket(on));
    return on.namespace().run(line);
  }

  private String statusSocket(Machine of) {
    return lab.directory().resolve(vipManager(of) + ".sock").toString();
  }

  /// A program that was started, by its name: `ccm-1`, `loadbalancer-controller-1`,
  /// `vip-manager-NODE`.
  public LabProcess process(String name) {
    LabProcess process = running.get(name);
    if (process == null) {
      throw new IllegalArgumentException(
          "no \"" + name + "\" was started: want one of " + running.keySet());
    }
    return process;
  }

  /// Names of all programs that were started.
  public List<String> programs() {
    return List.copyOf(running.keySet());
  }

  /// Starts a program again under the name and with the flags it had.
  public LabProcess startAgain(String name) {
    if (name.startsWith("loadbalancer-controller-")) {
      return startLoadBalancerController(
          name.substring("loadbalancer-controller-".length()), flagsOf(name));
    }
    if (name.startsWith("ccm-")) {
      return startCcm(name.substring("ccm-".length()), flagsOf(name));
    }
    String node = name.substring("vip-manager-".length());
    return startVipManager(
        holders().stream().filter(m -> m.name().equals(node)).findFirst().orElseThrow());
  }

  /// What a kubelet does for a leader that could not renew its lease in time and ended, as it
  /// should: starts it again.
  ///
  /// @throws LabException if a program ended for another reason
  public void restartDeposed() {
    for (String name : List.copyOf(running.keySet())) {
      LabProcess process = process(name);
      if (process.isAlive()) {
        continue;
      }
      // The log holds what earlier processes of that name wrote, too, and what this one wrote after
      // it had lost its lease.
      String output = process.output();
      int begin = Math.min(output.length(), begins.getOrDefault(name, 0));
      if (!output.substring(begin).contains("leadership lost")) {
        throw ended(name);
      }
      startAgain(name);
    }
  }

  /// Says that a program ended, and what it printed last.
  LabException ended(String name) {
    return new LabException(
        name + " ended; its last lines:\n  " + lastLines(name).collect(Collectors.joining("\n  ")));
  }

  private Stream<String> lastLines(String name) {
    List<String> lines = process(name).output().lines().toList();
    return lines.stream().skip(Math.max(0, lines.size() - 15));
  }

  /// Ends every program in order (SIGTERM), vip-managers last.
  ///
  /// @return exit status by name; 0 is an orderly end
  public Map<String, Integer> stopAll() {
    var status = new LinkedHashMap<String, Integer>();
    for (String name : new ArrayList<>(running.keySet())) {
      LabProcess process = running.remove(name);
      if (process != null && process.isAlive()) {
        status.put(name, process.stop(STOP_PATIENCE));
      }
    }
    return status;
  }

  @Override
  public void close() {
    lab.close();
  }

  private List<String> flagsOf(String name) {
    return ownFlags.getOrDefault(name, List.of());
  }

  private String kubeconfig(String program) {
    return Objects.requireNonNull(kubeconfigs.get(program), program).toString();
  }

  private String program(String name) {
    return dist.program(name).toString();
  }

  private LabProcess start(Machine on, String name, List<String> command, Map<String, String> own) {
    var all = new LinkedHashMap<>(environment);
    all.putAll(own);
    LabProcess process = lab.start(on, name, command, all);
    running.put(name, process);
    begins.put(name, process.output().length());
    return process;
  }

  private void grant() {
    host().ensureNamespace("harvester-system");
    host().apply(dist.chartFile("loadbalancer-controller", "rbac.yaml"));
    kubeconfigs.put(
        "loadbalancer-controller",
        host()
            .kubeconfig(
                host().serviceAccount("harvester-system", "harvester-load-balancer"),
                "harvester-system"));
    host().apply(dist.chartFile("loadbalancer-controller", "probe-agent-rbac.yaml"));
    kubeconfigs.put(
        "probe-agent",
        host()
            .kubeconfig(
                host().serviceAccount("harvester-system", "harvester-load-balancer-probe-agent"),
                "harvester-system"));
    guest().apply(dist.chartFile("ccm", "rbac-guest.yaml"));
    kubeconfigs.put(
        "ccm",
        guest()
            .kubeconfig(
                guest().serviceAccount("kube-system", "harvester-cloud-provider"), "kube-system"));
    kubeconfigs.put("cloud-config", lab.cloudConfig(GUEST));
    holding().apply(dist.chartFile("vip-manager", "rbac.yaml"));
    kubeconfigs.put(
        "vip-manager",
        holding()
            .kubeconfig(holding().serviceAccount("kube-system", "vip-manager"), "kube-system"));
  }

  private void pools() {
    host().apply(pool(POOL_V4, lab.freeRange().ipv4()));
    host().apply(pool(POOL_V6, lab.freeRange().ipv6()));
  }

  private static String pool(String name, String subnet) {
    return """
    apiVersion: loadbalancer.harvesterhci.io/v1beta1
    kind: IPPool
    metadata:
      name: %s
    spec:
      description: addresses of the lab
      ranges:
        - subnet: "%s"
      selector:
        scope:
          - project: "*"
            namespace: "*"
            guestCluster: "*"
    """
        .formatted(name, subnet);
  }
}
