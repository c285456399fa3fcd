package dev.thresher.ccm.harvester.nodes;

import dev.thresher.api.address.IpAddress;
import dev.thresher.api.kubevirt.VirtualMachine;
import dev.thresher.api.kubevirt.VirtualMachineInstance;
import dev.thresher.ccm.cloudprovider.Existence;
import dev.thresher.ccm.cloudprovider.Instances;
import dev.thresher.ccm.cloudprovider.MetadataResult;
import dev.thresher.ccm.cloudprovider.PowerState;
import dev.thresher.runtime.client.KubeApi;
import dev.thresher.runtime.client.KubeApiException;
import dev.thresher.runtime.events.EventRecorder;
import dev.thresher.runtime.informer.Change;
import dev.thresher.runtime.informer.Informer;
import dev.thresher.runtime.time.Timeline;
import io.kubernetes.client.openapi.models.V1Node;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Nodes as virtual machines of one namespace of the host.
///
/// Answers from caches: in steady state no Node costs a request to the host. Two questions cost
/// some: the one after which a Node could be deleted, and the host names of guests, when a Node has
/// no provider ID and no machine fits it.
public final class HarvesterInstances implements Instances {

  private static final Logger log = LoggerFactory.getLogger(HarvesterInstances.class);

  private final NodePolicy policy;
  private final Predicate<IpAddress> isVirtual;
  private final EventRecorder events;

  private final Machines machines;
  private final GuestHostnames hostnames;
  private final MachineProof proof;
  private final ConcernedNodes concerned;
  private final Caches caches;

  /// The last warnings about each Node, so that each is said once.
  private final Map<String, List<String>> warned = new ConcurrentHashMap<>();

  /// What the answers come from.
  ///
  /// @param machines of the namespace
  /// @param instances of the namespace
  /// @param nodes the guest's Nodes
  public record Caches(
      Informer<VirtualMachine> machines,
      Informer<VirtualMachineInstance> instances,
      Informer<V1Node> nodes) {}

  /// Only before the informers start.
  ///
  /// @param namespace where the machines are
  /// @param isVirtual whether a balancer holds this address
  public HarvesterInstances(
      String namespace,
      Caches caches,
      KubeApi host,
      NodePolicy policy,
      Predicate<IpAddress> isVirtual,
      EventRecorder events,
      Timeline timeline) {
    this.policy = policy;
    this.isVirtual = isVirtual;
    this.events = events;
    this.hostnames = new GuestHostnames(host, timeline);
    this.machines = new CachedMachines(namespace, caches.machines(), caches.instances(), hostnames);
    this.proof = new MachineProof(namespace, host);
    this.concerned = new ConcernedNodes(caches.nodes());
    this.caches = caches;
    caches.machines().onChange(this::remember);
    caches
        .nodes()
        .onChange(change -> {
          if (change instanceof Change.Deleted<V1Node>(V1Node node)) {
            warned.remove(name(node));
          }
        });
  }

  @Override
  public MetadataResult metadata(V1Node node) {
    MachineIdentity identity = identity(node);
    if (identity instanceof MachineIdentity.NotOurs
        && policy.asksAgents()
        && ConcernedNodes.waitsForAName(node)
        && policy.selector().matches(labels(node))) {
      hostnames.ask(unclaimedRuns());
      identity = identity(node);
    }
    return switch (identity) {
      case MachineIdentity.NotOurs(String why) -> new MetadataResult.NotOurs(why);
      case MachineIdentity.Gone(String why) -> new MetadataResult.NotYet("MachineMissing", why);
      case MachineIdentity.Ambiguous(String why) ->
          new MetadataResult.NotYet("MachineAmbiguous", why);
      case MachineIdentity.LeftRun(String uid, VirtualMachineInstance run) ->
          report(node, new MachineReport.Subject(uid, Optional.empty(), Optional.of(run)));
      case MachineIdentity.Machine(VirtualMachine machine) ->
          report(
              node,
              new MachineReport.Subject(
                  Objects.requireNonNull(machine.getMetadata().getUid()),
                  Optional.of(machine),
                  machines.instanceOf(machine)));
    };
  }

  /// The run of the machine behind a node, as far as is known without asking the host.
  public Optional<VirtualMachineInstance> run(V1Node node) {
    return switch (identity(node)) {
      case MachineIdentity.Machine(VirtualMachine machine) -> machines.instanceOf(machine);
      case MachineIdentity.LeftRun(_, VirtualMachineInstance left) -> Optional.of(left);
      case MachineIdentity.NotOurs _, MachineIdentity.Ambiguous _, MachineIdentity.Gone _ ->
          Optional.empty();
    };
  }

