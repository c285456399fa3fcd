/// The probe agent: checks back ends from the node it runs on, and says what the node is like.
///
/// Which back ends are its part it reads from the load balancers' status, where the controller
/// names it; it decides nothing about traffic and writes nothing but its node's `NodeReport`.
/// [dev.thresher.loadbalancer.agent.Part] decides what is to be checked,
/// [dev.thresher.loadbalancer.agent.NodeFacts] reads the node, and
/// [dev.thresher.loadbalancer.agent.ProbeAgent] brings both together: start there.
@NullMarked
package dev.thresher.loadbalancer.agent;

import org.jspecify.annotations.NullMarked;
