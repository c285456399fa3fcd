/// The three programs, running on a lab as a user would run them.
///
/// Decides with which accounts, flags and environment each program is started, and knows how to
/// make a Service and see what became of it. It never looks into a program: it starts what
/// `hack/build` left in `dist/` and talks to API servers and packets. Start at
/// [dev.thresher.e2e.cloud.Cloud].
@NullMarked
package dev.thresher.e2e.cloud;

import org.jspecify.annotations.NullMarked;
