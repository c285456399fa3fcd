/// The provider for a plain KubeVirt host: virtual machines of one namespace as nodes, host
/// Services as balancers. It knows nothing of Harvester.
///
/// Decides which machine a node is, what the node should say of it, and whether the machine is
/// there and runs. It reads the host through caches, except for the one question after which a node
/// could be deleted. It takes the place of cloud-provider-kubevirt with the same configuration,
/// provider IDs, names and labels. Start at [dev.thresher.ccm.kubevirt.KubeVirtProvider]; the
/// decisions are in [dev.thresher.ccm.kubevirt.KubeVirtIdentity],
/// [dev.thresher.ccm.kubevirt.InstanceReading] and [dev.thresher.ccm.kubevirt.KubeVirtConfig].
@NullMarked
package dev.thresher.ccm.kubevirt;

import org.jspecify.annotations.NullMarked;
