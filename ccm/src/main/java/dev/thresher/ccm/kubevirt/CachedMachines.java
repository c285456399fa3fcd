package dev.thresher.ccm.kubevirt;

import dev.thresher.api.ObjectKey;
import dev.thresher.api.kubevirt.VirtualMachine;
import dev.thresher.api.kubevirt.VirtualMachineInstance;
import dev.thresher.runtime.informer.Informer;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// The machines of the namespace as the caches know them.
final class CachedMachines {

  private static final String BY_HOSTNAME = "hostname";
  private static final String BY_HOST_NODE = "hostNode";

  private final String namespace;
  private final Informer<VirtualMachine> machines;
  private final Informer<VirtualMachineInstance> instances;

  /// Only before the informers start.
  CachedMachines(
      String namespace,
      Informer<VirtualMachine> machines,
      Informer<VirtualMachineInstance> instances) {
    this.namespace = namespace;
    this.machines = machines;
    this.instances = instances;
    instances.addIndex(BY_HOSTNAME, instance -> text(instance.getSpec().getHostname()));
    instances.addIndex(
        BY_HOST_NODE,
        instance -> {
          var status = instance.getStatus();
          return status == null ? List.of() : text(status.getNodeName());
        });
  }

  Optional<KubeVirtMachine> byName(String name) {
    ObjectKey key = ObjectKey.of(namespace, name);
    return KubeVirtMachine.of(name, machines.get(key), instances.get(key));
  }

  /// Machines whose guest was given this host name.
  List<KubeVirtMachine> byHostname(String hostname) {
    return named(instances.byIndex(BY_HOSTNAME, hostname));
  }

  /// Machines that run on this node of the host.
  List<KubeVirtMachine> byHostNode(String hostNode) {
    return named(instances.byIndex(BY_HOST_NODE, hostNode));
  }

  private List<KubeVirtMachine> named(List<VirtualMachineInstance> found) {
    return found.stream()
        .map(instance -> Objects.requireNonNull(instance.getMetadata().getName()))
        .distinct()
        .flatMap(name -> byName(name).stream())
        .toList();
  }

  private static List<String> text(@Nullable String text) {
    return text == null || text.isEmpty() ? List.of() : List.of(text);
  }
}
