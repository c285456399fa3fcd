/// End-to-end tests of `loadbalancer-controller`: the built program on real control planes.
@NullMarked
package dev.thresher.e2e.lbc;

import org.jspecify.annotations.NullMarked;
