/// The process: flags and environment, the parts and the order in which they start and stop.
///
/// This package decides nothing about addresses; it hands each part its configuration. Start at
/// [dev.thresher.loadbalancer.app.LoadBalancerControllerMain], then
/// [dev.thresher.loadbalancer.app.ControllerProgram].
@NullMarked
package dev.thresher.loadbalancer.app;

import org.jspecify.annotations.NullMarked;
