package dev.thresher.loadbalancer.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.api.address.IpAddress;
import dev.thresher.api.kubevirt.Network;
import dev.thresher.api.kubevirt.VirtualMachineInstance;
import dev.thresher.api.kubevirt.VirtualMachineInstanceNetworkInterface;
import dev.thresher.api.loadbalancer.LoadBalancer;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class BackendsTest {

  private static Wish wish(LoadBalancer object) {
    object.getMetadata().uid("uid");
    return Wish.of(object);
  }

  private static List<String> of(VirtualMachineInstance... instances) {
    return Backends.of(
            wish(World.machines("a")),
            List.of(instances),
            Map.of(),
            (_, address) -> address.equals(text("192.0.2.50")),
            _ -> false)
        .stream()
        .map(backend ->
            backend.name()
                + " "
                + backend.state()
                + " "
                + backend.addresses().values().stream().sorted().toList())
        .toList();
  }

  private static IpAddress text(String address) {
    return IpAddress.parse(address);
  }

  private static VirtualMachineInstance changed(Consumer<VirtualMachineInstance> change) {
    VirtualMachineInstance instance = World.instance("vm", "web", "10.0.0.5");
    change.accept(instance);
    return instance;
  }

  @ParameterizedTest(name = "{0}: {1}")
  @CsvSource(
      delimiter = '|',
      value = {
        "10.0.0.5                        | [10.0.0.5]",
        "10.0.0.5 10.0.0.6               | [10.0.0.5]",
        "10.0.0.5 2001:db8::5            | [10.0.0.5, 2001:db8::5]",
        "2001:db8::5                     | [2001:db8::5]",
        "127.0.0.1 10.0.0.5              | [10.0.0.5]",
        "169.254.1.1 fe80::1 10.0.0.5    | [10.0.0.5]",
        "0.0.0.0 224.0.0.1 255.255.255.255 :: ::1 ff02::1 10.0.0.5 | [10.0.0.5]",
        // A virtual address that the machine holds for the moment.
        "192.0.2.50 10.0.0.5             | [10.0.0.5]",
        "nonsense 10.0.0.5               | [10.0.0.5]",
      })
  void takesTheFirstUsableAddressOfEachFamily(String reported, String expected) {
    assertThat(of(World.instance("vm", "web", reported.split(" ", -1))))
        .containsExactly("vm READY " + expected);
  }

  @ParameterizedTest(name = "{0} of {1}: {2}")
  @CsvSource(
      delimiter = '|',
      value = {
        "10.1.0.6, 10.1.0.5,2001:db8:0::5 | 10.0.0.5 10.1.0.5 2001:db8::1 2001:db8::5 | READY [10.1.0.5, 2001:db8::5]",
        // A node that takes no part, or one that is not known yet.
        "10.1.0.6                         | 10.0.0.6                  | NOT_NAMED []",
        "10.1.0.6                         | 10.0.0.6 2001:db8::6      | READY [2001:db8::6]",
        "10.1.0.6,2001:db8::9             | 10.0.0.6 2001:db8::6      | NOT_NAMED []",
        "10.1.0.6                         | fe80::1                   | NO_ADDRESS []",
        "''                               | 10.0.0.6                  | READY [10.0.0.6]",
        "nonsense                         | 10.0.0.6                  | READY [10.0.0.6]"
      })
  void takesNoOtherAddressThanTheOneWhereNodePortsAreAnswered(
      String named, String reported, String expected) {
    LoadBalancer object = World.machines("a");
    object.getMetadata().putAnnotationsItem("thresher.dev/backend-addresses", named);
    assertThat(
            Backends.of(
                wish(object),
                List.of(World.instance("vm", "web", reported.split(" ", -1))),
                Map.of(),
                (_, _) -> false,
                _ -> false))
        .extracting(backend ->
            backend.state() + " " + backend.addresses().values().stream().sorted().toList())
        .containsExactly(expected);
  }

  @Test
  void anAddressThatVanishedForAMomentMustBeNamedToo() {
    LoadBalancer object = World.machines("a");
    object.getMetadata().putAnnotationsItem("thresher.dev/backend-addresses", "10.1.0.5");
    VirtualMachineInstance silent = World.instance("vm", "web");
    String uid = String.valueOf(silent.getMetadata().getUid());
    for (String known : List.of("10.1.0.5", "10.0.0.5")) {
      assertThat(
              Backends.of(
                  wish(object),
                  List.of(silent),
                  Map.of(uid, Map.of(text(known).family(), text(known))),
                  (_, _) -> false,
                  _ -> false))
          .extracting(Backends.Backend::state)
          .containsExactly(
              known.equals("10.1.0.5") ? Backends.State.READY : Backends.State.NOT_NAMED);
    }
  }

  @Test
  void machineWithoutUsableAddressTakesNoPart() {
    assertThat(of(World.instance("vm", "web", "fe80::1"))).containsExactly("vm NO_ADDRESS []");
    assertThat(of(World.instance("vm", "web"))).containsExactly("vm NO_ADDRESS []");
  }

  @Test
  void readsTheOldFieldOfOneAddress() {
    assertThat(
            of(
                changed(vm ->
                    vm.getStatus()
                        .interfaces(
                            List.of(
                                new VirtualMachineInstanceNetworkInterface()
                                    .name("nic-1")
                                    .ipAddress("10.0.0.9"))))))
        .containsExactly("vm READY [10.0.0.9]");
  }

  @Test
  void looksAtNetworksOfTheSpecInTheirOrder() {
    assertThat(
            of(
                changed(vm -> {
                  vm.getSpec().networks(List.of(network("nic-2"), network("nic-1")));
                  vm.getStatus()
                      .interfaces(
                          List.of(
                              card("docker0", "172.17.0.1"),
                              card("nic-1", "10.0.0.5"),
                              card("nic-2", "10.1.0.5")));
                })))
        .containsExactly("vm READY [10.1.0.5]");
  }

  private static Network network(String name) {
    return new Network().name(name);
  }

  private static VirtualMachineInstanceNetworkInterface card(String name, String address) {
    return new VirtualMachineInstanceNetworkInterface().name(name).ipAddresses(List.of(address));
  }

  @ParameterizedTest
  @CsvSource({
    "Running, READY",
    "Scheduled, NOT_RUNNING",
    "Succeeded, NOT_RUNNING",
    "Failed, NOT_RUNNING",
    "WaitingForSync, NOT_RUNNING",
    "AWordOfTomorrow, NOT_RUNNING"
  })
  void runningMachinesTakePart(String phase, String state) {
    assertThat(of(changed(vm -> vm.getStatus().phase(phase))))
        .first()
        .asString()
        .startsWith("vm " + state);
  }

  @Test
  void everyKeyOfTheSelectorMustMatchOneOfItsValues() {
    LoadBalancer object = World.machines("a");
    object
        .getSpec()
        .backendServerSelector(Map.of("app", List.of("web", "api"), "tier", List.of("1")));
    Wish wish = wish(object);
    VirtualMachineInstance instance = World.instance("vm", "api");

    assertThat(Backends.matches(wish, instance)).isFalse();
    instance.getMetadata().labels(Map.of("app", "api", "tier", "1"));
    assertThat(Backends.matches(wish, instance)).isTrue();
    instance.getMetadata().labels(Map.of("app", "db", "tier", "1"));
    assertThat(Backends.matches(wish, instance)).isFalse();
    instance.getMetadata().labels(null);
    assertThat(Backends.matches(wish, instance)).isFalse();
  }

  @Test
  void noSelectorMeansAllMachinesButNoGuestNodes() {
    LoadBalancer machines = World.machines("a");
    machines.getSpec().backendServerSelector(null);
    VirtualMachineInstance instance = World.instance("vm", "web");

    assertThat(Backends.matches(wish(machines), instance)).isTrue();
    assertThat(Backends.matches(wish(World.cluster("b")), instance)).isFalse();
  }
}
