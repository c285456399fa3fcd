/// Whether back ends answer: asks each of them over the network in its turn, and says who is up,
/// who is down and why.
///
/// [dev.thresher.loadbalancer.health.Hysteresis] decides from a row of answers,
/// [dev.thresher.loadbalancer.health.HealthMonitor] whom to ask when, the codecs
/// ([dev.thresher.loadbalancer.health.Conversation]) what to say and what an answer means;
/// [dev.thresher.loadbalancer.health.NetworkProber] alone touches sockets. This package knows no
/// Kubernetes object: it is told addresses, and tells verdicts. What follows from a verdict is
/// decided elsewhere. Start at [dev.thresher.loadbalancer.health.HealthMonitor].
@NullMarked
package dev.thresher.loadbalancer.health;

import org.jspecify.annotations.NullMarked;
