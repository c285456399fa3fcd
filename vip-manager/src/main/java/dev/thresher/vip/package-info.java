@NullMarked
package dev.thresher.vip;

import org.jspecify.annotations.NullMarked;
