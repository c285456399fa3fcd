@NullMarked
package dev.thresher.e2e;

import org.jspecify.annotations.NullMarked;
