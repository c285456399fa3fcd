/// Takes Nodes away whose machine is gone, and taints those whose machine is shut down.
///
/// Decides from the Nodes, the cloud's answers, what was missed before and the time which Node is
/// tainted, untainted or deleted; a cloud that cannot be asked, or that seems to have lost most of
/// its machines at once, deletes nothing. It never touches addresses, labels or the initialisation
/// of a Node. Start at [dev.thresher.ccm.controllers.lifecycle.LifecycleDecision], a pure function;
/// [dev.thresher.ccm.controllers.lifecycle.NodeLifecycle] asks and acts.
@NullMarked
package dev.thresher.ccm.controllers.lifecycle;

import org.jspecify.annotations.NullMarked;
