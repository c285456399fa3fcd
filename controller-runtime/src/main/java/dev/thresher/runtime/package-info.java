@NullMarked
package dev.thresher.runtime;

import org.jspecify.annotations.NullMarked;
