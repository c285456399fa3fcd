/// Makes Nodes known to the cloud: provider ID, addresses, labels, and the end of the
/// `uninitialized` taint.
///
/// Decides what a Node should carry from the Node and the cloud's metadata; writes it as patches
/// with tests, never as a whole Node, since the kubelet writes the same object. It never deletes a
/// Node. Start at [dev.thresher.ccm.controllers.node.NodeReconciler]; the decisions are in
/// [dev.thresher.ccm.controllers.node.NodeInitialization],
/// [dev.thresher.ccm.controllers.node.NodeAddresses] and
/// [dev.thresher.ccm.controllers.node.NodeLabels].
@NullMarked
package dev.thresher.ccm.controllers.node;

import org.jspecify.annotations.NullMarked;
