package dev.thresher.vip.controlplane;

import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.runtime.tls.SelfSignedCertificate;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CertificateNamesTest {

  private static X509Certificate certificate(String names) {
    return SelfSignedCertificate.generate(List.of(names.split(" ")), Instant.now())
        .chain()
        .getFirst();
  }

  @ParameterizedTest
  @CsvSource({
    // names of the certificate, of the control plane, those that it lacks
    "192.0.2.10 2001:db8::10 api.example, 192.0.2.10, ''",
    "192.0.2.10 2001:db8::10 api.example, 2001:0db8:0:0::10, ''",
    "192.0.2.10 2001:db8::10 api.example, API.example, ''",
    "192.0.2.10 api.example, 192.0.2.11, 192.0.2.11",
    "192.0.2.10 api.example, 2001:db8::10 192.0.2.10, 2001:db8::10",
    "API.example.com, api.example.COM., ''",
    "*.example.com, api.example.com API.example.com., ''",
    "*.example.com, example.com a.b.example.com, example.com a.b.example.com",
    "*.B.example.com, a.b.example.com a.c.example.com, a.c.example.com",
    "api.*.com a*.example.com, api.example.com, api.example.com",
    "*.0.2.10, 192.0.2.10, 192.0.2.10",
    "api.example, 192.0.2.10 other.example api.example, 192.0.2.10 other.example",
  })
  void namesWhatClientsWouldRefuse(String has, String wanted, String missing) {
    assertThat(
            String.join(
                " ", CertificateNames.missing(certificate(has), List.of(wanted.split(" ")))))
        .isEqualTo(missing);
  }
}
