package dev.thresher.loadbalancer.webhook;

import dev.thresher.runtime.tls.CertificateAuthority;
import dev.thresher.runtime.tls.CertifiedKey;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/// What is to be done about the certificates next.
///
/// A certificate is renewed when a third of its life is left. A new authority signs only after all
/// API servers have been told to trust it and have had time to hear of it, so that no call fails.
final class CertificatePlan {

  private CertificatePlan() {}

  /// @param authority life of an authority
  /// @param server life of a server's certificate
  /// @param settling how long after it was announced a successor begins to sign
  record Lives(Duration authority, Duration server, Duration settling) {}

  /// One write of one Secret, or none.
  sealed interface Step {

    /// There is no authority that can be used: make one.
    record Found() implements Step {}

    /// Put a successor beside the authority.
    record Prepare() implements Step {}

    /// Let the successor sign.
    record Promote() implements Step {}

    /// Make a certificate for the server.
    record Issue() implements Step {}

    /// All is well.
    record Rest() implements Step {}
  }

  /// @param authority empty if there is none or it is damaged
  /// @param server empty if there is none or it is damaged
  /// @param names what the server's certificate must be for
  /// @param trusted whether all that is to be trusted has been announced
  static Step next(
      Optional<Authority> authority,
      Optional<CertifiedKey> server,
      List<String> names,
      boolean trusted,
      Lives lives,
      Instant now) {
    if (authority.isEmpty() || !isUsable(authority.get(), now)) {
      return new Step.Found();
    }
    Authority present = authority.get();
    if (present.next().isPresent()) {
      Instant since = present.next().get().since();
      boolean settled = since.isBefore(Instant.MAX) && !since.plus(lives.settling()).isAfter(now);
      if (trusted && settled) {
        return new Step.Promote();
      }
    } else if (isDue(present.certificate(), lives.authority(), now)) {
      return new Step.Prepare();
    }
    if (server.isEmpty() || !isGood(server.get(), present, names, lives, now)) {
      return new Step.Issue();
    }
    return new Step.Rest();
  }

  private static boolean isUsable(Authority authority, Instant now) {
    return CertificateAuthority.canSign(authority.current())
        && CertificateAuthority.isAuthority(authority.certificate())
        && CertificateAuthority.isValid(authority.certificate(), now);
  }

  private static boolean isGood(
      CertifiedKey server, Authority authority, List<String> names, Lives lives, Instant now) {
    X509Certificate certificate = server.chain().getFirst();
    // A server's certificate ends with its authority, which is then replaced in time.
    boolean cut =
        !end(certificate).isBefore(end(authority.certificate()))
            && CertificateAuthority.isValid(certificate, now);
    return CertificateAuthority.signed(authority.certificate(), certificate)
        && server.names().containsAll(names)
        && (cut || !isDue(certificate, lives.server(), now));
  }

  private static boolean isDue(X509Certificate certificate, Duration life, Instant now) {
    return !now.isBefore(end(certificate).minus(life.dividedBy(3)));
  }

  private static Instant end(X509Certificate certificate) {
    return certificate.getNotAfter().toInstant();
  }
}
