/// Which address a load balancer gets.
///
/// This package decides which pool fits a requirement
/// ([dev.thresher.loadbalancer.ipam.PoolSelection]), which address of a pool is given
/// ([dev.thresher.loadbalancer.ipam.AddressChoice]), who has which address in this process's view
/// ([dev.thresher.loadbalancer.ipam.ClaimBook]), and what a pool's status says about it
/// ([dev.thresher.loadbalancer.ipam.PoolProjection]). It knows no client, no Kubernetes type and no
/// clock: all it needs is handed in as values. It never makes an address somebody's own; that is
/// the creation of a claim object, which happens elsewhere. Start at
/// [dev.thresher.loadbalancer.ipam.Pool].
@NullMarked
package dev.thresher.loadbalancer.ipam;

import org.jspecify.annotations.NullMarked;
