package dev.thresher.runtime.delegation;

import java.security.GeneralSecurityException;
import java.security.cert.CertPathBuilder;
import java.security.cert.CertPathBuilderException;
import java.security.cert.CertStore;
import java.security.cert.CollectionCertStoreParameters;
import java.security.cert.PKIXBuilderParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509CertSelector;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/// Certificate authorities, and whether one of them vouches for a client (RFC 5280, 6.1).
record Authorities(List<X509Certificate> certificates) {

  static final Authorities NONE = new Authorities(List.of());

  private static final String CLIENT_AUTH = "1.3.6.1.5.5.7.3.2";
  private static final String ANY_USAGE = "2.5.29.37.0";

  Authorities {
    certificates = List.copyOf(certificates);
  }

  boolean isEmpty() {
    return certificates.isEmpty();
  }

  /// Why the certificate is not accepted, empty if it is.
  ///
  /// @param chain the client's own certificate first
  Optional<String> objection(List<X509Certificate> chain, Instant now) {
    X509Certificate own = chain.getFirst();
    try {
      List<String> usages = own.getExtendedKeyUsage();
      if (usages != null && !usages.contains(CLIENT_AUTH) && !usages.contains(ANY_USAGE)) {
        return Optional.of(
            "the certificate is not for clients (extended key usage " + usages + ")");
      }
      Set<TrustAnchor> anchors =
          certificates.stream().map(ca -> new TrustAnchor(ca, null)).collect(Collectors.toSet());
      var wanted = new X509CertSelector();
      wanted.setCertificate(own);
      var parameters = new PKIXBuilderParameters(anchors, wanted);
      parameters.addCertStore(
          CertStore.getInstance("Collection", new CollectionCertStoreParameters(chain)));
      // As in Kubernetes: there are no revocation lists.
      parameters.setRevocationEnabled(false);
      parameters.setDate(Date.from(now));
      var _ = CertPathBuilder.getInstance("PKIX").build(parameters);
      return Optional.empty();
    } catch (CertPathBuilderException e) {
      return Optional.of(
          "the certificate of \""
              + own.getSubjectX500Principal()
              + "\" is not vouched for: "
              + e.getMessage());
    } catch (GeneralSecurityException e) {
      return Optional.of("the certificate cannot be checked: " + e.getMessage());
    }
  }
}
