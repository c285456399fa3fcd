/// Gives Services of `type: LoadBalancer` their balancer, and takes it away again.
///
/// Decides which Services are meant, when a change of one or of the set of nodes matters, in which
/// order finalizer, cloud and status are written, and what the owner is told by Events and by a
/// condition. It never waits for the cloud: the provider says when to look again, so one Service
/// never holds up another. Start at [dev.thresher.ccm.controllers.service.ServiceReconciler]; the
/// decisions are in [dev.thresher.ccm.controllers.service.Stance],
/// [dev.thresher.ccm.controllers.service.ServiceChanges] and
/// [dev.thresher.ccm.controllers.service.NodeSet].
@NullMarked
package dev.thresher.ccm.controllers.service;

import org.jspecify.annotations.NullMarked;
