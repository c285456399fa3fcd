/// What probe agents see from the nodes of the host: which networks a node is on, whether its
/// bridges pass frames through the rules of its IP layer, and which back ends answer there.
///
/// [dev.thresher.loadbalancer.nodes.Report] is what one agent says,
/// [dev.thresher.loadbalancer.nodes.ReportDocument] how it is written,
/// [dev.thresher.loadbalancer.nodes.AgentChoice] who is asked about a back end, and
/// [dev.thresher.loadbalancer.nodes.Agents] whose word still counts. Nothing here writes or probes.
/// Start at [dev.thresher.loadbalancer.nodes.Agents].
@NullMarked
package dev.thresher.loadbalancer.nodes;

import org.jspecify.annotations.NullMarked;