  @Override
  public Existence existence(V1Node node) {
    return switch (identity(node)) {
      case MachineIdentity.Machine _, MachineIdentity.LeftRun _ -> new Existence.Exists();
      case MachineIdentity.NotOurs(String why) -> new Existence.Undecided(why);
      case MachineIdentity.Ambiguous(String why) -> new Existence.Undecided(why);
      case MachineIdentity.Gone(String why) -> new Existence.Missing(why);
    };
  }

  @Override
  public Existence confirmExistence(V1Node node) {
    return confirm(node, proof.look());
  }

  @Override
  public Map<String, Existence> confirmExistence(Collection<V1Node> nodes) {
    MachineProof.Look look = proof.look();
    Map<String, Existence> all = new LinkedHashMap<>();
    for (V1Node node : nodes) {
      Existence answer;
      try {
        answer = confirm(node, look);
      } catch (KubeApiException e) {
        answer = new Existence.Undecided("the host does not answer: " + e.getMessage());
      }
      all.put(name(node), answer);
    }
    return all;
  }

  private Existence confirm(V1Node node, MachineProof.Look look) {
    Existence cached = existence(node);
    return cached instanceof Existence.Missing
            && look.lives(MachineIdentity.uid(MachineIdentity.providerId(node)), node)
        ? new Existence.Exists()
        : cached;
  }

  @Override
  public PowerState power(V1Node node) {
    return switch (identity(node)) {
      case MachineIdentity.Machine(VirtualMachine machine) ->
          MachineState.power(Optional.of(machine), machines.instanceOf(machine));
      case MachineIdentity.LeftRun(String _, VirtualMachineInstance run) ->
          MachineState.power(Optional.empty(), Optional.of(run));
      case MachineIdentity.NotOurs(String why) -> new PowerState.Undecided(why);
      case MachineIdentity.Ambiguous(String why) -> new PowerState.Undecided(why);
      case MachineIdentity.Gone(String why) -> new PowerState.Undecided(why);
    };
  }

  @Override
  public void onChange(Consumer<String> nodeName) {
    caches
        .machines()
        .onChange(change -> {
          Set<String> names = concerned.by(change.object());
          if (change instanceof Change.Added<VirtualMachine>) {
            names.addAll(waitingForAName());
          }
          names.forEach(nodeName);
        });
    caches
        .instances()
        .onChange(change -> {
          Set<String> names = concerned.by(change.object());
          if (GuestHostnames.mayTellAnother(change)) {
            names.addAll(waitingForAName());
          }
          names.forEach(nodeName);
        });
  }

  /// Nodes for which agents are asked: any guest may be one of them.
  private Set<String> waitingForAName() {
    return policy.asksAgents() ? concerned.waiting() : Set.of();
  }

  private MachineIdentity identity(V1Node node) {
    return policy.selector().matches(labels(node))
        ? MachineIdentity.of(node, machines)
        : new MachineIdentity.NotOurs("--node-selector does not select it");
  }

  private MetadataResult report(V1Node node, MachineReport.Subject subject) {
    MachineReport report = MachineReport.of(node, subject, policy, isVirtual);
    warn(node, report.warnings());
    return report.result();
  }

  /// Runs whose machine is nobody's yet.
  private List<VirtualMachineInstance> unclaimedRuns() {
    return caches.instances().list().stream()
        .filter(run -> run.getMetadata().getDeletionTimestamp() == null)
        .filter(run -> !MachineState.isFinal(run))
        .filter(run -> CachedMachines.owners(run).stream().noneMatch(concerned::isTaken))
        .toList();
  }

  private void remember(Change<VirtualMachine> change) {
    VirtualMachine machine = change.object();
    String uid = Objects.requireNonNullElse(machine.getMetadata().getUid(), "");
    if (change instanceof Change.Deleted<VirtualMachine> && !concerned.isTaken(uid)) {
      proof.forget(uid);
    } else {
      proof.seen(machine);
    }
  }

  private void warn(V1Node node, List<String> warnings) {
    String name = name(node);
    List<String> before = warned.put(name, warnings);
    for (String warning : warnings) {
      if (before == null || !before.contains(warning)) {
        events.warning(node, "MachineReport", warning);
        log.atWarn()
            .addKeyValue("node", name)
            .addKeyValue("warning", warning)
            .log("what the machine reports is not all used");
      }
    }
  }

  private static Map<String, String> labels(V1Node node) {
    return Objects.requireNonNullElse(node.getMetadata().getLabels(), Map.of());
  }

  private static String name(V1Node node) {
    return Objects.requireNonNull(node.getMetadata().getName());
  }
}
