/// One API server and what can be asked of it.
///
/// Absence is a value, errors are typed, every call has a deadline. Credentials are followed when
/// they rotate. This package never retries a write and knows nothing of any resource in particular.
/// Start at [dev.thresher.runtime.client.KubeApi].
@NullMarked
package dev.thresher.runtime.client;

import org.jspecify.annotations.NullMarked;
