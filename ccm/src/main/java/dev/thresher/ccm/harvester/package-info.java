/// The Harvester provider: virtual machines of the host cluster as nodes, `LoadBalancer` objects of
/// the host cluster as balancers.
///
/// It reads the host through caches in one namespace and needs no right beyond Harvester's role
/// `harvesterhci.io:cloudprovider` there. It keeps every name, label and annotation of
/// harvester-cloud-provider, so that either may follow the other. Start at
/// [dev.thresher.ccm.harvester.HarvesterProvider]; `nodes` and `loadbalancer` hold the two halves.
@NullMarked
package dev.thresher.ccm.harvester;

import org.jspecify.annotations.NullMarked;
