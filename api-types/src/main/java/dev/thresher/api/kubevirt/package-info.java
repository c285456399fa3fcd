/// What is read of KubeVirt: virtual machines and their running instances.
///
/// The models are generated at build time from `src/main/openapi/kubevirt.yaml` and know only the
/// fields that the programs read, so they are never written back whole. Nothing here decides
/// anything. Start at [dev.thresher.api.kubevirt.KubeVirtTypes].
@NullMarked
package dev.thresher.api.kubevirt;

import org.jspecify.annotations.NullMarked;
