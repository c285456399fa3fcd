/// Balancers as plain Services of the host: for every guest Service a host Service of type
/// LoadBalancer in the namespace of the machines, and EndpointSlices that lead to the machines'
/// node ports. Names and labels are those of cloud-provider-kubevirt, so that either may follow the
/// other.
///
/// Decides what these objects must say, and copies the address that somebody on the host gives. It
/// gives no address itself, needs no resource of Harvester, waits for nothing, and deletes nothing
/// but the objects of a Service that is to have none. Start at
/// [dev.thresher.ccm.hostservice.HostServiceBalancers]; the decisions are in
/// [dev.thresher.ccm.hostservice.HostServiceDocument], [dev.thresher.ccm.hostservice.BackEnds] and
/// [dev.thresher.ccm.hostservice.SlicePlan].
@NullMarked
package dev.thresher.ccm.hostservice;

import org.jspecify.annotations.NullMarked;
