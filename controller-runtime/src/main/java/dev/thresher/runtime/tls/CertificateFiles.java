package dev.thresher.runtime.tls;

import dev.thresher.runtime.client.ClientConfigException;
import dev.thresher.runtime.client.Pem;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The certificate in two files, followed when they change.
///
/// Compares contents, at most every five seconds, and only when somebody asks: mounted Secrets swap
/// symbolic links, which times of change do not show reliably. Thread-safe.
final class CertificateFiles implements Supplier<CertifiedKey> {

  private static final Logger log = LoggerFactory.getLogger(CertificateFiles.class);
  private static final long CHECK_NANOS = TimeUnit.SECONDS.toNanos(5);

  private final ServerCertificates.Files files;
  private final LongSupplier clock;

  private String seen;
  private CertifiedKey current;
  private long checkedAt;

  /// @throws CertificateException if the files cannot be used now
  CertificateFiles(ServerCertificates.Files files, LongSupplier monotonicNanos) {
    this.files = files;
    this.clock = monotonicNanos;
    this.seen = read();
    this.current = parse();
    this.checkedAt = clock.getAsLong();
  }

  @Override
  public synchronized CertifiedKey get() {
    long now = clock.getAsLong();
    if (now - checkedAt >= CHECK_NANOS) {
      checkedAt = now;
      reload();
    }
    return current;
  }

  private void reload() {
    try {
      String content = read();
      if (!content.equals(seen)) {
        // Remembered even if it cannot be used: one complaint per change.
        seen = content;
        current = parse();
        log.atInfo()
            .addKeyValue("file", files.certificate())
            .addKeyValue("expires", current.chain().getFirst().getNotAfter().toInstant())
            .log("serving certificate reloaded");
      }
    } catch (CertificateException e) {
      log.atError()
          .addKeyValue("error", e.getMessage())
          .log("changed serving certificate cannot be used, the old one stays");
    }
  }

  private String read() {
    return read(files.certificate()) + "\0" + read(files.key());
  }

  private CertifiedKey parse() {
    int split = seen.indexOf('\0');
    List<X509Certificate> chain;
    PrivateKey key;
    try {
      chain = Pem.certificates(seen.substring(0, split), files.certificate().toString());
      key = Pem.privateKey(seen.substring(split + 1), files.key().toString());
    } catch (ClientConfigException e) {
      throw new CertificateException(String.valueOf(e.getMessage()), e);
    }
    var certified = new CertifiedKey(key, chain);
    if (!certified.isPair()) {
      throw new CertificateException(
          "the key in " + files.key() + " is not that of the certificate in " + files.certificate(),
          null);
    }
    return certified;
  }

  private static String read(Path file) {
    try {
      return Files.readString(file, StandardCharsets.US_ASCII);
    } catch (NoSuchFileException e) {
      throw new CertificateException(file + " does not exist", e);
    } catch (IOException e) {
      throw new CertificateException(file + " cannot be read: " + e.getMessage(), e);
    }
  }
}
