package dev.thresher.runtime.serving;

import java.util.Optional;

/// Decides who may ask for a path that is not open to everybody. Thread-safe; may block for as long
/// as a call to an API server takes.
@FunctionalInterface
public interface Gatekeeper {

  /// @return empty if the client may ask, else what it is told
  Optional<Reply> refuse(Visit visit);

  /// Whether clients shall be asked for a certificate in the handshake.
  default boolean asksForCertificates() {
    return false;
  }

  /// Only clients on the same machine (in a pod: of the same pod, with `hostNetwork`: of the host).
  Gatekeeper SAME_MACHINE =
      visit ->
          visit.fromThisMachine()
              ? Optional.empty()
              : Optional.of(
                  Reply.text(
                      403,
                      "forbidden from here: only clients on the same machine may ask for this"
                          + " path, unless --authorization-always-allow-paths names it\n"));
}
