/// What a real API server makes of our resource definitions: which objects and changes it refuses.
///
/// Start at [dev.thresher.e2e.resources.ResourceRulesTest].
@NullMarked
package dev.thresher.e2e.resources;

import org.jspecify.annotations.NullMarked;
