package dev.thresher.ccm.harvester.nodes;

import dev.thresher.api.kubevirt.CPU;
import dev.thresher.api.kubevirt.DomainSpec;
import dev.thresher.api.kubevirt.ResourceRequirements;
import dev.thresher.api.kubevirt.VirtualMachine;
import dev.thresher.api.kubevirt.VirtualMachineInstance;
import dev.thresher.api.names.KubeVirtNames;
import io.kubernetes.client.custom.Quantity;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// What kind of machine it is, for the label `node.kubernetes.io/instance-type`.
///
/// The name of its instance type on the host; without one its size, as `4cpu-8Gi`.
final class InstanceType {

  private static final List<String> UNITS = List.of("Mi", "Gi", "Ti", "Pi");
  private static final BigInteger STEP = BigInteger.valueOf(1024);
  private static final BigDecimal MEBIBYTE = BigDecimal.valueOf(1024 * 1024);

  private InstanceType() {}

  /// @return empty if neither is known
  static String of(Optional<VirtualMachine> machine, VirtualMachineInstance instance) {
    Map<String, String> annotations =
        Objects.requireNonNullElse(instance.getMetadata().getAnnotations(), Map.of());
    return Stream.of(
            machine.map(InstanceType::resolved).orElse(""),
            annotations.getOrDefault(KubeVirtNames.CLUSTER_INSTANCETYPE, ""),
            annotations.getOrDefault(KubeVirtNames.INSTANCETYPE, ""),
            machine.map(InstanceType::wished).orElse(""),
            size(instance.getSpec().getDomain()))
        .filter(name -> !name.isEmpty())
        .findFirst()
        .orElse("");
  }

  private static String resolved(VirtualMachine machine) {
    var status = machine.getStatus();
    var reference = status == null ? null : status.getInstancetypeRef();
    return reference == null ? "" : Objects.requireNonNullElse(reference.getName(), "");
  }

  private static String wished(VirtualMachine machine) {
    var matcher = machine.getSpec().getInstancetype();
    return matcher == null ? "" : Objects.requireNonNullElse(matcher.getName(), "");
  }

  private static String size(@Nullable DomainSpec domain) {
    if (domain == null) {
      return "";
    }
    long cpus = cpus(domain);
    String memory = memory(domain);
    return cpus == 0 || memory.isEmpty() ? "" : cpus + "cpu-" + memory;
  }

  private static long cpus(DomainSpec domain) {
    CPU cpu = domain.getCpu();
    if (cpu != null
        && Stream.of(cpu.getCores(), cpu.getSockets(), cpu.getThreads())
            .anyMatch(Objects::nonNull)) {
      return atLeastOne(cpu.getCores())
          * atLeastOne(cpu.getSockets())
          * atLeastOne(cpu.getThreads());
    }
    return requested(domain.getResources(), "cpu")
        .map(number -> number.setScale(0, RoundingMode.CEILING).longValue())
        .orElse(0L);
  }

  private static long atLeastOne(@Nullable Long count) {
    return count == null || count == 0 ? 1 : count;
  }

  private static String memory(DomainSpec domain) {
    Quantity guest = domain.getMemory() == null ? null : domain.getMemory().getGuest();
    return Optional.ofNullable(guest)
        .map(Quantity::getNumber)
        .or(() -> requested(domain.getResources(), "memory"))
        .map(InstanceType::text)
        .orElse("");
  }

  private static Optional<BigDecimal> requested(
      @Nullable ResourceRequirements resources, String name) {
    if (resources == null) {
      return Optional.empty();
    }
    return Stream.of(
            Optional.ofNullable(resources.getRequests()),
            Optional.ofNullable(resources.getLimits()))
        .flatMap(Optional::stream)
        .map(map -> Optional.ofNullable(map.get(name)))
        .flatMap(Optional::stream)
        .map(Quantity::getNumber)
        .findFirst();
  }

  /// In the largest unit that needs no fraction; less than a MiB counts as one.
  private static String text(BigDecimal bytes) {
    BigInteger left = bytes.divide(MEBIBYTE, 0, RoundingMode.CEILING).toBigInteger();
    int unit = 0;
    while (unit < UNITS.size() - 1 && left.signum() > 0 && left.mod(STEP).equals(BigInteger.ZERO)) {
      left = left.divide(STEP);
      unit++;
    }
    return left + UNITS.get(unit);
  }
}
