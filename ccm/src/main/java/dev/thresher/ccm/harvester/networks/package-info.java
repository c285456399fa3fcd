/// Which card of the guest nodes is on which network of the host.
///
/// Decides what ConfigMap `kube-system/harvester-nad-mapping` says, from the machines' own reports,
/// and answers the same question for those who announce an address on a network. It never chooses
/// an address and never touches a Service. Start at
/// [dev.thresher.ccm.harvester.networks.NodeNetworks], the question;
/// [dev.thresher.ccm.harvester.networks.CardLayout] is the decision, and
/// [dev.thresher.ccm.harvester.networks.NetworkMapping] publishes it.
@NullMarked
package dev.thresher.ccm.harvester.networks;

import org.jspecify.annotations.NullMarked;
