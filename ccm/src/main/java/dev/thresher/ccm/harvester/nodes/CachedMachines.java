package dev.thresher.ccm.harvester.nodes;

import dev.thresher.api.ObjectKey;
import dev.thresher.api.kubevirt.DomainSpec;
import dev.thresher.api.kubevirt.VirtualMachine;
import dev.thresher.api.kubevirt.VirtualMachineInstance;
import dev.thresher.api.kubevirt.VirtualMachineInstanceSpec;
import dev.thresher.runtime.informer.Informer;
import io.kubernetes.client.openapi.models.V1OwnerReference;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// [Machines] out of the caches of one namespace.
public final class CachedMachines implements Machines {

  private static final String UID = "uid";
  private static final String SYSTEM_UUID = "systemUUID";

  private final String namespace;
  private final Informer<VirtualMachine> machines;
  private final Informer<VirtualMachineInstance> instances;

  /// Only before the informers start.
  public CachedMachines(
      String namespace,
      Informer<VirtualMachine> machines,
      Informer<VirtualMachineInstance> instances) {
    this.namespace = namespace;
    this.machines = machines;
    this.instances = instances;
    machines.addIndex(
        UID, machine -> List.of(Objects.requireNonNullElse(machine.getMetadata().getUid(), "")));
    machines.addIndex(
        SYSTEM_UUID,
        machine -> {
          var template = machine.getSpec().getTemplate();
          return firmwareUuid(template == null ? null : template.getSpec());
        });
    // A machine without a UUID of its own gets one with its instance.
    instances.addIndex(SYSTEM_UUID, instance -> firmwareUuid(instance.getSpec()));
  }

  @Override
  public Optional<VirtualMachine> byUid(String uid) {
    return machines.byIndex(UID, uid).stream().findFirst();
  }

  @Override
  public Optional<VirtualMachine> byName(String name) {
    return machines.get(ObjectKey.of(namespace, name));
  }

  @Override
  public List<VirtualMachine> bySystemUuid(String uuid) {
    String wanted = uuid.toLowerCase(Locale.ROOT);
    List<VirtualMachine> found = new ArrayList<>(machines.byIndex(SYSTEM_UUID, wanted));
    for (VirtualMachineInstance instance : instances.byIndex(SYSTEM_UUID, wanted)) {
      byName(Objects.requireNonNull(instance.getMetadata().getName()))
          .filter(machine -> isRunOf(instance, machine) && !found.contains(machine))
          .ifPresent(found::add);
    }
    return found;
  }

  @Override
  public Optional<VirtualMachineInstance> instanceOf(VirtualMachine machine) {
    return instances.get(ObjectKey.of(machine)).filter(instance -> isRunOf(instance, machine));
  }

  /// An instance shares its machine's name, and so does what an earlier machine of that name left.
  private static boolean isRunOf(VirtualMachineInstance instance, VirtualMachine machine) {
    List<V1OwnerReference> owners = instance.getMetadata().getOwnerReferences();
    return owners == null
        || owners.isEmpty()
        || owners.stream()
            .anyMatch(owner -> Objects.equals(owner.getUid(), machine.getMetadata().getUid()));
  }

  private static List<String> firmwareUuid(@Nullable VirtualMachineInstanceSpec spec) {
    DomainSpec domain = spec == null ? null : spec.getDomain();
    var firmware = domain == null ? null : domain.getFirmware();
    String uuid = firmware == null ? null : firmware.getUuid();
    return uuid == null || uuid.isEmpty() ? List.of() : List.of(uuid.toLowerCase(Locale.ROOT));
  }
}
