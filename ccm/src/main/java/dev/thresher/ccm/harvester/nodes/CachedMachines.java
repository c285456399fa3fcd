package dev.thresher.ccm.harvester.nodes;

import dev.thresher.api.ObjectKey;
import dev.thresher.api.kubevirt.VirtualMachine;
import dev.thresher.api.kubevirt.VirtualMachineInstance;
import dev.thresher.api.kubevirt.VirtualMachineInstanceSpec;
import dev.thresher.runtime.informer.Informer;
import io.kubernetes.client.openapi.models.V1OwnerReference;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// [Machines] out of the caches of one namespace, and what guest agents said of their names.
public final class CachedMachines implements Machines {

  private static final String UID = "uid";
  private static final String OWNER_UID = "ownerUID";
  private static final String SYSTEM_UUID = "systemUUID";
  private static final String HOSTNAME = "hostname";

  private final String namespace;
  private final Informer<VirtualMachine> machines;
  private final Informer<VirtualMachineInstance> instances;
  private final GuestHostnames hostnames;

  /// Only before the informers start.
  public CachedMachines(
      String namespace,
      Informer<VirtualMachine> machines,
      Informer<VirtualMachineInstance> instances,
      GuestHostnames hostnames) {
    this.namespace = namespace;
    this.machines = machines;
    this.instances = instances;
    this.hostnames = hostnames;
    machines.addIndex(
        UID, machine -> List.of(Objects.requireNonNullElse(machine.getMetadata().getUid(), "")));
    machines.addIndex(SYSTEM_UUID, machine -> firmwareUuid(template(machine)));
    machines.addIndex(HOSTNAME, machine -> hostname(template(machine)));
    // A machine without a UUID of its own gets one with its instance.
    instances.addIndex(SYSTEM_UUID, instance -> firmwareUuid(instance.getSpec()));
    instances.addIndex(HOSTNAME, instance -> hostname(instance.getSpec()));
    instances.addIndex(
        UID, instance -> List.of(Objects.requireNonNullElse(instance.getMetadata().getUid(), "")));
    instances.addIndex(OWNER_UID, CachedMachines::owners);
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
  public List<VirtualMachine> byHostname(String hostname) {
    String wanted = hostname.toLowerCase(Locale.ROOT);
    List<VirtualMachineInstance> runs = new ArrayList<>(instances.byIndex(HOSTNAME, wanted));
    hostnames.runsOf(wanted).forEach(uid -> runs.addAll(instances.byIndex(UID, uid)));
    return found(machines.byIndex(HOSTNAME, wanted), runs);
  }

  @Override
  public List<VirtualMachine> bySystemUuid(String uuid) {
    String wanted = uuid.toLowerCase(Locale.ROOT);
    return found(machines.byIndex(SYSTEM_UUID, wanted), instances.byIndex(SYSTEM_UUID, wanted));
  }

  @Override
  public Optional<VirtualMachineInstance> instanceOf(VirtualMachine machine) {
    return instances.get(ObjectKey.of(machine)).filter(instance -> isRunOf(instance, machine));
  }

  @Override
  public Optional<VirtualMachineInstance> leftOf(String uid, String systemUuid) {
    return instances.byIndex(OWNER_UID, uid).stream()
        .findFirst()
        .or(() ->
            systemUuid.isEmpty()
                ? Optional.empty()
                : instances.byIndex(SYSTEM_UUID, systemUuid.toLowerCase(Locale.ROOT)).stream()
                    .filter(instance -> owners(instance).isEmpty())
                    .filter(instance -> byName(name(instance)).isEmpty())
                    .findFirst());
  }

  /// The machines themselves and those of the runs, each once.
  private List<VirtualMachine> found(
      List<VirtualMachine> direct, List<VirtualMachineInstance> runs) {
    Map<String, VirtualMachine> found = new LinkedHashMap<>();
    direct.forEach(machine -> found.put(machine.getMetadata().getName(), machine));
    for (VirtualMachineInstance run : runs) {
      byName(name(run))
          .filter(machine -> isRunOf(run, machine))
          .ifPresent(machine -> found.put(machine.getMetadata().getName(), machine));
    }
    return List.copyOf(found.values());
  }

  /// An instance shares its machine's name, and so does what an earlier machine of that name left.
  private static boolean isRunOf(VirtualMachineInstance instance, VirtualMachine machine) {
    List<String> owners = owners(instance);
    return owners.isEmpty() || owners.contains(machine.getMetadata().getUid());
  }

  static List<String> owners(VirtualMachineInstance instance) {
    List<V1OwnerReference> owners = instance.getMetadata().getOwnerReferences();
    return owners == null
        ? List.of()
        : owners.stream().map(V1OwnerReference::getUid).filter(Objects::nonNull).toList();
  }

  private static @Nullable VirtualMachineInstanceSpec template(VirtualMachine machine) {
    var template = machine.getSpec().getTemplate();
    return template == null ? null : template.getSpec();
  }

  static List<String> firmwareUuid(@Nullable VirtualMachineInstanceSpec spec) {
    var domain = spec == null ? null : spec.getDomain();
    var firmware = domain == null ? null : domain.getFirmware();
    return lowerCase(firmware == null ? null : firmware.getUuid());
  }

  static List<String> hostname(@Nullable VirtualMachineInstanceSpec spec) {
    return lowerCase(spec == null ? null : spec.getHostname());
  }

  private static List<String> lowerCase(@Nullable String text) {
    return text == null || text.isEmpty() ? List.of() : List.of(text.toLowerCase(Locale.ROOT));
  }

  private static String name(VirtualMachineInstance instance) {
    return Objects.requireNonNull(instance.getMetadata().getName());
  }
}
