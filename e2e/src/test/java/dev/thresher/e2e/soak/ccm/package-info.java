/// What a soak takes for a fault.
@NullMarked
package dev.thresher.e2e.soak.ccm;

import org.jspecify.annotations.NullMarked;
