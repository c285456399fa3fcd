/// How objects of the API are read and written as JSON: leniently, since a newer API server may
/// send fields that the models do not know.
///
/// This package decides nothing but the reading and writing. Start at
/// [dev.thresher.api.json.LenientJson].
@NullMarked
package dev.thresher.api.json;

import org.jspecify.annotations.NullMarked;
