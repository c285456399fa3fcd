@NullMarked
package dev.thresher.ccm;

import org.jspecify.annotations.NullMarked;
