package dev.thresher.ccm.hostservice;

import dev.thresher.api.kubevirt.VirtualMachineInstance;
import dev.thresher.api.kubevirt.VirtualMachineInstanceCondition;
import dev.thresher.api.kubevirt.VirtualMachineInstanceStatus;
import dev.thresher.api.names.KubeVirtNames;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/// The part of a virtual machine instance that matters to the slices that lead to it. Two instances
/// with equal views need no look at any Service.
///
/// @param uid which run it is
/// @param phase as KubeVirt says, empty before the first
/// @param hostNode where it runs, empty if it is not known
/// @param addresses all that is reported, by network
/// @param ready the condition of that name is not False
/// @param paused by a user, an I/O error or a migration
/// @param migrating a live migration has begun and not ended
/// @param deleting it is asked to end
record MachineView(
    String uid,
    String phase,
    String hostNode,
    List<String> addresses,
    boolean ready,
    boolean paused,
    boolean migrating,
    boolean deleting) {

  MachineView {
    addresses = List.copyOf(addresses);
  }

  static MachineView of(VirtualMachineInstance instance) {
    VirtualMachineInstanceStatus status =
        Objects.requireNonNullElseGet(instance.getStatus(), VirtualMachineInstanceStatus::new);
    var meta = instance.getMetadata();
    return new MachineView(
        Objects.requireNonNullElse(meta.getUid(), ""),
        Objects.requireNonNullElse(status.getPhase(), ""),
        Objects.requireNonNullElse(status.getNodeName(), ""),
        addresses(status),
        !has(status, KubeVirtNames.CONDITION_READY, "False"),
        has(status, KubeVirtNames.CONDITION_PAUSED, "True"),
        migrating(status),
        meta.getDeletionTimestamp() != null);
  }

  /// Whether the host has nothing against new connections. A paused guest answers nobody; at the
  /// hand-over of a live migration it is paused for a moment and its probe may fail.
  boolean takesTraffic() {
    return migrating || (ready && !paused);
  }

  private static List<String> addresses(VirtualMachineInstanceStatus status) {
    List<String> addresses = new ArrayList<>();
    if (status.getInterfaces() != null) {
      status
          .getInterfaces()
          .forEach(card ->
              addresses.add(card.getName() + "=" + card.getIpAddress() + card.getIpAddresses()));
    }
    return addresses;
  }

  private static boolean has(VirtualMachineInstanceStatus status, String type, String value) {
    List<VirtualMachineInstanceCondition> conditions = status.getConditions();
    return conditions != null
        && conditions.stream()
            .anyMatch(condition ->
                type.equals(condition.getType()) && value.equals(condition.getStatus()));
  }

  private static boolean migrating(VirtualMachineInstanceStatus status) {
    var migration = status.getMigrationState();
    return migration != null
        && !Boolean.TRUE.equals(migration.getCompleted())
        && !Boolean.TRUE.equals(migration.getFailed());
  }
}
