/// `ccm` alone against real control planes: what it does there, and under which rights.
@NullMarked
package dev.thresher.e2e.ccm;

import org.jspecify.annotations.NullMarked;
