/// Who a client of the program's port is, and what it may ask for: delegated to the API server, as
/// every component of Kubernetes does.
///
/// Decides from certificates, tokens and the API server's word; keeps no user of its own and never
/// grants more than the API server would. Start at
/// [dev.thresher.runtime.delegation.DelegatedAccess].
@NullMarked
package dev.thresher.runtime.delegation;

import org.jspecify.annotations.NullMarked;
