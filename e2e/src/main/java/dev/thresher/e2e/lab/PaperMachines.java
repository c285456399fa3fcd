package dev.thresher.e2e.lab;

import com.google.gson.JsonObject;
import java.util.List;
import java.util.UUID;

/// VMs that are nothing but objects in the API servers, for numbers of nodes that no machine could
/// run: they look as [Vm]s do, and nothing answers at their addresses. Safe for use by several
/// threads.
public final class PaperMachines {

  private final ControlPlane host;
  private final ControlPlane guest;
  private final String guestName;
  private final String hostNode;

  /// @param guest name of the guest cluster
  public PaperMachines(Lab lab, String guest) {
    this.host = lab.host();
    this.guest = lab.guest(guest);
    this.guestName = guest;
    this.hostNode = lab.nodes().getFirst().name();
  }

  /// Makes machines on the host, running, numbered from 0.
  public void create(int count) {
    host.ensureNamespace("default");
    Together.run(count, this::createOne);
  }

  /// Registers their nodes in the guest, tainted as a kubelet with an external cloud provider
  /// registers them.
  public void register(int count) {
    Together.run(count, this::registerOne);
  }

  /// Removes the nodes from the guest; the machines stay.
  public void forget(int count) {
    Together.run(count, number -> guest.api().delete("/api/v1/nodes/" + name(number)));
  }

  /// Name of machine and node.
  public static String name(int number) {
    return "paper-" + number;
  }

  private void createOne(int number) {
    KubeApi api = host.api();
    HarvesterObjects.Machine machine = machine(number);
    JsonObject made = api.apply(HarvesterObjects.virtualMachine(machine));
    api.merge(
        "/apis/kubevirt.io/v1/namespaces/default/virtualmachines/" + name(number) + "/status",
        HarvesterObjects.virtualMachineStatus(true));
    String uid = Json.text(made, "metadata", "uid").orElseThrow();
    api.apply(HarvesterObjects.virtualMachineInstance(machine, uid, hostNode));
  }

  private void registerOne(int number) {
    KubeApi api = guest.api();
    JsonObject node =
        NodeObjects.guestNode(
            name(number), new Addresses("100.64.0.0/26", "2001:db8:64::/64"), true);
    node.getAsJsonObject("spec").remove("podCIDR");
    node.getAsJsonObject("spec").remove("podCIDRs");
    api.create("/api/v1/nodes", node);
    NodeObjects.condition(api, name(number), true);
  }

  /// Addresses of the networks for benchmarks and documentation (RFC 2544, RFC 3849).
  private HarvesterObjects.Machine machine(int number) {
    String hex = Integer.toHexString(number + 1);
    var nic =
        new HarvesterObjects.Nic(
            "nic-0",
            Wiring.LAN,
            "02:00:00:00:%02x:%02x".formatted(number >> 8, number & 0xff),
            "eth0",
            new Addresses(
                "198.18." + (number + 1) / 250 + "." + ((number + 1) % 250 + 1),
                "2001:db8:18::" + hex));
    return new HarvesterObjects.Machine(
        "default",
        name(number),
        guestName,
        "paper",
        UUID.nameUUIDFromBytes(new byte[] {(byte) (number >> 8), (byte) number}).toString(),
        List.of(nic));
  }
}
