/// What the host's virtual machines mean to load balancers besides being back ends: the finalizers
/// that Harvester's controllers put on every machine are taken off, so that no deletion waits for a
/// program that is gone, and when a guest cluster is removed its load balancers go with it.
///
/// It puts nothing on a machine, ever, and deletes only load balancers that say themselves that
/// they belong to the cluster. Start at [dev.thresher.loadbalancer.machines.MachineControl].
@NullMarked
package dev.thresher.loadbalancer.machines;

import org.jspecify.annotations.NullMarked;
