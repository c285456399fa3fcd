package dev.thresher.loadbalancer.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.api.address.IpAddress;
import dev.thresher.api.address.IpFamily;
import dev.thresher.api.kubevirt.MultusNetwork;
import dev.thresher.api.kubevirt.Network;
import dev.thresher.api.kubevirt.VirtualMachineInstance;
import dev.thresher.api.kubevirt.VirtualMachineInstanceNetworkInterface;
import dev.thresher.api.kubevirt.VirtualMachineInstanceSpec;
import dev.thresher.api.loadbalancer.LoadBalancer;
import dev.thresher.loadbalancer.reconcile.Backends.Backend;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// At which network of the machines traffic arrives, and back ends that are named one by one.
final class BackendNetworkTest {

  /// Pod network, `vms/vlan7` without its namespace, `default/vlan8`.
  private static VirtualMachineInstance machine() {
    VirtualMachineInstance machine = World.instance("vm", "web");
    machine.spec(
        new VirtualMachineInstanceSpec()
            .addNetworksItem(new Network().name("default"))
            .addNetworksItem(
                new Network().name("seven").multus(new MultusNetwork().networkName("vlan7")))
            .addNetworksItem(
                new Network()
                    .name("eight")
                    .multus(new MultusNetwork().networkName("default/vlan8"))));
    machine
        .getStatus()
        .interfaces(
            List.of(
                card("default", "10.52.1.9"),
                card("seven", "10.7.0.5", "2001:db8:7::5"),
                card("eight", "10.8.0.5")));
    return machine;
  }

  private static VirtualMachineInstanceNetworkInterface card(String name, String... addresses) {
    return new VirtualMachineInstanceNetworkInterface().name(name).ipAddresses(List.of(addresses));
  }

  private static List<Backend> of(
      LoadBalancer object,
      Map<String, Map<IpFamily, IpAddress>> known,
      VirtualMachineInstance... machines) {
    object.getMetadata().uid("uid");
    return Backends.of(Wish.of(object), List.of(machines), known, (_, _) -> false, _ -> false);
  }

  private static String text(Backend backend) {
    return backend.state()
        + " "
        + backend.addresses().values().stream().sorted().toList()
        + " "
        + new TreeMap<>(backend.networks());
  }

  @ParameterizedTest(name = "{0}: {1}")
  @CsvSource(
      delimiter = '|',
      value = {
        "''            | READY [10.52.1.9, 2001:db8:7::5] {IPv6=vms/vlan7}",
        "default       | READY [10.52.1.9] {}",
        "seven         | READY [10.7.0.5, 2001:db8:7::5] {IPv4=vms/vlan7, IPv6=vms/vlan7}",
        "vms/vlan7     | READY [10.7.0.5, 2001:db8:7::5] {IPv4=vms/vlan7, IPv6=vms/vlan7}",
        "default/vlan8 | READY [10.8.0.5] {IPv4=default/vlan8}",
        "default/vlan7 | NO_NETWORK [] {}",
        "nine          | NO_NETWORK [] {}",
      })
  void isTheOneThatIsAskedForOrTheFirst(String asked, String expected) {
    LoadBalancer object = World.machines("a");
    object.getSpec().backendNetwork(asked);
    assertThat(of(object, Map.of(), machine()))
        .extracting(BackendNetworkTest::text)
        .containsExactly(expected);
  }

  /// The agent is silent for a moment: what was known stays, unless it is known to be elsewhere.
  @Test
  void anAddressOfAnotherNetworkDoesNotStandIn() {
    VirtualMachineInstance machine = machine();
    machine.getStatus().interfaces(List.of(card("default", "10.52.1.9")));
    LoadBalancer object = World.machines("a");
    object.getSpec().backendNetwork("seven");
    for (String before : List.of("10.7.0.5", "10.52.1.9")) {
      var known = Map.of("uid-of-vm", Map.of(IpFamily.IPV4, IpAddress.parse(before)));
      assertThat(of(object, known, machine()))
          .extracting(BackendNetworkTest::text)
          .containsExactly("READY [10.7.0.5, 2001:db8:7::5] {IPv4=vms/vlan7, IPv6=vms/vlan7}");
      assertThat(of(object, known, machine))
          .extracting(BackendNetworkTest::text)
          .containsExactly(
              before.equals("10.7.0.5") ? "READY [10.7.0.5] {IPv4=vms/vlan7}" : "NO_ADDRESS [] {}");
    }
  }

  /// Of several networks nobody knows which one an address is at that is not reported.
  @Test
  void anAddressThatIsNotReportedIsAtNoKnownNetwork() {
    VirtualMachineInstance machine = machine();
    machine.getStatus().interfaces(List.of());
    var known = Map.of("uid-of-vm", Map.of(IpFamily.IPV4, IpAddress.parse("10.7.0.5")));
    assertThat(of(World.machines("a"), known, machine))
        .extracting(BackendNetworkTest::text)
        .containsExactly("READY [10.7.0.5] {}");
  }

  /// A list of addresses of an object that was made as `v1alpha1`.
  @ParameterizedTest(name = "{0} {1}: {2}")
  @CsvSource(
      delimiter = '|',
      value = {
        "harvesterhci.io/vmName | [\"10.9.0.7\",\"10.8.0.5\",\"2001:db8::9\"] | [10.9.0.7, 2001:db8::9]",
        "harvesterhci.io/vmName | []                          | []",
        "harvesterhci.io/vmName | [\"127.0.0.1\", \"name\"]   | []",
        // Another selector was written since: it is what is meant.
        "app                    | [\"10.9.0.7\"]              | []",
      })
  void addressesThatNoMachineHasStayBackEnds(String selector, String list, String expected) {
    LoadBalancer object = World.machines("a");
    object.getSpec().backendServerSelector(Map.of(selector, List.of("nobody")));
    object.getMetadata().putAnnotationsItem("thresher.dev/v1alpha1-backend-servers", list);
    assertThat(
            of(object, Map.of(), machine()).stream()
                .flatMap(backend -> backend.addresses().values().stream())
                .sorted()
                .toList())
        .hasToString(expected);
  }
}
