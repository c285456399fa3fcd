package dev.thresher.ccm.harvester.networks;

import dev.thresher.api.kubevirt.VirtualMachineInstance;
import dev.thresher.api.names.HarvesterNames;
import dev.thresher.api.names.KubeVirtNames;
import dev.thresher.runtime.informer.Informer;
import io.kubernetes.client.openapi.models.V1Node;
import io.kubernetes.client.openapi.models.V1OwnerReference;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/// The running machines of one guest cluster: those that carry its name in Harvester's label, and
/// those behind its Nodes. The second way finds machines that nobody labelled.
final class ClusterMachines {

  private static final String PROVIDER_ID = "providerID";

  private final String cluster;
  private final Informer<VirtualMachineInstance> instances;
  private final Informer<V1Node> nodes;

  /// Only before the informers start.
  ClusterMachines(
      String cluster, Informer<VirtualMachineInstance> instances, Informer<V1Node> nodes) {
    this.cluster = cluster;
    this.instances = instances;
    this.nodes = nodes;
    nodes.addIndex(PROVIDER_ID, node -> List.of(providerId(node)));
  }

  List<MachineCards> running() {
    List<MachineCards> machines = new ArrayList<>();
    for (VirtualMachineInstance instance : instances.list()) {
      if (isRunning(instance)) {
        Optional<String> node = node(instance);
        if (node.isPresent() || isLabelled(instance)) {
          String name = Objects.requireNonNull(instance.getMetadata().getName());
          machines.add(MachineCards.of(node.orElse(name), instance));
        }
      }
    }
    return machines;
  }

  /// What the running machines of the cluster report on a network.
  Set<String> addressesOn(String network) {
    Set<String> addresses = new TreeSet<>();
    for (VirtualMachineInstance instance : instances.list()) {
      if (isRunning(instance) && (isLabelled(instance) || node(instance).isPresent())) {
        addresses.addAll(MachineCards.addresses(instance, network));
      }
    }
    return addresses;
  }

  private static boolean isRunning(VirtualMachineInstance instance) {
    var status = instance.getStatus();
    return status != null
        && KubeVirtNames.PHASE_RUNNING.equals(status.getPhase())
        && instance.getMetadata().getDeletionTimestamp() == null;
  }

  private boolean isLabelled(VirtualMachineInstance instance) {
    Map<String, String> labels = instance.getMetadata().getLabels();
    return labels != null && cluster.equals(labels.get(HarvesterNames.GUEST_CLUSTER_LABEL));
  }

  private Optional<String> node(VirtualMachineInstance instance) {
    List<V1OwnerReference> owners = instance.getMetadata().getOwnerReferences();
    if (owners == null) {
      return Optional.empty();
    }
    return owners.stream()
        .map(owner -> HarvesterNames.PROVIDER_ID_PREFIX + owner.getUid())
        .flatMap(id -> nodes.byIndex(PROVIDER_ID, id).stream())
        .map(node -> Objects.requireNonNull(node.getMetadata().getName()))
        .findFirst();
  }

  private static String providerId(V1Node node) {
    var spec = node.getSpec();
    return spec == null ? "" : Objects.requireNonNullElse(spec.getProviderID(), "");
  }
}
