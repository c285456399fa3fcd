/// A provider with a stopwatch: how long each call to any cloud took, and what came of it.
///
/// Decides nothing and changes no answer; knows no cloud. Start at
/// [dev.thresher.ccm.cloudprovider.measured.MeasuredProvider].
@NullMarked
package dev.thresher.ccm.cloudprovider.measured;

import org.jspecify.annotations.NullMarked;
