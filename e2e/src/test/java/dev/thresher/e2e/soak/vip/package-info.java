/// What a soak of addresses takes for a fault, and its short form.
@NullMarked
package dev.thresher.e2e.soak.vip;

import org.jspecify.annotations.NullMarked;
