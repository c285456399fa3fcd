/// TCP connections among all live vip-managers: who is there, who is surely dead, and "look, the
/// record changed".
///
/// A connection that ends proves nothing; that a new one to the same port is refused, reset before
/// a greeting, or answered by another process does ([PeerLink]). What is heard here only makes
/// others look sooner, except for that proof. Nothing is authenticated yet: see
/// `docs/design/virtual-ip-ownership.md` for what follows. This package decides nothing about
/// addresses. Start at [Mesh], then [PeerLink] for the rules and [TcpMesh] for the sockets.
@NullMarked
package dev.thresher.vip.mesh;

import org.jspecify.annotations.NullMarked;
