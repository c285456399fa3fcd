/// What is read of the networks that virtual machines are attached to.
///
/// The models are generated at build time from `src/main/openapi/cni.yaml` and know only the fields
/// that the programs read, so they are never written back whole. Nothing here decides anything.
/// Start at [dev.thresher.api.cni.CniTypes].
@NullMarked
package dev.thresher.api.cni;

import org.jspecify.annotations.NullMarked;
