package dev.thresher.runtime.tls;

import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.runtime.client.Pem;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.cert.CertPathValidator;
import java.security.cert.CertificateFactory;
import java.security.cert.PKIXParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class CertificateAuthorityTest {

  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");
  private static final Instant LATER = NOW.plus(Duration.ofDays(100));

  private static void verify(CertifiedKey authority, CertifiedKey server) throws Exception {
    var parameters =
        new PKIXParameters(Set.of(new TrustAnchor(authority.chain().getFirst(), null)));
    parameters.setRevocationEnabled(false);
    parameters.setDate(Date.from(NOW.plusSeconds(1)));
    var path =
        CertificateFactory.getInstance("X.509")
            .generateCertPath(List.of(server.chain().getFirst()));
    assertThat(CertPathValidator.getInstance("PKIX").validate(path, parameters)).isNotNull();
  }

  @Test
  void vouchesForServers() throws Exception {
    CertifiedKey authority = CertificateAuthority.create("ours", NOW, LATER);
    CertifiedKey server =
        CertificateAuthority.issue(
            authority, List.of("a.b.svc", "192.0.2.7", "2001:db8::7"), NOW, LATER);

    verify(authority, server);
    X509Certificate certificate = server.chain().getFirst();
    assertThat(server.names()).containsExactly("a.b.svc", "192.0.2.7", "2001:db8::7");
    assertThat(server.dnsNames()).containsExactly("a.b.svc");
    assertThat(certificate.getSubjectAlternativeNames()).hasSize(3);
    assertThat(certificate.getExtendedKeyUsage()).containsExactly("1.3.6.1.5.5.7.3.1");
    assertThat(CertificateAuthority.isAuthority(certificate)).isFalse();
    assertThat(CertificateAuthority.isAuthority(authority.chain().getFirst())).isTrue();
    assertThat(server.chain().getLast()).isEqualTo(authority.chain().getFirst());
    assertThat(CertificateAuthority.signed(authority.chain().getFirst(), certificate)).isTrue();
    assertThat(
            CertificateAuthority.signed(
                CertificateAuthority.create("ours", NOW, LATER).chain().getFirst(), certificate))
        .isFalse();
  }

  @Test
  void outlivesItsServers() {
    CertifiedKey authority = CertificateAuthority.create("ours", NOW, LATER);
    X509Certificate certificate =
        CertificateAuthority.issue(authority, List.of("a"), NOW, LATER.plusSeconds(99))
            .chain()
            .getFirst();

    assertThat(certificate.getNotAfter().toInstant()).isEqualTo(LATER);
    assertThat(CertificateAuthority.isValid(certificate, NOW)).isTrue();
    assertThat(CertificateAuthority.isValid(certificate, LATER.plusSeconds(1))).isFalse();
    assertThat(CertificateAuthority.isValid(certificate, NOW.minusSeconds(1))).isFalse();
  }

  @Test
  void mayHaveAnRsaKeyThatSomebodyElseMade() throws Exception {
    KeyPair pair = KeyPairGenerator.getInstance("RSA").generateKeyPair();
    byte[] name = X509.commonName("theirs");
    X509Certificate root =
        X509.sign(
            new X509.Content(
                name,
                name,
                NOW,
                LATER,
                pair.getPublic().getEncoded(),
                Der.sequence(
                    X509.extension(X509.BASIC_CONSTRAINTS, true, Der.sequence(Der.bool(true))))),
            pair.getPrivate());
    var authority = new CertifiedKey(pair.getPrivate(), List.of(root));

    verify(authority, CertificateAuthority.issue(authority, List.of("a.b.svc"), NOW, LATER));
  }

  @Test
  void goesThroughPem() {
    CertifiedKey authority = CertificateAuthority.create("ours", NOW, LATER);

    assertThat(Pem.certificates(Pem.text(authority.chain()), "it")).isEqualTo(authority.chain());
    assertThat(Pem.privateKey(Pem.text(authority.key()), "it")).isEqualTo(authority.key());
  }
}
