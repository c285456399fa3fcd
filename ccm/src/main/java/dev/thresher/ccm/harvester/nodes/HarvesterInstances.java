package dev.thresher.ccm.harvester.nodes;

import dev.thresher.api.ObjectKey;
import dev.thresher.api.address.IpAddress;
import dev.thresher.api.kubevirt.KubeVirtTypes;
import dev.thresher.api.kubevirt.VirtualMachine;
import dev.thresher.api.kubevirt.VirtualMachineInstance;
import dev.thresher.api.names.HarvesterNames;
import dev.thresher.api.names.KubernetesNames;
import dev.thresher.ccm.cloudprovider.Existence;
import dev.thresher.ccm.cloudprovider.InstanceMetadata;
import dev.thresher.ccm.cloudprovider.Instances;
import dev.thresher.ccm.cloudprovider.MachineAddress;
import dev.thresher.ccm.cloudprovider.MetadataResult;
import dev.thresher.ccm.cloudprovider.PowerState;
import dev.thresher.runtime.client.KubeApi;
import dev.thresher.runtime.client.ListPage;
import dev.thresher.runtime.client.ListQuery;
import dev.thresher.runtime.informer.Informer;
import io.kubernetes.client.openapi.models.V1Node;
import io.kubernetes.client.openapi.models.V1NodeAddress;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
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
/// Answers from caches: in steady state no node costs a request to the host.
public final class HarvesterInstances implements Instances {

  private static final Logger log = LoggerFactory.getLogger(HarvesterInstances.class);

  private static final String PROVIDER_ID = "providerID";
  private static final String SYSTEM_UUID = "systemUUID";

  private final String namespace;
  private final Machines machines;
  private final Informer<VirtualMachine> machineCache;
  private final Informer<VirtualMachineInstance> instanceCache;
  private final Informer<V1Node> nodes;
  private final KubeApi host;
  private final NodeAddressPolicy policy;
  private final Predicate<IpAddress> isVirtual;

  /// The last warnings about each node, so that each is logged once.
  private final Map<String, List<String>> warned = new ConcurrentHashMap<>();

  /// Only before the informers start.
  ///
  /// @param namespace where the machines are
  /// @param nodes the guest's Nodes
  /// @param isVirtual whether a balancer holds this address
  public HarvesterInstances(
      String namespace,
      Informer<VirtualMachine> machineCache,
      Informer<VirtualMachineInstance> instanceCache,
      Informer<V1Node> nodes,
      KubeApi host,
      NodeAddressPolicy policy,
      Predicate<IpAddress> isVirtual) {
    this.namespace = namespace;
    this.machines = new CachedMachines(namespace, machineCache, instanceCache);
    this.machineCache = machineCache;
    this.instanceCache = instanceCache;
    this.nodes = nodes;
    this.host = host;
    this.policy = policy;
    this.isVirtual = isVirtual;
    nodes.addIndex(PROVIDER_ID, node -> List.of(MachineIdentity.providerId(node)));
    nodes.addIndex(
        SYSTEM_UUID, node -> List.of(MachineIdentity.systemUuid(node).toLowerCase(Locale.ROOT)));
  }

  @Override
  public MetadataResult metadata(V1Node node) {
    return switch (MachineIdentity.of(node, machines)) {
      case MachineIdentity.NotOurs(String why) -> new MetadataResult.NotOurs(why);
      case MachineIdentity.Gone(String why) -> new MetadataResult.NotYet("MachineMissing", why);
      case MachineIdentity.Ambiguous(String why) ->
          new MetadataResult.NotYet("MachineAmbiguous", why);
      case MachineIdentity.Machine(VirtualMachine machine) -> metadata(node, machine);
    };
  }

  private MetadataResult metadata(V1Node node, VirtualMachine machine) {
    String providerId = HarvesterNames.PROVIDER_ID_PREFIX + machine.getMetadata().getUid();
    Optional<VirtualMachineInstance> found = machines.instanceOf(machine);
    boolean known = hasInternalAddress(node);
    if (found.isEmpty() || (known && MachineState.isMigrating(found.get()))) {
      return known
          ? new MetadataResult.Known(silent(providerId))
          : new MetadataResult.NotYet(
              "MachineNotRunning",
              "virtual machine "
                  + namespace
                  + "/"
                  + machine.getMetadata().getName()
                  + " has no running instance");
    }
    VirtualMachineInstance instance = found.get();
    GuestAddresses guest = GuestAddresses.of(node, instance, policy, isVirtual);
    warn(node, guest.warnings());
    if (guest.addresses().isEmpty()) {
      return known
          ? new MetadataResult.Known(silent(providerId))
          : new MetadataResult.NotYet(
              "AddressUnknown",
              "virtual machine "
                  + namespace
                  + "/"
                  + machine.getMetadata().getName()
                  + ": "
                  + guest.missing());
    }
    List<MachineAddress> addresses = new ArrayList<>(guest.addresses());
    addresses.add(
        new MachineAddress(
            MachineAddress.Type.HOSTNAME, Objects.requireNonNull(node.getMetadata().getName())));
    return new MetadataResult.Known(
        new InstanceMetadata(
            providerId,
            "",
            addresses,
            annotation(instance, KubernetesNames.LABEL_ZONE),
            annotation(instance, KubernetesNames.LABEL_REGION),
            Map.of()));
  }

