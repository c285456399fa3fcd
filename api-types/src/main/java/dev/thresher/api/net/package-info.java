/// Our own resources, group `net.thresher.dev`: claims of addresses.
///
/// The models are generated at build time from `src/main/openapi/net.yaml`. This package decides
/// how a claim is named, which is what makes two claims of one address collide; it never allocates.
/// Start at [dev.thresher.api.net.ClaimName].
@NullMarked
package dev.thresher.api.net;

import org.jspecify.annotations.NullMarked;
