/// Short forms of benchmarks, as tests. It decides nothing; start at [FaultBenchIT].
@NullMarked
package dev.thresher.e2e.bench;

import org.jspecify.annotations.NullMarked;
