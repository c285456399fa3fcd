/// Acting as another service account than one's own.
///
/// Decides when a token is fetched and when it is renewed; never what it may do. Start at
/// [dev.thresher.runtime.accounts.AccountToken].
@NullMarked
package dev.thresher.runtime.accounts;

import org.jspecify.annotations.NullMarked;
