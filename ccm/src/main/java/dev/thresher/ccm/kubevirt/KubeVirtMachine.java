package dev.thresher.ccm.kubevirt;

import dev.thresher.api.kubevirt.DomainSpec;
import dev.thresher.api.kubevirt.VirtualMachine;
import dev.thresher.api.kubevirt.VirtualMachineInstance;
import io.kubernetes.client.openapi.models.V1OwnerReference;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// A machine by its name: what is wanted of it, its present run, or both. An instance may exist
/// without a machine, made by hand or left by a machine that was deleted without it.
///
/// @param machine null if there is an instance alone
/// @param instance null if nothing of it runs
record KubeVirtMachine(
    String name, @Nullable VirtualMachine machine, @Nullable VirtualMachineInstance instance) {

  /// Empty if there is neither. What an earlier machine of the name left is no run of this one.
  static Optional<KubeVirtMachine> of(
      String name, Optional<VirtualMachine> machine, Optional<VirtualMachineInstance> instance) {
    Optional<VirtualMachineInstance> run =
        instance.filter(found -> machine.isEmpty() || isRunOf(found, machine.get()));
    return machine.isEmpty() && run.isEmpty()
        ? Optional.empty()
        : Optional.of(new KubeVirtMachine(name, machine.orElse(null), run.orElse(null)));
  }

  Optional<VirtualMachineInstance> run() {
    return Optional.ofNullable(instance);
  }

  /// The UID that lasts as long as the machine; empty for an instance without a machine.
  String uid() {
    return machine == null ? "" : Objects.requireNonNullElse(machine.getMetadata().getUid(), "");
  }

  /// The system UUID that the guest reads from its firmware, in lower case; empty if it is not
  /// known.
  String systemUuid() {
    DomainSpec domain = instance == null ? null : instance.getSpec().getDomain();
    var firmware = domain == null ? null : domain.getFirmware();
    String uuid = firmware == null ? null : firmware.getUuid();
    return uuid == null ? "" : uuid.toLowerCase(Locale.ROOT);
  }

  private static boolean isRunOf(VirtualMachineInstance instance, VirtualMachine machine) {
    var owners =
        Objects.requireNonNullElse(
            instance.getMetadata().getOwnerReferences(), List.<V1OwnerReference>of());
    return owners.isEmpty()
        || owners.stream()
            .anyMatch(owner -> Objects.equals(owner.getUid(), machine.getMetadata().getUid()));
  }
}
