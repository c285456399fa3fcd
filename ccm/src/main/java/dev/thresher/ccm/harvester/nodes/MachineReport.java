package dev.thresher.ccm.harvester.nodes;

import dev.thresher.api.address.IpAddress;
import dev.thresher.api.kubevirt.VirtualMachine;
import dev.thresher.api.kubevirt.VirtualMachineInstance;
import dev.thresher.api.names.HarvesterNames;
import dev.thresher.api.names.KubernetesNames;
import dev.thresher.ccm.cloudprovider.InstanceMetadata;
import dev.thresher.ccm.cloudprovider.MachineAddress;
import dev.thresher.ccm.cloudprovider.MetadataResult;
import io.kubernetes.client.openapi.models.V1Node;
import io.kubernetes.client.openapi.models.V1Taint;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Predicate;

/// What a Node should say of its machine.
///
/// A machine that says nothing for a while (its guest agent restarts, it migrates, it is down)
/// changes nothing on a Node that has an address: the Node itself keeps what was last good, so that
/// a restart of this program loses it no more than one of the agent.
///
/// @param warnings for the owner of the Node
record MachineReport(MetadataResult result, List<String> warnings) {

  MachineReport {
    warnings = List.copyOf(warnings);
  }

  /// A machine with its run.
  ///
  /// @param uid of the machine
  /// @param machine empty if only its run is left
  /// @param run empty while it does not run
  record Subject(
      String uid, Optional<VirtualMachine> machine, Optional<VirtualMachineInstance> run) {}

  /// @param isVirtual whether a balancer holds this address
  static MachineReport of(
      V1Node node, Subject subject, NodePolicy policy, Predicate<IpAddress> isVirtual) {
    String providerId = HarvesterNames.PROVIDER_ID_PREFIX + subject.uid();
    boolean known = !MachineAddress.internal(node).isEmpty();
    if (subject.run().isEmpty()) {
      return known
          ? silent(providerId, List.of())
          : notYet("MachineNotRunning", subject, "has no running instance", List.of());
    }
    VirtualMachineInstance run = subject.run().get();
    if (known && (MachineState.isMigrating(run) || MachineState.isFinal(run))) {
      return silent(providerId, List.of());
    }
    GuestAddresses guest = GuestAddresses.of(node, run, policy.addresses(), isVirtual);
    if (guest.addresses().isEmpty() && !known) {
      return notYet("AddressUnknown", subject, guest.missing(), guest.warnings());
    }
    List<String> warnings = new ArrayList<>(guest.warnings());
    List<MachineAddress> addresses = new ArrayList<>();
    if (!guest.addresses().isEmpty()) {
      if (known && guest.addresses().stream().noneMatch(MachineReport::isInternal)) {
        warnings.add(
            "none of the addresses that the machine reports can be the node's internal one, "
                + guest.addresses().stream().map(MachineAddress::address).toList()
                + ": the node keeps those it has");
      } else {
        addresses.addAll(guest.addresses());
        addresses.add(new MachineAddress(MachineAddress.Type.HOSTNAME, name(node)));
      }
    }
    return new MachineReport(
        new MetadataResult.Known(facts(node, subject, run, policy, addresses, warnings)), warnings);
  }

  private static InstanceMetadata facts(
      V1Node node,
      Subject subject,
      VirtualMachineInstance run,
      NodePolicy policy,
      List<MachineAddress> addresses,
      List<String> warnings) {
    boolean labels = policy.followsMachines() || isUninitialized(node);
    return new InstanceMetadata(
        HarvesterNames.PROVIDER_ID_PREFIX + subject.uid(),
        MachineLabels.valueOrNothing(InstanceType.of(subject.machine(), run)),
        addresses,
        labels ? topology(run, KubernetesNames.LABEL_ZONE, warnings) : "",
        labels ? topology(run, KubernetesNames.LABEL_REGION, warnings) : "",
        MachineLabels.initial(subject.machine(), run),
        labels ? MachineLabels.followed(subject.machine(), run, policy.labelsFrom()) : Map.of());
  }

  private static String topology(VirtualMachineInstance run, String key, List<String> warnings) {
    Map<String, String> annotations = run.getMetadata().getAnnotations();
    String text = annotations == null ? "" : annotations.getOrDefault(key, "");
    String value = MachineLabels.valueOrNothing(text);
    if (value.isEmpty() && !text.isEmpty()) {
      warnings.add(
          "annotation "
              + key
              + " of the machine is \""
              + text
              + "\", which can be no label; correct it on the host");
    }
    return value;
  }

  /// Nothing is known at the moment: what the Node has stays.
  private static MachineReport silent(String providerId, List<String> warnings) {
    return new MachineReport(
        new MetadataResult.Known(new InstanceMetadata(providerId, "", List.of(), "", "", Map.of())),
        warnings);
  }

  private static MachineReport notYet(
      String reason, Subject subject, String what, List<String> warnings) {
    String machine =
        subject
            .machine()
            .map(m -> m.getMetadata().getNamespace() + "/" + m.getMetadata().getName())
            .orElse("with the UID " + subject.uid());
    return new MachineReport(
        new MetadataResult.NotYet(reason, "virtual machine " + machine + ": " + what), warnings);
  }

  private static boolean isInternal(MachineAddress address) {
    return address.type() == MachineAddress.Type.INTERNAL_IP;
  }

  static boolean isUninitialized(V1Node node) {
    var spec = node.getSpec();
    List<V1Taint> taints = spec == null ? null : spec.getTaints();
    return taints != null
        && taints.stream()
            .anyMatch(taint -> KubernetesNames.TAINT_UNINITIALIZED.equals(taint.getKey()));
  }

  private static String name(V1Node node) {
    return Objects.requireNonNull(node.getMetadata().getName());
  }
}
