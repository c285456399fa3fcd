package dev.thresher.api.names;

/// Names of KubeVirt. Source of all: kubevirt/kubevirt,
/// `staging/src/kubevirt.io/api/core/v1/types.go`, unless said otherwise.
public final class KubeVirtNames {

  public static final String GROUP = "kubevirt.io";
  public static final String VERSION = "v1";

  /// Group of the subresources that an aggregated API server answers.
  public static final String SUBRESOURCES_GROUP = "subresources.kubevirt.io";

  /// Subresource of an instance with the guest's own host name; needs the guest agent.
  public static final String GUEST_OS_INFO = "guestosinfo";

  /// Label of an instance: the host node that runs it, as `status.nodeName`.
  public static final String NODE_NAME_LABEL = "kubevirt.io/nodeName";

  /// Label of launcher pods.
  public static final String LAUNCHER_LABEL = "kubevirt.io";

  /// Value of [#LAUNCHER_LABEL].
  public static final String LAUNCHER = "virt-launcher";

  /// Label of a launcher pod: UID of its instance.
  public static final String CREATED_BY_LABEL = "kubevirt.io/created-by";

  /// Label of a launcher pod: the *host name* of the guest, which need not be the machine's name
  /// (kubevirt/kubevirt pull 15519).
  public static final String VM_NAME_LABEL = "vm.kubevirt.io/name";

  /// Instance annotation: cluster-scoped instance type; looked at first.
  public static final String CLUSTER_INSTANCETYPE = "kubevirt.io/cluster-instancetype-name";

  /// Instance annotation: namespaced instance type.
  public static final String INSTANCETYPE = "kubevirt.io/instancetype-name";

  /// Phases of an instance that end its run.
  public static final String PHASE_SUCCEEDED = "Succeeded";

  public static final String PHASE_FAILED = "Failed";
  public static final String PHASE_RUNNING = "Running";

  /// Declared upstream but never written by current versions.
  public static final String PHASE_UNKNOWN = "Unknown";

  /// Condition: the guest runs and the launcher's readiness probe passes.
  public static final String CONDITION_READY = "Ready";

  /// Condition: paused by a user, by an I/O error or by the migration monitor.
  public static final String CONDITION_PAUSED = "Paused";

  /// Condition: the guest agent answers.
  public static final String CONDITION_AGENT_CONNECTED = "AgentConnected";

  /// Condition: may be moved while it runs.
  public static final String CONDITION_LIVE_MIGRATABLE = "LiveMigratable";

  public static final String RUN_STRATEGY_ALWAYS = "Always";
  public static final String RUN_STRATEGY_HALTED = "Halted";
  public static final String RUN_STRATEGY_MANUAL = "Manual";
  public static final String RUN_STRATEGY_RERUN_ON_FAILURE = "RerunOnFailure";
  public static final String RUN_STRATEGY_ONCE = "Once";
  public static final String RUN_STRATEGY_WAIT_AS_RECEIVER = "WaitAsReceiver";

  /// Readiness gate of launcher pods: false while the machine is paused.
  public static final String UNPAUSED_GATE = "kubevirt.io/virtual-machine-unpaused";

  private KubeVirtNames() {}
}
