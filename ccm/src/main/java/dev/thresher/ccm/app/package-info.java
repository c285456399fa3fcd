/// The program: command line, the two clusters, leader election, and the order in which all starts
/// and stops.
///
/// Decides what the flags mean and which controllers run; knows every other package and is known by
/// none. Start at [dev.thresher.ccm.app.CcmMain] and [dev.thresher.ccm.app.CcmProgram].
@NullMarked
package dev.thresher.ccm.app;

import org.jspecify.annotations.NullMarked;
