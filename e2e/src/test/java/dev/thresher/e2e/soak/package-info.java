/// What a soak takes for a fault.
@NullMarked
package dev.thresher.e2e.soak;

import org.jspecify.annotations.NullMarked;
