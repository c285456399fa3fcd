/// What a `LoadBalancer` and an `IPPool` must be, and what is filled in where they say nothing.
///
/// Decides whether an object makes sense, whether a change of it is allowed, and its defaults; the
/// webhooks refuse by these rules, and the controller says by them what is wrong with an object
/// that got in nevertheless. It knows no client and no clock, and never throws for what an object
/// holds. Start at [dev.thresher.loadbalancer.rules.LoadBalancerRules] and
/// [dev.thresher.loadbalancer.rules.PoolRules].
@NullMarked
package dev.thresher.loadbalancer.rules;

import org.jspecify.annotations.NullMarked;
