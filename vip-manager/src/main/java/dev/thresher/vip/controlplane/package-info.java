/// The address of the control plane: which addresses are meant, and whether the API server of this
/// node is well, so that a node without one gives them up though it lives.
///
/// It never decides who holds them and never answers for them. Start at [ControlPlane]; what the
/// answers of a server mean is in [ServerHealth].
@NullMarked
package dev.thresher.vip.controlplane;

import org.jspecify.annotations.NullMarked;
