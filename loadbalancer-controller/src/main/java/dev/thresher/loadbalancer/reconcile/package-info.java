/// Makes what a `LoadBalancer` asks for true: its addresses, and for addresses held on the host the
/// host Service and its EndpointSlices; keeps a pool's status telling who has what.
///
/// Each reconcile reads a snapshot, decides by pure functions
/// ([dev.thresher.loadbalancer.reconcile.Wish], [dev.thresher.loadbalancer.reconcile.AddressPlan],
/// [dev.thresher.loadbalancer.reconcile.Backends],
/// [dev.thresher.loadbalancer.reconcile.HostService],
/// [dev.thresher.loadbalancer.reconcile.HostSlices],
/// [dev.thresher.loadbalancer.reconcile.StatusDocument]) and writes the difference. It waits by
/// watch, never by polling. It never gives an address up because something failed, and never
/// touches an object of the same name that is not its own. Start at
/// [dev.thresher.loadbalancer.reconcile.LoadBalancerReconciler].
@NullMarked
package dev.thresher.loadbalancer.reconcile;

import org.jspecify.annotations.NullMarked;
