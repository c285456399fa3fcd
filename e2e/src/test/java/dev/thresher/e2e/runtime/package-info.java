/// The runtime against a real API server: what its own tests can only assume.
///
/// Start at [dev.thresher.e2e.runtime.ClientIT] for calls and credentials and at
/// [dev.thresher.e2e.runtime.InformerIT] for caches.
@NullMarked
package dev.thresher.e2e.runtime;

import org.jspecify.annotations.NullMarked;
