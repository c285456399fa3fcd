/// Renders the CustomResourceDefinitions from the OpenAPI documents that the models are generated
/// from.
///
/// This package decides how a schema becomes a definition; what the schema says is decided in
/// `src/main/openapi`. Start at [dev.thresher.api.crd.CrdRenderer].
@NullMarked
package dev.thresher.api.crd;

import org.jspecify.annotations.NullMarked;
