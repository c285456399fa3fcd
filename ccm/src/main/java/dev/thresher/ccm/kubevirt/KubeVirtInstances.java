package dev.thresher.ccm.kubevirt;

import dev.thresher.api.ObjectKey;
import dev.thresher.api.ResourceType;
import dev.thresher.api.address.IpAddress;
import dev.thresher.api.kubevirt.KubeVirtTypes;
import dev.thresher.api.kubevirt.VirtualMachine;
import dev.thresher.api.kubevirt.VirtualMachineInstance;
import dev.thresher.api.names.KubeVirtCloudNames;
import dev.thresher.api.names.ThresherNames;
import dev.thresher.ccm.cloudprovider.Existence;
import dev.thresher.ccm.cloudprovider.InstanceMetadata;
import dev.thresher.ccm.cloudprovider.Instances;
import dev.thresher.ccm.cloudprovider.MachineAddress;
import dev.thresher.ccm.cloudprovider.MetadataResult;
import dev.thresher.ccm.cloudprovider.PowerState;
import dev.thresher.ccm.hostservice.Machines;
import dev.thresher.runtime.client.KubeApi;
import dev.thresher.runtime.client.ListQuery;
import dev.thresher.runtime.informer.Informer;
import io.kubernetes.client.common.KubernetesObject;
import io.kubernetes.client.openapi.models.V1Node;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Predicate;

/// Nodes as virtual machines of one namespace of a KubeVirt host.
///
/// Answers from caches: in steady state no node costs a request to the host.
public final class KubeVirtInstances implements Instances, Machines {

  private static final String PROVIDER_ID = "providerID";
  private static final String INSTANCE_ID = "instanceID";

  private final String namespace;
  private final CachedMachines machines;
  private final Informer<VirtualMachine> machineCache;
  private final Informer<VirtualMachineInstance> instanceCache;
  private final Informer<V1Node> nodes;
  private final HostNodes hostNodes;
  private final KubeApi host;
  private final Predicate<IpAddress> isVirtual;

  /// Only before the informers start.
  ///
  /// @param namespace where the machines are
  /// @param nodes the guest's Nodes
  /// @param hostNodes the host's Nodes, empty where zones are not wanted
  /// @param isVirtual whether a balancer holds this address
  public KubeVirtInstances(
      String namespace,
      Informer<VirtualMachine> machineCache,
      Informer<VirtualMachineInstance> instanceCache,
      Informer<V1Node> nodes,
      Optional<Informer<V1Node>> hostNodes,
      KubeApi host,
      Predicate<IpAddress> isVirtual) {
    this.namespace = namespace;
    this.machines = new CachedMachines(namespace, machineCache, instanceCache);
    this.machineCache = machineCache;
    this.instanceCache = instanceCache;
    this.nodes = nodes;
    this.hostNodes = new HostNodes(hostNodes);
    this.host = host;
    this.isVirtual = isVirtual;
    nodes.addIndex(PROVIDER_ID, node -> List.of(KubeVirtIdentity.providerId(node)));
    nodes.addIndex(
        INSTANCE_ID,
        node -> List.of(KubeVirtIdentity.label(node, KubeVirtCloudNames.INSTANCE_ID_LABEL)));
  }

  @Override
  public MetadataResult metadata(V1Node node) {
    return switch (KubeVirtIdentity.of(node, machines)) {
      case KubeVirtIdentity.NotOurs(String why) -> new MetadataResult.NotOurs(why);
      case KubeVirtIdentity.Gone(String why) -> new MetadataResult.NotYet("MachineMissing", why);
      case KubeVirtIdentity.Ambiguous(String why) ->
          new MetadataResult.NotYet("MachineAmbiguous", why);
      case KubeVirtIdentity.Machine(KubeVirtMachine machine) -> metadata(node, machine);
    };
  }

  private MetadataResult metadata(V1Node node, KubeVirtMachine machine) {
    boolean known = !MachineAddress.internal(node).isEmpty();
    Optional<VirtualMachineInstance> run = machine.run();
    if (run.isEmpty() || (known && InstanceReading.isMigrating(run.get()))) {
      return known
          ? new MetadataResult.Known(silent(machine))
          : new MetadataResult.NotYet(
              "MachineNotRunning",
              "virtual machine " + namespace + "/" + machine.name() + " has no running instance");
    }
    List<IpAddress> addresses = InstanceReading.addresses(run.get(), isVirtual);
    if (addresses.isEmpty()) {
      return known
          ? new MetadataResult.Known(silent(machine))
          : new MetadataResult.NotYet(
              "AddressUnknown",
              "virtual machine instance "
                  + namespace
                  + "/"
                  + machine.name()
                  + " reports no address on its network \""
                  + KubeVirtCloudNames.DEFAULT_NETWORK
                  + "\", nor on the pod network; for other networks the guest agent"
                  + " (qemu-guest-agent) has to run");
    }
    HostNodes.Place place = hostNodes.of(InstanceReading.hostNode(run.get()));
    return new MetadataResult.Known(
        new InstanceMetadata(
            providerId(machine),
            InstanceReading.instanceType(machine),
            addresses.stream()
                .map(address ->
                    new MachineAddress(MachineAddress.Type.INTERNAL_IP, address.toString()))
                .toList(),
            place.zone(),
            place.region(),
            labels(machine)));
  }

