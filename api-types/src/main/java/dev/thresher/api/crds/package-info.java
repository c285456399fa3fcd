/// The CustomResourceDefinitions of the types of this module, as YAML on the class path.
///
/// They are rendered by `hack/update-crds` from the OpenAPI documents that the Java models are
/// generated from; a test fails when they differ. Nothing here talks to an API server. Start at
/// [dev.thresher.api.crds.CustomResources].
@NullMarked
package dev.thresher.api.crds;

import org.jspecify.annotations.NullMarked;
