/// Network namespaces for tests with real packets: made, filled and removed by the test itself.
/// Start reading at [Namespaces].
@NullMarked
package dev.thresher.vip.netns;

import org.jspecify.annotations.NullMarked;
