package dev.thresher.ccm.harvester.nodes;

import dev.thresher.api.ObjectKey;
import dev.thresher.api.kubevirt.VirtualMachine;
import dev.thresher.api.kubevirt.VirtualMachineInstance;
import dev.thresher.api.kubevirt.VirtualMachineInstanceSpec;
import dev.thresher.api.names.HarvesterNames;
import dev.thresher.runtime.informer.Informer;
import io.kubernetes.client.openapi.models.V1Node;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Which Nodes to look at when a machine changes: those that are it, and those that could be.
final class ConcernedNodes {

  private static final String PROVIDER_ID = "providerID";
  private static final String SYSTEM_UUID = "systemUUID";
  private static final String WAITING = "waiting";

  private final Informer<V1Node> nodes;

  /// Only before the informer starts.
  ConcernedNodes(Informer<V1Node> nodes) {
    this.nodes = nodes;
    nodes.addIndex(PROVIDER_ID, node -> List.of(MachineIdentity.providerId(node)));
    nodes.addIndex(
        SYSTEM_UUID, node -> List.of(MachineIdentity.systemUuid(node).toLowerCase(Locale.ROOT)));
    nodes.addIndex(WAITING, node -> waitsForAName(node) ? List.of(WAITING) : List.of());
  }

  /// Whether only a name can still lead to the machine of this Node.
  static boolean waitsForAName(V1Node node) {
    return MachineReport.isUninitialized(node) && MachineIdentity.providerId(node).isEmpty();
  }

  Set<String> by(VirtualMachine machine) {
    var template = machine.getSpec().getTemplate();
    Set<String> names = new LinkedHashSet<>();
    addOwned(names, machine.getMetadata().getUid());
    addNamed(names, machine.getMetadata().getName());
    addFitting(names, template == null ? null : template.getSpec());
    return names;
  }

  Set<String> by(VirtualMachineInstance instance) {
    Set<String> names = new LinkedHashSet<>();
    CachedMachines.owners(instance).forEach(uid -> addOwned(names, uid));
    addNamed(names, instance.getMetadata().getName());
    addFitting(names, instance.getSpec());
    return names;
  }

  /// Nodes that any guest could be, if its agent says so.
  Set<String> waiting() {
    Set<String> names = new LinkedHashSet<>();
    nodes.byIndex(WAITING, WAITING).forEach(node -> names.add(name(node)));
    return names;
  }

  /// Whether some Node has the provider ID of this machine.
  boolean isTaken(String uid) {
    return !nodes.byIndex(PROVIDER_ID, HarvesterNames.PROVIDER_ID_PREFIX + uid).isEmpty();
  }

  private void addOwned(Set<String> names, @Nullable String uid) {
    nodes
        .byIndex(PROVIDER_ID, HarvesterNames.PROVIDER_ID_PREFIX + uid)
        .forEach(node -> names.add(name(node)));
  }

  private void addNamed(Set<String> names, @Nullable String machine) {
    nodes
        .get(ObjectKey.cluster(Objects.requireNonNull(machine)))
        .ifPresent(node -> names.add(name(node)));
  }

  private void addFitting(Set<String> names, @Nullable VirtualMachineInstanceSpec spec) {
    CachedMachines.hostname(spec).forEach(hostname -> addNamed(names, hostname));
    for (String uuid : CachedMachines.firmwareUuid(spec)) {
      nodes.byIndex(SYSTEM_UUID, uuid).forEach(node -> names.add(name(node)));
    }
  }

  private static String name(V1Node node) {
    return Objects.requireNonNull(node.getMetadata().getName());
  }
}
