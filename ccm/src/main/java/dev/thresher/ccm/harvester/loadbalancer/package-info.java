/// A guest Service as a `LoadBalancer` object of the host.
///
/// Decides what the object should say, which object is a Service's own, what the Service's
/// annotations may ask for, and when an address may be told to whom. Objects are written as the
/// JSON that was read, changed in place, since the role on the host has `update` and no `patch` and
/// others write fields that are unknown here. Nothing is deleted to recover from an error. Start at
/// [dev.thresher.ccm.harvester.loadbalancer.HarvesterLoadBalancers]; the decisions are in
/// [dev.thresher.ccm.harvester.loadbalancer.ServiceRequest],
/// [dev.thresher.ccm.harvester.loadbalancer.LoadBalancerDocument] and
/// [dev.thresher.ccm.harvester.loadbalancer.Ownership].
@NullMarked
package dev.thresher.ccm.harvester.loadbalancer;

import org.jspecify.annotations.NullMarked;
