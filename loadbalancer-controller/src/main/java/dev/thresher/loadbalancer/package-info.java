@NullMarked
package dev.thresher.loadbalancer;

import org.jspecify.annotations.NullMarked;
