package dev.thresher.ccm.harvester.nodes;

import dev.thresher.api.kubevirt.VirtualMachine;
import dev.thresher.api.kubevirt.VirtualMachineInstance;
import dev.thresher.api.names.HarvesterNames;
import io.kubernetes.client.openapi.models.V1Node;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/// Which machine a Node is.
///
/// A provider ID names the machine by UID and settles it: a machine made again under the same name
/// is another one. Without it the machine has the Node's name, or a guest with the Node's name for
/// its host name; the system UUID that the guest reads from its firmware tells such machines apart,
/// and finds the machine where no name does.
public sealed interface MachineIdentity {

  record Machine(VirtualMachine machine) implements MachineIdentity {}

  /// The machine is deleted, its run goes on.
  record LeftRun(String uid, VirtualMachineInstance instance) implements MachineIdentity {}

  /// The Node is of ours, and its machine is not known here.
  record Gone(String why) implements MachineIdentity {}

  /// No machine, and never had one of ours.
  record NotOurs(String why) implements MachineIdentity {}

  /// More than one machine could be meant.
  record Ambiguous(String why) implements MachineIdentity {}

  static MachineIdentity of(V1Node node, Machines machines) {
    String id = providerId(node);
    if (id.isEmpty()) {
      return byNames(node, machines);
    }
    if (!id.startsWith(HarvesterNames.PROVIDER_ID_PREFIX)) {
      return new NotOurs("its provider ID is \"" + id + "\"");
    }
    String uid = uid(id);
    return machines
        .byUid(uid)
        .<MachineIdentity>map(Machine::new)
        .or(() ->
            machines.leftOf(uid, systemUuid(node)).map(instance -> new LeftRun(uid, instance)))
        .orElseGet(() -> new Gone("there is no virtual machine with the UID \"" + uid + "\""));
  }

  private static MachineIdentity byNames(V1Node node, Machines machines) {
    String name = Objects.requireNonNull(node.getMetadata().getName());
    String uuid = systemUuid(node);
    Map<String, VirtualMachine> named = new LinkedHashMap<>();
    machines.byName(name).ifPresent(machine -> named.put(uid(machine), machine));
    machines.byHostname(name).forEach(machine -> named.put(uid(machine), machine));
    Map<String, VirtualMachine> marked = new LinkedHashMap<>();
    if (!uuid.isEmpty()) {
      machines.bySystemUuid(uuid).forEach(machine -> marked.put(uid(machine), machine));
    }
    List<VirtualMachine> fitting = fitting(named, marked);
    return switch (fitting.size()) {
      case 0 ->
          new NotOurs(
              "no virtual machine has the name or host name \""
                  + name
                  + "\" or the system UUID \""
                  + uuid
                  + "\"");
      case 1 -> new Machine(fitting.getFirst());
      default -> new Ambiguous(ambiguous(name, fitting));
    };
  }

  /// The machines that both ways find, or that the one way finds that finds any. Two ways that find
  /// different machines contradict each other: all of them fit.
  private static List<VirtualMachine> fitting(
      Map<String, VirtualMachine> named, Map<String, VirtualMachine> marked) {
    Map<String, VirtualMachine> both = new LinkedHashMap<>(named);
    both.keySet().retainAll(marked.keySet());
    if (!both.isEmpty()) {
      return List.copyOf(both.values());
    }
    List<VirtualMachine> all = new ArrayList<>(named.values());
    all.addAll(marked.values());
    return all;
  }

  private static String ambiguous(String node, Collection<VirtualMachine> machines) {
    return "the virtual machines "
        + machines.stream().map(machine -> machine.getMetadata().getName()).toList()
        + " fit node \""
        + node
        + "\" by name, host name or system UUID; give each machine its own host name and firmware"
        + " UUID, or set spec.providerID of the node to "
        + HarvesterNames.PROVIDER_ID_PREFIX
        + "<UID of its machine>";
  }

  static String providerId(V1Node node) {
    var spec = node.getSpec();
    return spec == null ? "" : Objects.requireNonNullElse(spec.getProviderID(), "");
  }

  /// The machine that a provider ID of ours names.
  static String uid(String providerId) {
    return providerId.substring(HarvesterNames.PROVIDER_ID_PREFIX.length());
  }

  static String systemUuid(V1Node node) {
    var status = node.getStatus();
    var info = status == null ? null : status.getNodeInfo();
    return info == null ? "" : Objects.requireNonNullElse(info.getSystemUUID(), "");
  }

  private static String uid(VirtualMachine machine) {
    return Objects.requireNonNull(machine.getMetadata().getUid());
  }
}
