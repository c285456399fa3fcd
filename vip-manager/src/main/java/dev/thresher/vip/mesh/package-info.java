/// TCP connections among all live vip-managers: who is there, who is surely dead, and "look, the
/// record changed".
///
/// A connection that ends proves nothing; that a new one to the same port is refused, reset before
/// a word, or answered by another process does ([PeerLink]). What is heard here only makes others
/// look sooner, except for that proof. With shared keys greetings are proven ([Handshake]); what a
/// refusal or a reset says is the kernel's word and has no proof: see
/// `docs/design/virtual-ip-guarantees.md` for what follows. Without keys nothing is authenticated.
/// This package decides nothing about addresses. Start at [Mesh], then [PeerLink] for the rules and
/// [TcpMesh] for the sockets.
@NullMarked
package dev.thresher.vip.mesh;

import org.jspecify.annotations.NullMarked;
