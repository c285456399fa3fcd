/// Which virtual machine a guest Node is, and what the Node should say of it.
///
/// Decides identity (the machine's UID before any name), addresses (Harvester's three priorities)
/// and whether a machine is there and runs. It reads caches only, except for the one question after
/// which a Node could be deleted. Start at [dev.thresher.ccm.harvester.nodes.HarvesterInstances];
/// the decisions are in [dev.thresher.ccm.harvester.nodes.MachineIdentity],
/// [dev.thresher.ccm.harvester.nodes.GuestAddresses] and
/// [dev.thresher.ccm.harvester.nodes.MachineState].
@NullMarked
package dev.thresher.ccm.harvester.nodes;

import org.jspecify.annotations.NullMarked;
