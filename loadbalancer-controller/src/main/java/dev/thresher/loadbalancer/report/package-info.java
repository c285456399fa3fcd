/// What a person who looks for a fault wants to see first: pools, claims, their owners, and what
/// does not fit together.
///
/// Decides nothing about addresses and writes nothing. The findings are a pure function of lists of
/// three resources. Start at [dev.thresher.loadbalancer.report.Report].
@NullMarked
package dev.thresher.loadbalancer.report;

import org.jspecify.annotations.NullMarked;
