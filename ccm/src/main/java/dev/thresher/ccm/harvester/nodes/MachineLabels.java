package dev.thresher.ccm.harvester.nodes;

import dev.thresher.api.kubevirt.VirtualMachine;
import dev.thresher.api.kubevirt.VirtualMachineInstance;
import dev.thresher.api.names.HarvesterNames;
import dev.thresher.api.names.ThresherNames;
import io.kubernetes.client.openapi.models.V1ObjectMeta;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Pattern;

/// Labels that a Node takes from its machine.
///
/// A label of the machine itself counts before the same one of its run, which got its labels when
/// it started.
final class MachineLabels {

  private static final Pattern VALUE =
      Pattern.compile("([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?");

  private MachineLabels() {}

  /// Labels that a Node gets if it has none of their keys.
  static Map<String, String> initial(
      Optional<VirtualMachine> machine, VirtualMachineInstance instance) {
    return copied(machine, instance, List.of(HarvesterNames.NODE_POOL_LABEL));
  }

  /// Labels that are the machine's: whatever the Node has is overwritten, at any time.
  static Map<String, String> followed(
      Optional<VirtualMachine> machine, VirtualMachineInstance instance, List<String> keys) {
    Map<String, String> labels = new LinkedHashMap<>(copied(machine, instance, keys));
    String host = hostNode(instance);
    if (!host.isEmpty()) {
      labels.put(ThresherNames.HOST_NODE_LABEL, host);
    }
    return labels;
  }

  /// The value if it may be that of a label, else nothing.
  static String valueOrNothing(String text) {
    return VALUE.matcher(text).matches() ? text : "";
  }

  private static String hostNode(VirtualMachineInstance instance) {
    var status = instance.getStatus();
    return valueOrNothing(
        status == null ? "" : Objects.requireNonNullElse(status.getNodeName(), ""));
  }

  private static Map<String, String> copied(
      Optional<VirtualMachine> machine, VirtualMachineInstance instance, List<String> keys) {
    Map<String, String> ofMachine = machine.map(m -> labels(m.getMetadata())).orElse(Map.of());
    Map<String, String> ofRun = labels(instance.getMetadata());
    Map<String, String> copied = new LinkedHashMap<>();
    for (String key : keys) {
      String value = ofMachine.containsKey(key) ? ofMachine.get(key) : ofRun.get(key);
      if (value != null) {
        copied.put(key, value);
      }
    }
    return copied;
  }

  private static Map<String, String> labels(V1ObjectMeta meta) {
    return Objects.requireNonNullElse(meta.getLabels(), Map.of());
  }
}
