package dev.thresher.ccm.kubevirt;

import dev.thresher.api.names.KubeVirtCloudNames;
import dev.thresher.api.names.ThresherNames;
import io.kubernetes.client.openapi.models.V1Node;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/// Which machine a Node is.
///
/// A provider ID names the machine. Without it, it is the machine that the Node's label names, else
/// the one of the Node's name, else the one whose guest was given that host name.
///
/// Since a name says nothing of a machine that was made again, the UID of the machine is recorded
/// on the Node. If the present machine has another one, the Node's is gone, unless the Node shows
/// the present machine's system UUID: then the new guest has taken the old one's Node over.
sealed interface KubeVirtIdentity {

  record Machine(KubeVirtMachine machine) implements KubeVirtIdentity {}

  /// The Node is of ours, and its machine is not there.
  record Gone(String why) implements KubeVirtIdentity {}

  /// No machine, and never had one of ours.
  record NotOurs(String why) implements KubeVirtIdentity {}

  /// More than one machine could be meant.
  record Ambiguous(String why) implements KubeVirtIdentity {}

  static KubeVirtIdentity of(V1Node node, CachedMachines machines) {
    String id = providerId(node);
    if (!id.isEmpty()) {
      Optional<String> machine = machineName(node);
      return machine.isEmpty()
          ? new NotOurs("its provider ID is \"" + id + "\"")
          : judge(node, machine.get(), machines.byName(machine.get()));
    }
    String name = Objects.requireNonNull(node.getMetadata().getName());
    String label = label(node, KubeVirtCloudNames.INSTANCE_ID_LABEL);
    if (!label.isEmpty()) {
      return machines
          .byName(label)
          .<KubeVirtIdentity>map(Machine::new)
          .orElseGet(() ->
              new NotOurs(
                  "label "
                      + KubeVirtCloudNames.INSTANCE_ID_LABEL
                      + " names the machine \""
                      + label
                      + "\", which is not there"));
    }
    Optional<KubeVirtMachine> byName = machines.byName(name);
    List<KubeVirtMachine> found =
        byName.isPresent() ? List.of(byName.get()) : machines.byHostname(name);
    return switch (found.size()) {
      case 0 -> new NotOurs("no machine has the name or the host name \"" + name + "\"");
      case 1 -> new Machine(found.getFirst());
      default ->
          new Ambiguous(
              "the machines "
                  + found.stream().map(KubeVirtMachine::name).toList()
                  + " have the host name \""
                  + name
                  + "\"; label the node with "
                  + KubeVirtCloudNames.INSTANCE_ID_LABEL
                  + "=<name of its machine>");
    };
  }

  /// Whether the machine of the name in the provider ID is the Node's.
  ///
  /// @param found what there is under that name
  static KubeVirtIdentity judge(V1Node node, String name, Optional<KubeVirtMachine> found) {
    if (found.isEmpty()) {
      return new Gone("there is neither a machine nor an instance \"" + name + "\"");
    }
    String recorded = label(node, ThresherNames.MACHINE_UID);
    String present = found.get().uid();
    boolean another = !recorded.isEmpty() && !present.isEmpty() && !recorded.equals(present);
    if (another && !systemUuid(node).isEmpty() && !found.get().systemUuid().isEmpty()) {
      return systemUuid(node).equals(found.get().systemUuid())
          ? new Machine(found.get())
          : new Gone(
              "machine \""
                  + name
                  + "\" was made again: its UID is "
                  + present
                  + ", the node's was "
                  + recorded);
    }
    return new Machine(found.get());
  }

  /// The machine that the provider ID names; empty without one of ours.
  static Optional<String> machineName(V1Node node) {
    String id = providerId(node);
    return id.startsWith(KubeVirtCloudNames.PROVIDER_ID_PREFIX)
            && id.length() > KubeVirtCloudNames.PROVIDER_ID_PREFIX.length()
        ? Optional.of(id.substring(KubeVirtCloudNames.PROVIDER_ID_PREFIX.length()))
        : Optional.empty();
  }

  static String providerId(V1Node node) {
    var spec = node.getSpec();
    return spec == null ? "" : Objects.requireNonNullElse(spec.getProviderID(), "");
  }

  static String label(V1Node node, String key) {
    Map<String, String> labels = node.getMetadata().getLabels();
    return labels == null ? "" : labels.getOrDefault(key, "");
  }

  private static String systemUuid(V1Node node) {
    var status = node.getStatus();
    var info = status == null ? null : status.getNodeInfo();
    return info == null
        ? ""
        : Objects.requireNonNullElse(info.getSystemUUID(), "").toLowerCase(Locale.ROOT);
  }
}
