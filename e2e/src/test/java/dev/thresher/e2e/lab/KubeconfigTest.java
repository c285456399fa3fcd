package dev.thresher.e2e.lab;

import static org.assertj.core.api.Assertions.assertThat;

import io.kubernetes.client.util.KubeConfig;
import java.io.StringReader;
import java.net.URI;
import org.junit.jupiter.api.Test;

class KubeconfigTest {
  @Test
  void isReadByTheClientsLoader() {
    String text =
        Kubeconfig.text(
            URI.create("https://10.0.0.1:6443"),
            "CA",
            new User.CertificateUser("u", "CERT", "KEY"),
            "ns");
    KubeConfig config = KubeConfig.loadKubeConfig(new StringReader(text));

    assertThat(config.getServer()).isEqualTo("https://10.0.0.1:6443");
    assertThat(config.getNamespace()).isEqualTo("ns");
    assertThat(config.getCertificateAuthorityData()).isEqualTo("Q0E=");
    assertThat(config.getClientCertificateData()).isEqualTo("Q0VSVA==");
    assertThat(config.getClientKeyData()).isEqualTo("S0VZ");
  }

  @Test
  void keepsSecretsOutOfText() {
    assertThat(new User.TokenUser("u", "hush").toString()).doesNotContain("hush");
    assertThat(new User.CertificateUser("u", "C", "hush").toString()).doesNotContain("hush");
  }
}
