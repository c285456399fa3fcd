/// The server's side of TLS: certificates from files that change, or made in memory.
///
/// Decides which certificate a handshake gets; never what a client may do. Start at
/// [dev.thresher.runtime.tls.ServerCertificates].
@NullMarked
package dev.thresher.runtime.tls;

import org.jspecify.annotations.NullMarked;
