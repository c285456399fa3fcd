package dev.thresher.ccm.kubevirt;

import dev.thresher.api.address.IpAddress;
import dev.thresher.api.kubevirt.Network;
import dev.thresher.api.kubevirt.VirtualMachineInstance;
import dev.thresher.api.kubevirt.VirtualMachineInstanceNetworkInterface;
import dev.thresher.api.names.KubeVirtCloudNames;
import dev.thresher.api.names.KubeVirtNames;
import dev.thresher.ccm.cloudprovider.PowerState;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// What a machine and its run say about the node.
final class InstanceReading {

  private static final Set<String> BEFORE_THE_END =
      Set.of(
          "", "Pending", "Scheduling", "Scheduled", KubeVirtNames.PHASE_RUNNING, "WaitingForSync");

  private InstanceReading() {}

  /// The addresses of the network named `default`, else of the pod network, in the order in which
  /// they are reported. Without those that no node is reached by, and without those that a balancer
  /// holds: a virtual address that is bound in the guest is reported like any other.
  static List<IpAddress> addresses(
      VirtualMachineInstance instance, Predicate<IpAddress> isVirtual) {
    Optional<String> network = network(instance);
    var status = instance.getStatus();
    Set<IpAddress> addresses = new LinkedHashSet<>();
    if (network.isPresent() && status != null) {
      for (VirtualMachineInstanceNetworkInterface card : list(status.getInterfaces())) {
        if (network.get().equals(card.getName())) {
          texts(card).stream()
              .flatMap(text -> IpAddress.tryParse(text).stream())
              .filter(IpAddress::isReachable)
              .filter(isVirtual.negate())
              .forEach(addresses::add);
        }
      }
    }
    return List.copyOf(addresses);
  }

  private static Optional<String> network(VirtualMachineInstance instance) {
    List<Network> networks = list(instance.getSpec().getNetworks());
    // Without networks in the spec the host gives the machine one, named so.
    boolean hasDefault =
        networks.isEmpty()
            || networks.stream()
                .anyMatch(n -> KubeVirtCloudNames.DEFAULT_NETWORK.equals(n.getName()));
    return hasDefault
        ? Optional.of(KubeVirtCloudNames.DEFAULT_NETWORK)
        : networks.stream().filter(n -> n.getPod() != null).map(Network::getName).findFirst();
  }

  /// The instance type by name, the cluster's before the namespace's; else by size; empty if
  /// neither is known.
  static String instanceType(KubeVirtMachine machine) {
    Map<String, String> annotations =
        machine
            .run()
            .map(run -> run.getMetadata().getAnnotations())
            .map(map -> map == null ? Map.<String, String>of() : map)
            .orElse(Map.of());
    String named =
        annotations.getOrDefault(
            KubeVirtNames.CLUSTER_INSTANCETYPE,
            annotations.getOrDefault(KubeVirtNames.INSTANCETYPE, ""));
    return named.isEmpty() ? machine.run().map(InstanceReading::size).orElse("") : named;
  }

  private static String size(VirtualMachineInstance run) {
    var domain = run.getSpec().getDomain();
    var cpu = domain == null ? null : domain.getCpu();
    var memory =
        domain == null || domain.getMemory() == null ? null : domain.getMemory().getGuest();
    if (cpu == null || memory == null) {
      return "";
    }
    long cpus =
        atLeastOne(cpu.getCores()) * atLeastOne(cpu.getSockets()) * atLeastOne(cpu.getThreads());
    return cpus + "cpu-" + memory.toSuffixedString();
  }

  private static long atLeastOne(@Nullable Long count) {
    return count == null || count == 0 ? 1 : count;
  }

  /// Others detach disks on the word that a machine is shut down, so it is said only when no run of
  /// it exists or the run has ended.
  static PowerState power(KubeVirtMachine machine) {
    if (machine.run().isEmpty()) {
      return new PowerState.ShutDown();
    }
    var status = machine.run().get().getStatus();
    String phase = status == null ? "" : Objects.requireNonNullElse(status.getPhase(), "");
    return switch (phase) {
      case KubeVirtNames.PHASE_SUCCEEDED, KubeVirtNames.PHASE_FAILED -> new PowerState.ShutDown();
      default ->
          BEFORE_THE_END.contains(phase)
              ? new PowerState.Running()
              : new PowerState.Undecided(
                  "the phase of \"" + machine.name() + "\" is \"" + phase + "\"");
    };
  }

  /// Between start and end of a live migration a machine may show the addresses and the host of
  /// either side.
  static boolean isMigrating(VirtualMachineInstance instance) {
    var status = instance.getStatus();
    var migration = status == null ? null : status.getMigrationState();
    return migration != null
        && !Boolean.TRUE.equals(migration.getCompleted())
        && !Boolean.TRUE.equals(migration.getFailed());
  }

  /// The host node that runs it; empty if it is not known.
  static String hostNode(VirtualMachineInstance instance) {
    var status = instance.getStatus();
    return status == null ? "" : Objects.requireNonNullElse(status.getNodeName(), "");
  }

  private static List<String> texts(VirtualMachineInstanceNetworkInterface card) {
    List<String> all = list(card.getIpAddresses());
    String one = card.getIpAddress();
    return !all.isEmpty() ? all : one == null || one.isEmpty() ? List.of() : List.of(one);
  }

  private static <T> List<T> list(@Nullable List<T> list) {
    return list == null ? List.of() : list;
  }
}
