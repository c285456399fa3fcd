package dev.thresher.runtime.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPairGenerator;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class CertificateFilesTest {

  @TempDir private Path directory = Path.of("/");
  private long now;

  @Test
  void followsAChange() throws Exception {
    write(SelfSignedCertificate.generate(List.of("one"), Instant.now()));
    CertificateFiles files = open();
    assertThat(subject(files)).isEqualTo("CN=one");

    write(SelfSignedCertificate.generate(List.of("two"), Instant.now()));
    assertThat(subject(files)).as("looks at the files every 5 s").isEqualTo("CN=one");
    now += TimeUnit.SECONDS.toNanos(5);

    assertThat(subject(files)).isEqualTo("CN=two");
  }

  @Test
  void keepsTheOldOneWhenTheNewOneCannotBeUsed() throws Exception {
    CertifiedKey first = SelfSignedCertificate.generate(List.of("one"), Instant.now());
    write(first);
    CertificateFiles files = open();

    Files.writeString(certificate(), "half a certif");
    now += TimeUnit.SECONDS.toNanos(5);
    assertThat(subject(files)).isEqualTo("CN=one");

    Files.delete(certificate());
    now += TimeUnit.SECONDS.toNanos(5);
    assertThat(subject(files)).isEqualTo("CN=one");

    write(SelfSignedCertificate.generate(List.of("two"), Instant.now()));
    now += TimeUnit.SECONDS.toNanos(5);
    assertThat(subject(files)).isEqualTo("CN=two");
  }

  @Test
  void refusesAForeignKey() throws Exception {
    write(SelfSignedCertificate.generate(List.of("one"), Instant.now()));
    writeKey(SelfSignedCertificate.generate(List.of("two"), Instant.now()).key().getEncoded());
    assertThatThrownBy(this::open).hasMessageContaining("is not that of the certificate");

    writeKey(KeyPairGenerator.getInstance("Ed25519").generateKeyPair().getPrivate().getEncoded());
    assertThatThrownBy(this::open).hasMessageContaining("is not that of the certificate");
  }

  @Test
  void namesAFileThatIsMissingOrWrong() throws Exception {
    assertThatThrownBy(this::open).hasMessage(certificate() + " does not exist");

    write(SelfSignedCertificate.generate(List.of("one"), Instant.now()));
    Files.writeString(key(), "nonsense");
    assertThatThrownBy(this::open).hasMessage(key() + " holds no PEM private key");
  }

  private CertificateFiles open() {
    return new CertificateFiles(new ServerCertificates.Files(certificate(), key()), () -> now);
  }

  private Path certificate() {
    return directory.resolve("tls.crt");
  }

  private Path key() {
    return directory.resolve("tls.key");
  }

  private void write(CertifiedKey made) throws Exception {
    Files.writeString(certificate(), pem("CERTIFICATE", made.chain().getFirst().getEncoded()));
    writeKey(made.key().getEncoded());
  }

  private void writeKey(byte[] der) throws Exception {
    Files.writeString(key(), pem("PRIVATE KEY", der));
  }

  private static String subject(CertificateFiles files) {
    return files.get().chain().getFirst().getSubjectX500Principal().toString();
  }

  private static String pem(String what, byte[] der) {
    return "-----BEGIN "
        + what
        + "-----\n"
        + Base64.getMimeEncoder().encodeToString(der)
        + "\n-----END "
        + what
        + "-----\n";
  }
}
