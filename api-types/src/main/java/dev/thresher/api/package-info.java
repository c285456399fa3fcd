/// What the programs and the clusters agree on: resource types, object keys, names, labels and
/// annotations.
///
/// This package decides how things are called and addressed. It never talks to an API server and
/// holds no behaviour beyond parsing and naming. Start at [dev.thresher.api.ResourceType] and
/// [dev.thresher.api.ObjectKey]; the contract with Harvester, KubeVirt and kube-vip stands in
/// `names`.
@NullMarked
package dev.thresher.api;

import org.jspecify.annotations.NullMarked;
