package dev.thresher.runtime.tls;

import static org.assertj.core.api.Assertions.assertThat;

import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.Date;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

final class SelfSignedCertificateTest {

  private static final Instant NOW = Instant.parse("2026-06-01T12:00:00Z");

  private final CertifiedKey made =
      SelfSignedCertificate.generate(List.of("localhost", "127.0.0.1", "::1", "a.b.svc"), NOW);
  private final X509Certificate certificate = made.chain().getFirst();

  @Test
  void vouchesForItself() throws Exception {
    certificate.verify(certificate.getPublicKey());
    assertThat(certificate.getVersion()).isEqualTo(3);
    assertThat(certificate.getSubjectX500Principal()).hasToString("CN=localhost");
    assertThat(certificate.getIssuerX500Principal())
        .isEqualTo(certificate.getSubjectX500Principal());
    assertThat(certificate.getSerialNumber()).isPositive();
  }

  @Test
  void isForItsNames() throws Exception {
    Collection<List<?>> names = Objects.requireNonNull(certificate.getSubjectAlternativeNames());
    assertThat(names)
        .extracting(name -> (Object) name.get(1))
        .containsExactly("localhost", "127.0.0.1", "0:0:0:0:0:0:0:1", "a.b.svc");
    assertThat(certificate.getExtendedKeyUsage()).containsExactly("1.3.6.1.5.5.7.3.1");
    assertThat(certificate.getBasicConstraints()).isNotNegative();
    assertThat(certificate.getKeyUsage()[0]).as("digitalSignature").isTrue();
    assertThat(certificate.getKeyUsage()[5]).as("keyCertSign").isTrue();
  }

  @Test
  void isValidForTheLifeOfAProcess() throws Exception {
    certificate.checkValidity(Date.from(NOW));
    certificate.checkValidity(Date.from(NOW.minus(Duration.ofMinutes(59))));
    certificate.checkValidity(Date.from(NOW.plus(Duration.ofDays(3649))));
  }

  @Test
  void canBeMadeForTheSecondHalfOfTheCentury() throws Exception {
    Instant late = Instant.parse("2060-01-01T00:00:00Z");
    SelfSignedCertificate.generate(List.of("x"), late)
        .chain()
        .getFirst()
        .checkValidity(Date.from(late));
  }

  @Test
  void neverShowsTheKey() {
    assertThat(made).hasToString("CertifiedKey[CN=localhost]");
  }
}