  /// Nothing is known at the moment: what the node has stays.
  private static InstanceMetadata silent(KubeVirtMachine machine) {
    return new InstanceMetadata(providerId(machine), "", List.of(), "", "", labels(machine));
  }

  private static String providerId(KubeVirtMachine machine) {
    return KubeVirtCloudNames.PROVIDER_ID_PREFIX + machine.name();
  }

  private static Map<String, String> labels(KubeVirtMachine machine) {
    return machine.uid().isEmpty() ? Map.of() : Map.of(ThresherNames.MACHINE_UID, machine.uid());
  }

  @Override
  public Existence existence(V1Node node) {
    return existence(KubeVirtIdentity.of(node, machines));
  }

  private static Existence existence(KubeVirtIdentity identity) {
    return switch (identity) {
      case KubeVirtIdentity.Machine _ -> new Existence.Exists();
      case KubeVirtIdentity.NotOurs(String why) -> new Existence.Undecided(why);
      case KubeVirtIdentity.Ambiguous(String why) -> new Existence.Undecided(why);
      case KubeVirtIdentity.Gone(String why) -> new Existence.Missing(why);
    };
  }

  @Override
  public Existence confirmExistence(V1Node node) {
    Existence cached = existence(node);
    Optional<String> name = KubeVirtIdentity.machineName(node);
    return cached instanceof Existence.Missing && name.isPresent()
        ? existence(
            KubeVirtIdentity.judge(
                node,
                name.get(),
                KubeVirtMachine.of(
                    name.get(),
                    live(KubeVirtTypes.VIRTUAL_MACHINE, name.get()),
                    live(KubeVirtTypes.VIRTUAL_MACHINE_INSTANCE, name.get()))))
        : cached;
  }

  /// By a list of one name and not by a get: where KubeVirt itself is gone, a get says that the
  /// machine is, a list fails.
  private <T extends KubernetesObject> Optional<T> live(ResourceType<T> type, String name) {
    return host
        .list(type, ListQuery.inNamespace(namespace).withFields("metadata.name=" + name))
        .items()
        .stream()
        .findFirst();
  }

  @Override
  public PowerState power(V1Node node) {
    return switch (KubeVirtIdentity.of(node, machines)) {
      case KubeVirtIdentity.Machine(KubeVirtMachine machine) -> InstanceReading.power(machine);
      case KubeVirtIdentity.NotOurs(String why) -> new PowerState.Undecided(why);
      case KubeVirtIdentity.Ambiguous(String why) -> new PowerState.Undecided(why);
      case KubeVirtIdentity.Gone(String why) -> new PowerState.Undecided(why);
    };
  }

  /// The machine behind a node, with the addresses that its node ports have.
  @Override
  public Optional<Machine> of(V1Node node) {
    return switch (KubeVirtIdentity.of(node, machines)) {
      case KubeVirtIdentity.Machine(KubeVirtMachine machine) ->
          machine.run().map(run -> new Machine(run, InstanceReading.addresses(run, isVirtual)));
      case KubeVirtIdentity.NotOurs _, KubeVirtIdentity.Ambiguous _, KubeVirtIdentity.Gone _ ->
          Optional.empty();
    };
  }

  @Override
  public void onChange(Consumer<String> nodeName) {
    machineCache.onChange(
        change -> concerned(change.object().getMetadata().getName(), "").forEach(nodeName));
    instanceCache.onChange(change ->
        concerned(
                change.object().getMetadata().getName(),
                Objects.requireNonNullElse(change.object().getSpec().getHostname(), ""))
            .forEach(nodeName));
    hostNodes.onChange(hostNode ->
        machines
            .byHostNode(hostNode)
            .forEach(machine -> concerned(machine.name(), "").forEach(nodeName)));
  }

  private Set<String> concerned(String machine, String hostname) {
    Set<String> names = new LinkedHashSet<>();
    nodes
        .byIndex(PROVIDER_ID, KubeVirtCloudNames.PROVIDER_ID_PREFIX + machine)
        .forEach(node -> names.add(name(node)));
    nodes.byIndex(INSTANCE_ID, machine).forEach(node -> names.add(name(node)));
    nodes.get(ObjectKey.cluster(machine)).ifPresent(node -> names.add(name(node)));
    if (!hostname.isEmpty()) {
      nodes.get(ObjectKey.cluster(hostname)).ifPresent(node -> names.add(name(node)));
    }
    return names;
  }

  private static String name(V1Node node) {
    return Objects.requireNonNull(node.getMetadata().getName());
  }
}