  /// Nothing is known at the moment: what the node has stays.
  private static InstanceMetadata silent(String providerId) {
    return new InstanceMetadata(providerId, "", List.of(), "", "", Map.of());
  }

  @Override
  public Existence existence(V1Node node) {
    return switch (MachineIdentity.of(node, machines)) {
      case MachineIdentity.Machine _ -> new Existence.Exists();
      case MachineIdentity.NotOurs(String why) -> new Existence.Undecided(why);
      case MachineIdentity.Ambiguous(String why) -> new Existence.Undecided(why);
      case MachineIdentity.Gone(String why) -> new Existence.Missing(why);
    };
  }

  @Override
  public Existence confirmExistence(V1Node node) {
    Existence cached = existence(node);
    return cached instanceof Existence.Missing && livesNow(MachineIdentity.providerId(node))
        ? new Existence.Exists()
        : cached;
  }

  @Override
  public PowerState power(V1Node node) {
    return switch (MachineIdentity.of(node, machines)) {
      case MachineIdentity.Machine(VirtualMachine machine) ->
          MachineState.power(machine, machines.instanceOf(machine));
      case MachineIdentity.NotOurs(String why) -> new PowerState.Undecided(why);
      case MachineIdentity.Ambiguous(String why) -> new PowerState.Undecided(why);
      case MachineIdentity.Gone(String why) -> new PowerState.Undecided(why);
    };
  }

  @Override
  public void onChange(Consumer<String> nodeName) {
    machineCache.onChange(change -> concerned(change.object(), List.of()).forEach(nodeName));
    instanceCache.onChange(change -> {
      VirtualMachineInstance instance = change.object();
      machines
          .byName(Objects.requireNonNull(instance.getMetadata().getName()))
          .ifPresent(machine -> concerned(machine, uuids(instance)).forEach(nodeName));
    });
  }

  private Set<String> concerned(VirtualMachine machine, List<String> uuids) {
    Set<String> names = new LinkedHashSet<>();
    String id = HarvesterNames.PROVIDER_ID_PREFIX + machine.getMetadata().getUid();
    nodes.byIndex(PROVIDER_ID, id).forEach(node -> names.add(name(node)));
    nodes
        .get(ObjectKey.cluster(Objects.requireNonNull(machine.getMetadata().getName())))
        .ifPresent(node -> names.add(name(node)));
    for (String uuid : uuids) {
      nodes.byIndex(SYSTEM_UUID, uuid).forEach(node -> names.add(name(node)));
    }
    return names;
  }

  private boolean livesNow(String providerId) {
    String uid = providerId.substring(HarvesterNames.PROVIDER_ID_PREFIX.length());
    ListQuery query = ListQuery.inNamespace(namespace);
    while (true) {
      ListPage<VirtualMachine> page = host.list(KubeVirtTypes.VIRTUAL_MACHINE, query);
      if (page.items().stream().anyMatch(machine -> uid.equals(machine.getMetadata().getUid()))) {
        return true;
      }
      if (page.continueToken().isEmpty()) {
        return false;
      }
      query = query.after(page.continueToken().get());
    }
  }

  private void warn(V1Node node, List<String> warnings) {
    String name = name(node);
    List<String> before = warned.put(name, warnings);
    if (!warnings.isEmpty() && !warnings.equals(before)) {
      log.atWarn()
          .addKeyValue("node", name)
          .addKeyValue("warnings", warnings)
          .log("addresses of node");
    }
  }

  private static List<String> uuids(VirtualMachineInstance instance) {
    var domain = instance.getSpec().getDomain();
    var firmware = domain == null ? null : domain.getFirmware();
    String uuid = firmware == null ? null : firmware.getUuid();
    return uuid == null ? List.of() : List.of(uuid.toLowerCase(Locale.ROOT));
  }

  private static boolean hasInternalAddress(V1Node node) {
    var status = node.getStatus();
    List<V1NodeAddress> addresses = status == null ? null : status.getAddresses();
    return addresses != null
        && addresses.stream()
            .anyMatch(address -> MachineAddress.Type.INTERNAL_IP.text().equals(address.getType()));
  }

  private static String annotation(VirtualMachineInstance instance, String key) {
    Map<String, String> annotations = instance.getMetadata().getAnnotations();
    return annotations == null ? "" : annotations.getOrDefault(key, "");
  }

  private static String name(V1Node node) {
    return Objects.requireNonNull(node.getMetadata().getName());
  }
}
