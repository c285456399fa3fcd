/// The admission and conversion webhooks of `LoadBalancer` and `IPPool`, with the certificates that
/// API servers trust them by.
///
/// Decides nothing about objects: what is refused and what is filled in stands in
/// [dev.thresher.loadbalancer.rules]. It answers API servers, makes and renews its certificates,
/// and tells the API servers where it is and whom to trust. Every replica does all of that; they
/// agree through the two Secrets. Start at [dev.thresher.loadbalancer.webhook.Webhook].
@NullMarked
package dev.thresher.loadbalancer.webhook;

import org.jspecify.annotations.NullMarked;
