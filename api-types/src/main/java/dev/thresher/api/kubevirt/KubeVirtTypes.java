package dev.thresher.api.kubevirt;

import dev.thresher.api.ResourceType;
import dev.thresher.api.names.KubeVirtNames;

/// The resources of KubeVirt that the programs read.
///
/// `kubevirt.io/v1` is the storage version and the only one used; `v1alpha3` is served with the
/// same schema but deprecated upstream.
public final class KubeVirtTypes {

  /// The machine that is wanted. Its definition has a status subresource.
  public static final ResourceType<VirtualMachine> VIRTUAL_MACHINE =
      new ResourceType<>(
          KubeVirtNames.GROUP,
          KubeVirtNames.VERSION,
          "virtualmachines",
          "VirtualMachine",
          true,
          VirtualMachine.class);

  /// One run of a machine. Its definition has no status subresource.
  public static final ResourceType<VirtualMachineInstance> VIRTUAL_MACHINE_INSTANCE =
      new ResourceType<>(
          KubeVirtNames.GROUP,
          KubeVirtNames.VERSION,
          "virtualmachineinstances",
          "VirtualMachineInstance",
          true,
          VirtualMachineInstance.class);

  private KubeVirtTypes() {}
}
