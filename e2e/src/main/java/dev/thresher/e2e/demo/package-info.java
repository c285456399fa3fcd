/// The main job, shown: a Service gets an address and answers, its holder dies, it answers again,
/// it is deleted, nothing is left.
///
/// Start at [dev.thresher.e2e.demo.DemoCommand].
@NullMarked
package dev.thresher.e2e.demo;

import org.jspecify.annotations.NullMarked;
