package dev.thresher.ccm.harvester.nodes;

import dev.thresher.api.kubevirt.VirtualMachine;
import dev.thresher.api.kubevirt.VirtualMachineInstance;
import dev.thresher.api.names.KubeVirtNames;
import dev.thresher.ccm.cloudprovider.PowerState;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/// Whether anything of a machine runs, or is about to.
///
/// Others detach disks on the word that a machine is shut down, so it is said only when no run of
/// it exists or the run has ended, and nothing is going to start the next one. The guest's Node and
/// readiness probes do not count. The whole table is in `docs/design/machines-and-nodes.md`.
final class MachineState {

  private static final Set<String> BEFORE_THE_END =
      Set.of(
          "", "Pending", "Scheduling", "Scheduled", KubeVirtNames.PHASE_RUNNING, "WaitingForSync");

  /// What the host says of a machine that has a run: newer than a cache that does not know the run.
  private static final Set<String> HAS_A_RUN = Set.of("Running", "Paused", "Migrating", "Stopping");

  /// What the host says of a machine that it is about to start.
  private static final Set<String> COMING =
      Set.of(
          "Starting",
          "Provisioning",
          "WaitingForVolumeBinding",
          "CrashLoopBackOff",
          "ErrorUnschedulable",
          "ErrorPvcNotFound",
          "DataVolumeError",
          "ErrImagePull",
          "ImagePullBackOff");

  private MachineState() {}

  /// @param machine empty if only its run is left
  /// @param instance its present run
  static PowerState power(
      Optional<VirtualMachine> machine, Optional<VirtualMachineInstance> instance) {
    if (instance.isPresent()) {
      String phase = phase(instance.get());
      if (BEFORE_THE_END.contains(phase)) {
        // A run that is being deleted is one: its disks are open until the end.
        return new PowerState.Running();
      }
      if (!isFinal(phase)) {
        return new PowerState.Undecided(
            "the phase of the run of \"" + name(instance.get()) + "\" is \"" + phase + "\"");
      }
    }
    return machine.isEmpty() || machine.get().getMetadata().getDeletionTimestamp() != null
        ? new PowerState.ShutDown()
        : withoutARun(machine.get(), instance.map(MachineState::phase).orElse(""));
  }

  /// @param end the phase in which the last run ended, empty if there is none
  private static PowerState withoutARun(VirtualMachine machine, String end) {
    String shown = printableStatus(machine);
    if (end.isEmpty() && HAS_A_RUN.contains(shown)) {
      return new PowerState.Running();
    }
    String strategy = runStrategy(machine);
    boolean coming = COMING.contains(shown) || failsToStart(machine);
    return switch (strategy) {
      case KubeVirtNames.RUN_STRATEGY_HALTED -> new PowerState.ShutDown();
      // Whatever ended it, the host starts it again.
      case KubeVirtNames.RUN_STRATEGY_ALWAYS -> new PowerState.Running();
      case KubeVirtNames.RUN_STRATEGY_RERUN_ON_FAILURE ->
          coming || end.equals(KubeVirtNames.PHASE_FAILED)
              ? new PowerState.Running()
              : new PowerState.ShutDown();
      case KubeVirtNames.RUN_STRATEGY_MANUAL, KubeVirtNames.RUN_STRATEGY_ONCE ->
          coming ? new PowerState.Running() : new PowerState.ShutDown();
      // The guest may run on another host and be on its way here.
      default ->
          new PowerState.Undecided(
              "\""
                  + machine.getMetadata().getName()
                  + "\" has no run and the run strategy \""
                  + strategy
                  + "\"");
    };
  }

  /// Between start and end of a live migration a machine may show the addresses and the host of
  /// either side.
  static boolean isMigrating(VirtualMachineInstance instance) {
    var status = instance.getStatus();
    var migration = status == null ? null : status.getMigrationState();
    return migration != null
        && migration.getEndTimestamp() == null
        && !Boolean.TRUE.equals(migration.getCompleted())
        && !Boolean.TRUE.equals(migration.getFailed());
  }

  static boolean isFinal(VirtualMachineInstance instance) {
    return isFinal(phase(instance));
  }

  private static boolean isFinal(String phase) {
    return phase.equals(KubeVirtNames.PHASE_SUCCEEDED) || phase.equals(KubeVirtNames.PHASE_FAILED);
  }

  private static String phase(VirtualMachineInstance instance) {
    var status = instance.getStatus();
    return status == null ? "" : Objects.requireNonNullElse(status.getPhase(), "");
  }

  private static String name(VirtualMachineInstance instance) {
    return Objects.requireNonNullElse(instance.getMetadata().getName(), "");
  }

  private static String printableStatus(VirtualMachine machine) {
    var status = machine.getStatus();
    return status == null ? "" : Objects.requireNonNullElse(status.getPrintableStatus(), "");
  }

  private static boolean failsToStart(VirtualMachine machine) {
    var status = machine.getStatus();
    return status != null && status.getStartFailure() != null;
  }

  /// The deprecated boolean stands for two of the strategies; neither means halted.
  private static String runStrategy(VirtualMachine machine) {
    var spec = machine.getSpec();
    String strategy = spec == null ? null : spec.getRunStrategy();
    if (strategy != null && !strategy.isEmpty()) {
      return strategy;
    }
    return spec != null && Boolean.TRUE.equals(spec.getRunning())
        ? KubeVirtNames.RUN_STRATEGY_ALWAYS
        : KubeVirtNames.RUN_STRATEGY_HALTED;
  }
}
