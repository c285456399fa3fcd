/// `LoadBalancer` and `IPPool` of `loadbalancer.harvesterhci.io/v1beta1`.
///
/// The models are generated at build time from `src/main/openapi/loadbalancer.yaml`, the same
/// source that the CustomResourceDefinitions are rendered from: Harvester's schema with optional
/// fields of ours. Nothing here decides anything. Start at
/// [dev.thresher.api.loadbalancer.LoadBalancerTypes].
@NullMarked
package dev.thresher.api.loadbalancer;

import org.jspecify.annotations.NullMarked;
