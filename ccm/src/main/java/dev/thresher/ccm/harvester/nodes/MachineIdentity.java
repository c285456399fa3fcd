package dev.thresher.ccm.harvester.nodes;

import dev.thresher.api.kubevirt.VirtualMachine;
import dev.thresher.api.names.HarvesterNames;
import io.kubernetes.client.openapi.models.V1Node;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

/// Which machine a Node is.
///
/// A provider ID names the machine by UID and settles it: a machine made again under the same name
/// is another one. Without it the machine has the Node's name, or the system UUID that the guest
/// reads from its firmware.
public sealed interface MachineIdentity {

  record Machine(VirtualMachine machine) implements MachineIdentity {}

  /// The Node is of ours, and its machine is not known here.
  record Gone(String why) implements MachineIdentity {}

  /// No machine, and never had one of ours.
  record NotOurs(String why) implements MachineIdentity {}

  /// More than one machine could be meant.
  record Ambiguous(String why) implements MachineIdentity {}

  static MachineIdentity of(V1Node node, Machines machines) {
    String id = providerId(node);
    if (!id.isEmpty()) {
      if (!id.startsWith(HarvesterNames.PROVIDER_ID_PREFIX)) {
        return new NotOurs("its provider ID is \"" + id + "\"");
      }
      String uid = id.substring(HarvesterNames.PROVIDER_ID_PREFIX.length());
      return machines
          .byUid(uid)
          .<MachineIdentity>map(Machine::new)
          .orElseGet(() -> new Gone("there is no virtual machine with the UID \"" + uid + "\""));
    }
    String name = Objects.requireNonNull(node.getMetadata().getName());
    String uuid = systemUuid(node);
    Map<String, VirtualMachine> candidates = new LinkedHashMap<>();
    machines.byName(name).ifPresent(machine -> candidates.put(uid(machine), machine));
    if (!uuid.isEmpty()) {
      machines.bySystemUuid(uuid).forEach(machine -> candidates.put(uid(machine), machine));
    }
    return switch (candidates.size()) {
      case 0 ->
          new NotOurs(
              "no virtual machine has the name \""
                  + name
                  + "\" or the system UUID \""
                  + uuid
                  + "\"");
      case 1 -> new Machine(candidates.values().iterator().next());
      default ->
          new Ambiguous(
              "the virtual machines "
                  + candidates.values().stream()
                      .map(machine -> machine.getMetadata().getName())
                      .toList()
                  + " fit node \""
                  + name
                  + "\" by name or by system UUID; give each machine its own firmware UUID, or set"
                  + " spec.providerID of the node to "
                  + HarvesterNames.PROVIDER_ID_PREFIX
                  + "<UID of its machine>");
    };
  }

  static String providerId(V1Node node) {
    var spec = node.getSpec();
    return spec == null ? "" : Objects.requireNonNullElse(spec.getProviderID(), "");
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
