/// The command line: flags in the manner of Kubernetes components, grouped help, errors that
/// suggest.
///
/// Start at [dev.thresher.runtime.cli.CommandLineMain].
@NullMarked
package dev.thresher.runtime.cli;

import org.jspecify.annotations.NullMarked;
