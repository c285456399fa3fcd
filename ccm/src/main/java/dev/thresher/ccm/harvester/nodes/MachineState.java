package dev.thresher.ccm.harvester.nodes;

import dev.thresher.api.kubevirt.VirtualMachine;
import dev.thresher.api.kubevirt.VirtualMachineInstance;
import dev.thresher.api.names.KubeVirtNames;
import dev.thresher.ccm.cloudprovider.PowerState;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/// Whether anything of a machine runs.
///
/// Others detach disks on the word that a machine is shut down, so it is said only when no run of
/// it exists or the run has ended: booting, pausing, migrating, restarting and failing probes are
/// running.
final class MachineState {

  private static final Set<String> BEFORE_THE_END =
      Set.of(
          "", "Pending", "Scheduling", "Scheduled", KubeVirtNames.PHASE_RUNNING, "WaitingForSync");

  private MachineState() {}

  static PowerState power(VirtualMachine machine, Optional<VirtualMachineInstance> instance) {
    if (instance.isEmpty()) {
      return new PowerState.ShutDown();
    }
    var status = instance.get().getStatus();
    String phase = status == null ? "" : Objects.requireNonNullElse(status.getPhase(), "");
    return switch (phase) {
      case KubeVirtNames.PHASE_SUCCEEDED, KubeVirtNames.PHASE_FAILED -> new PowerState.ShutDown();
      default ->
          BEFORE_THE_END.contains(phase)
              ? new PowerState.Running()
              : new PowerState.Undecided(
                  "the phase of \"" + machine.getMetadata().getName() + "\" is \"" + phase + "\"");
    };
  }

  /// Between start and end of a live migration a machine may show the addresses and the host of
  /// either side.
  static boolean isMigrating(VirtualMachineInstance instance) {
    var status = instance.getStatus();
    var migration = status == null ? null : status.getMigrationState();
    return migration != null && !Boolean.TRUE.equals(migration.getCompleted());
  }
}
