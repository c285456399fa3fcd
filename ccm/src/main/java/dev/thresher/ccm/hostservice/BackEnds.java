package dev.thresher.ccm.hostservice;

import dev.thresher.api.address.IpAddress;
import dev.thresher.api.address.IpFamily;
import dev.thresher.api.kubevirt.VirtualMachineInstance;
import dev.thresher.api.names.KubeVirtNames;
import dev.thresher.ccm.hostservice.BackEnd.State;
import dev.thresher.ccm.hostservice.Machines.Machine;
import io.kubernetes.client.openapi.models.V1Node;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/// Which machines are behind a host Service, and which traffic each gets.
///
/// One that runs and has an address takes part. It gets new connections while the host and the
/// guest call it ready; during a live migration the host's word does not count, since the
/// launcher's probe may fail for the moment of the hand-over. If by these rules nobody were left,
/// all that run get them: a probe that fails everywhere says more about the probe.
final class BackEnds {

  private BackEnds() {}

  /// @param nodes the guest nodes that take part
  /// @param local with `externalTrafficPolicy: Local`, what each guest node has of the Service;
  ///   nodes that are not named have nothing. Empty for the policy `Cluster`
  /// @param known addresses that machines had in the slices before, by UID of the instance: those
  ///   of a machine whose guest agent is silent for a while stay
  static List<BackEnd> of(
      Collection<V1Node> nodes,
      Machines machines,
      Optional<Map<String, State>> local,
      Map<String, Map<IpFamily, IpAddress>> known) {
    List<BackEnd> all = new ArrayList<>();
    for (V1Node node : nodes) {
      State ofPods =
          local.isEmpty()
              ? State.READY
              : local.get().getOrDefault(node.getMetadata().getName(), State.NOT_READY);
      if (ofPods != State.NOT_READY) {
        machines
            .of(node)
            .flatMap(machine -> backEnd(node, machine, ofPods, known))
            .ifPresent(all::add);
      }
    }
    all.sort(Comparator.comparing(BackEnd::name).thenComparing(BackEnd::uid));
    return all.stream().anyMatch(backEnd -> backEnd.state() == State.READY)
        ? all
        : all.stream()
            .map(backEnd -> backEnd.state() == State.NOT_READY ? backEnd.as(State.READY) : backEnd)
            .toList();
  }

  private static Optional<BackEnd> backEnd(
      V1Node node, Machine machine, State ofPods, Map<String, Map<IpFamily, IpAddress>> known) {
    MachineView view = MachineView.of(machine.instance());
    if (!KubeVirtNames.PHASE_RUNNING.equals(view.phase())) {
      return Optional.empty();
    }
    VirtualMachineInstance instance = machine.instance();
    String uid = Objects.requireNonNullElse(instance.getMetadata().getUid(), "");
    Map<IpFamily, IpAddress> addresses = new EnumMap<>(IpFamily.class);
    machine.addresses().forEach(address -> addresses.putIfAbsent(address.family(), address));
    if (addresses.isEmpty()) {
      addresses.putAll(known.getOrDefault(uid, Map.of()));
    }
    return addresses.isEmpty()
        ? Optional.empty()
        : Optional.of(
            new BackEnd(
                Objects.requireNonNull(instance.getMetadata().getName()),
                uid,
                view.hostNode(),
                addresses,
                state(node, view, ofPods)));
  }

  private static State state(V1Node node, MachineView view, State ofPods) {
    if (view.deleting() || ofPods == State.DRAINING) {
      return State.DRAINING;
    }
    return view.takesTraffic() && isReady(node) ? State.READY : State.NOT_READY;
  }

  /// Whether nothing speaks against it: a node without conditions is one that was made just now.
  static boolean isReady(V1Node node) {
    var status = node.getStatus();
    var conditions = status == null ? null : status.getConditions();
    return conditions == null
        || conditions.stream()
            .filter(condition -> "Ready".equals(condition.getType()))
            .allMatch(condition -> "True".equals(condition.getStatus()));
  }
}
