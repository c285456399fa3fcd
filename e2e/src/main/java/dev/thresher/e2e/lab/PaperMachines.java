package dev.thresher.e2e.lab;

import com.google.gson.JsonObject;
import java.util.Collection;
import java.util.List;
import java.util.UUID;
import java.util.stream.IntStream;

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
    create(upTo(count));
  }

  /// Makes machines on the host, running.
  public void create(Collection<Integer> numbers) {
    host.ensureNamespace("default");
    Together.each(numbers, this::createOne);
  }

  /// Registers nodes in the guest, tainted as a kubelet with an external cloud provider registers
  /// them, numbered from 0.
  public void register(int count) {
    register(upTo(count));
  }

  /// As [#register(int)].
  public void register(Collection<Integer> numbers) {
    Together.each(numbers, this::registerOne);
  }

  /// Removes nodes from the guest, numbered from 0; the machines stay.
  public void forget(int count) {
    forget(upTo(count));
  }

  /// As [#forget(int)].
  public void forget(Collection<Integer> numbers) {
    Together.each(numbers, number -> guest.api().delete("/api/v1/nodes/" + name(number)));
  }

  /// Removes machines from the host; their nodes stay as they are.
  public void remove(Collection<Integer> numbers) {
    Together.each(
        numbers,
        number -> {
          host.api().delete(path("virtualmachineinstances", number));
          host.api().delete(path("virtualmachines", number));
        });
  }

  /// Machines are shut down: no instance, status stopped. Their nodes stay as they are.
  public void powerOff(Collection<Integer> numbers) {
    Together.each(
        numbers,
        number -> {
          host.api().delete(path("virtualmachineinstances", number));
          host.api()
              .merge(
                  path("virtualmachines", number) + "/status",
                  HarvesterObjects.virtualMachineStatus(false));
        });
  }

  /// Says in the guest's API whether nodes are ready.
  public void ready(Collection<Integer> numbers, boolean ready) {
    Together.each(numbers, number -> NodeObjects.condition(guest.api(), name(number), ready));
  }

  /// Name of machine and node.
  public static String name(int number) {
    return "paper-" + number;
  }

  private static String path(String plural, int number) {
    return "/apis/kubevirt.io/v1/namespaces/default/" + plural + "/" + name(number);
  }

  private static List<Integer> upTo(int count) {
    return IntStream.range(0, count).boxed().toList();
  }

  private void createOne(int number) {
    KubeApi api = host.api();
    HarvesterObjects.Machine machine = machine(number);
    JsonObject made = api.apply(HarvesterObjects.virtualMachine(machine));
    api.merge(
        path("virtualmachines", number) + "/status", HarvesterObjects.virtualMachineStatus(true));
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
