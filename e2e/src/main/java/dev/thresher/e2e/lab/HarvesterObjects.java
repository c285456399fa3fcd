package dev.thresher.e2e.lab;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;

/// VirtualMachine, VirtualMachineInstance and NetworkAttachmentDefinition objects as Harvester and
/// its node driver make them: pure functions.
final class HarvesterObjects {
  private HarvesterObjects() {}

  /// One network card of a VM.
  ///
  /// @param name name of the network in the VM's specification: `nic-0`, `nic-1`, …
  /// @param network network of the lab, which has a NetworkAttachmentDefinition of that name
  /// @param linux name of the interface in the guest
  record Nic(String name, String network, String mac, String linux, Addresses addresses) {}

  /// @param pool node pool of the guest cluster
  record Machine(
      String namespace, String name, String guest, String pool, String uuid, List<Nic> nics) {}

  static JsonObject networkAttachment(String namespace, String network, int vlan) {
    return Json.object(
        "apiVersion",
        "k8s.cni.cncf.io/v1",
        "kind",
        "NetworkAttachmentDefinition",
        "metadata",
        Json.object(
            "name", network,
            "namespace", namespace,
            "labels",
                Json.object(
                    "network.harvesterhci.io/clusternetwork", "mgmt",
                    "network.harvesterhci.io/type", "L2VlanNetwork",
                    "network.harvesterhci.io/ready", "true",
                    "network.harvesterhci.io/vlan-id", Integer.toString(vlan))),
        "spec",
        Json.object(
            "config",
            Json.object(
                    "cniVersion",
                    "0.3.1",
                    "name",
                    network,
                    "type",
                    "bridge",
                    "bridge",
                    Node.BRIDGE,
                    "promiscMode",
                    true,
                    "vlan",
                    vlan,
                    "ipam",
                    Json.object())
                .toString()));
  }

  static JsonObject virtualMachine(Machine machine) {
    return Json.object(
        "apiVersion",
        "kubevirt.io/v1",
        "kind",
        "VirtualMachine",
        "metadata",
        Json.object(
            "name", machine.name(),
            "namespace", machine.namespace(),
            "labels", labels(machine)),
        "spec",
        Json.object(
            "runStrategy",
            "RerunOnFailure",
            "template",
            Json.object(
                // One label map is shared by the VM and its template.
                "metadata", Json.object("labels", labels(machine)),
                "spec", specification(machine))));
  }

  static JsonObject virtualMachineStatus(boolean running) {
    return Json.object(
        "status",
        running
            ? Json.object(
                "created",
                true,
                "ready",
                true,
                "printableStatus",
                "Running",
                "runStrategy",
                "RerunOnFailure",
                "conditions",
                Json.array(condition("Ready", "True")))
            : Json.object(
                "created",
                false,
                "ready",
                false,
                "printableStatus",
                "Stopped",
                "conditions",
                Json.array(condition("Ready", "False"))));
  }

  static JsonObject virtualMachineInstance(Machine machine, String machineUid, String node) {
    JsonObject labels = labels(machine);
    labels.addProperty("kubevirt.io/nodeName", node);
    return Json.object(
        "apiVersion", "kubevirt.io/v1",
        "kind", "VirtualMachineInstance",
        "metadata",
            Json.object(
                "name", machine.name(),
                "namespace", machine.namespace(),
                "labels", labels,
                "annotations",
                    Json.object(
                        "topology.kubernetes.io/zone", "zone-1",
                        "topology.kubernetes.io/region", "lab",
                        "kubernetes.io/hostname", node),
                "ownerReferences",
                    Json.array(
                        Json.object(
                            "apiVersion",
                            "kubevirt.io/v1",
                            "kind",
                            "VirtualMachine",
                            "name",
                            machine.name(),
                            "uid",
                            machineUid,
                            "controller",
                            true,
                            "blockOwnerDeletion",
                            true))),
        "spec", specification(machine),
        "status", instanceStatus(machine, node));
  }

  static JsonObject instanceStatus(Machine machine, String node) {
    var interfaces = new JsonArray();
    machine.nics().forEach(nic -> interfaces.add(interfaceStatus(nic, nic.addresses().all())));
    return Json.object(
        "phase",
        "Running",
        "nodeName",
        node,
        "interfaces",
        interfaces,
        "guestOSInfo",
        Json.object("id", "lab", "name", "Lab", "prettyName", "Lab 1", "kernelRelease", "6.18.0"),
        "conditions",
        Json.array(
            condition("Ready", "True"),
            condition("AgentConnected", "True"),
            condition("LiveMigratable", "True")),
        "migrationMethod",
        "BlockMigration");
  }

  /// Both families, IPv4 first; the agent reports link-local addresses as well.
  static JsonObject interfaceStatus(Nic nic, List<String> addresses) {
    return Json.object(
        "name",
        nic.name(),
        "mac",
        nic.mac(),
        "interfaceName",
        nic.linux(),
        "podInterfaceName",
        "pod" + nic.linux(),
        "infoSource",
        "domain, guest-agent, multus-status",
        "queueCount",
        1,
        "ipAddress",
        addresses.isEmpty() ? null : addresses.getFirst(),
        "ipAddresses",
        addresses);
  }

  static JsonObject guestInfo(Machine machine, String hostname) {
    return Json.object(
        "apiVersion",
        "subresources.kubevirt.io/v1",
        "kind",
        "VirtualMachineInstanceGuestAgentInfo",
        "metadata",
        Json.object("name", machine.name(), "namespace", machine.namespace()),
        "guestAgentVersion",
        "9.0.0",
        "hostname",
        hostname,
        "os",
        Json.object("id", "lab", "name", "Lab"));
  }

  private static JsonObject labels(Machine machine) {
    return Json.object(
        "harvesterhci.io/creator",
        "docker-machine-driver-harvester",
        "harvesterhci.io/vmName",
        machine.name(),
        "harvesterhci.io/machineSetName",
        machine.namespace() + "-" + machine.guest() + "-" + machine.pool(),
        "guestcluster.harvesterhci.io/name",
        machine.guest(),
        "nodepool.harvesterhci.io/name",
        machine.guest() + "-" + machine.pool());
  }

  private static JsonObject specification(Machine machine) {
    var networks = new JsonArray();
    var interfaces = new JsonArray();
    for (Nic nic : machine.nics()) {
      networks.add(
          Json.object(
              "name", nic.name(),
              "multus", Json.object("networkName", machine.namespace() + "/" + nic.network())));
      interfaces.add(
          Json.object(
              "name", nic.name(),
              "model", "virtio",
              "macAddress", nic.mac(),
              "bridge", Json.object()));
    }
    return Json.object(
        "evictionStrategy",
        "LiveMigrateIfPossible",
        "hostname",
        machine.name(),
        "domain",
        Json.object(
            "cpu", Json.object("cores", 2, "sockets", 1, "threads", 1),
            "memory", Json.object("guest", "3996Mi"),
            "firmware", Json.object("uuid", machine.uuid()),
            "resources", Json.object("limits", Json.object("cpu", "2", "memory", "4Gi")),
            "devices", Json.object("interfaces", interfaces)),
        "networks",
        networks);
  }

  private static JsonElement condition(String type, String status) {
    String now = Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
    return Json.object(
        "type", type, "status", status, "lastProbeTime", null, "lastTransitionTime", now);
  }
}
