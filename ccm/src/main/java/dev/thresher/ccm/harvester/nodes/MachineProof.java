package dev.thresher.ccm.harvester.nodes;

import dev.thresher.api.ObjectKey;
import dev.thresher.api.ResourceType;
import dev.thresher.api.kubevirt.KubeVirtTypes;
import dev.thresher.api.kubevirt.VirtualMachine;
import dev.thresher.api.kubevirt.VirtualMachineInstance;
import dev.thresher.api.names.HarvesterNames;
import dev.thresher.runtime.client.KubeApi;
import dev.thresher.runtime.client.ListQuery;
import io.kubernetes.client.common.KubernetesObject;
import io.kubernetes.client.openapi.models.V1Node;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// Whether the host still has a machine, by its own word and not by a cache's.
///
/// A UID never changes its name, so one read by the name that was once seen with the UID is proof
/// either way. Without such a memory (a machine that went before this process began) the read by
/// the Node's names proves presence only, and absence takes the list. Thread-safe.
final class MachineProof {

  private final String namespace;
  private final KubeApi host;

  /// UID to name, of machines that were seen.
  private final Map<String, String> names = new ConcurrentHashMap<>();

  MachineProof(String namespace, KubeApi host) {
    this.namespace = namespace;
    this.host = host;
  }

  void seen(VirtualMachine machine) {
    names.put(
        Objects.requireNonNullElse(machine.getMetadata().getUid(), ""),
        Objects.requireNonNull(machine.getMetadata().getName()));
  }

  /// Nobody will ask for this machine again.
  void forget(String uid) {
    names.remove(uid);
  }

  /// Begins a look at any number of machines, which reads each list at most once.
  Look look() {
    return new Look();
  }

  /// One look. For one thread, and for a short time: a list that was read is not read again.
  final class Look {

    private @Nullable List<VirtualMachine> machines;
    private @Nullable List<VirtualMachineInstance> runs;

    private Look() {}

    /// Whether the machine with this UID exists, or its run does.
    ///
    /// @param node the Node that it is
    /// @throws dev.thresher.runtime.client.KubeApiException if the host does not answer, or knows
    ///   no virtual machines at all
    boolean lives(String uid, V1Node node) {
      Predicate<VirtualMachine> isMachine = machine -> uid.equals(machine.getMetadata().getUid());
      Predicate<VirtualMachineInstance> isRun = run -> isRunOf(run, uid, node);
      String name = names.get(uid);
      if (name != null) {
        return isAt(KubeVirtTypes.VIRTUAL_MACHINE, name, isMachine)
            || isAt(KubeVirtTypes.VIRTUAL_MACHINE_INSTANCE, name, isRun);
      }
      if (machines == null) {
        for (String guess : guesses(node)) {
          if (isAt(KubeVirtTypes.VIRTUAL_MACHINE, guess, isMachine)) {
            return true;
          }
        }
        machines = list(KubeVirtTypes.VIRTUAL_MACHINE);
      }
      if (machines.stream().anyMatch(isMachine)) {
        return true;
      }
      if (runs == null) {
        runs = list(KubeVirtTypes.VIRTUAL_MACHINE_INSTANCE);
      }
      return runs.stream().anyMatch(isRun);
    }
  }

  private static boolean isRunOf(VirtualMachineInstance run, String uid, V1Node node) {
    List<String> owners = CachedMachines.owners(run);
    return owners.contains(uid)
        || (owners.isEmpty()
            && CachedMachines.firmwareUuid(run.getSpec())
                .contains(MachineIdentity.systemUuid(node).toLowerCase(Locale.ROOT)));
  }

  private static Set<String> guesses(V1Node node) {
    Set<String> guesses = new LinkedHashSet<>();
    Map<String, String> annotations = node.getMetadata().getAnnotations();
    Optional.ofNullable(annotations)
        .map(present -> present.get(HarvesterNames.VM_NAME_OF_NODE))
        .filter(name -> !name.isEmpty())
        .ifPresent(guesses::add);
    guesses.add(Objects.requireNonNull(node.getMetadata().getName()));
    return guesses;
  }

  private <T extends KubernetesObject> boolean isAt(
      ResourceType<T> type, String name, Predicate<T> wanted) {
    return host.get(type, ObjectKey.of(namespace, name)).filter(wanted).isPresent();
  }

  private <T extends KubernetesObject> List<T> list(ResourceType<T> type) {
    return host.list(type, ListQuery.inNamespace(namespace).withLimit(0)).items();
  }
}
