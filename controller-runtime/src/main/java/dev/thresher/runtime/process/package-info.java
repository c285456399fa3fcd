/// What every program that elects a leader has: time, numbers, health, leadership, the port for
/// operators, and the order in which all of it starts and stops.
///
/// Decides when which part runs; never what a controller does. Start at
/// [dev.thresher.runtime.process.ControllerProcess], whose parts come from
/// [dev.thresher.runtime.process.ProcessModule].
@NullMarked
package dev.thresher.runtime.process;

import org.jspecify.annotations.NullMarked;
