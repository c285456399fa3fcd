/// Documents that change somebody's object: JSON patch, merge patch and server-side apply, made by
/// hand.
///
/// A serialised model is never a patch: models write empty lists, which would wipe the real ones.
/// Start at [dev.thresher.runtime.patch.Patch] and the ready-made documents in
/// [dev.thresher.runtime.patch.Patches].
@NullMarked
package dev.thresher.runtime.patch;

import org.jspecify.annotations.NullMarked;
