/// Keeps a cloud's routes to the pods of nodes in line with the pod ranges of the Nodes.
///
/// Decides which routes are missing, wrong or left over, and what each Node's condition
/// `NetworkUnavailable` says; leaves routes outside the cluster's own ranges alone. Runs only for a
/// provider that has routes. Start at [dev.thresher.ccm.controllers.route.RoutePlan], a pure
/// function; [dev.thresher.ccm.controllers.route.RouteReconciler] carries it out.
@NullMarked
package dev.thresher.ccm.controllers.route;

import org.jspecify.annotations.NullMarked;
