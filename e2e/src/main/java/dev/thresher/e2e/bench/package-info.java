/// The figures of `docs/performance.md`: what the main job costs in time and memory on a lab.
///
/// Decides nothing about what is good: it measures and prints. Start at
/// [dev.thresher.e2e.bench.BenchCommand].
@NullMarked
package dev.thresher.e2e.bench;

import org.jspecify.annotations.NullMarked;
