package dev.thresher.runtime.tls;

import com.google.common.base.Suppliers;
import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.function.Supplier;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedKeyManager;
import org.jspecify.annotations.Nullable;

/// TLS of a server whose certificate may change while it runs: each handshake asks anew.
public final class ServerTls {

  private ServerTls() {}

  /// @throws CertificateException if the certificate cannot be read now
  public static SSLContext context(ServerCertificates certificates) {
    Supplier<CertifiedKey> current =
        switch (certificates) {
          case ServerCertificates.Files files -> new CertificateFiles(files, System::nanoTime);
          // By the first who connects: making a key costs a good part of a program's start.
          case ServerCertificates.SelfSigned(var names) ->
              Suppliers.memoize(() -> SelfSignedCertificate.generate(names, Instant.now()));
        };
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(new KeyManager[] {new CurrentKey(current)}, null, null);
      return context;
    } catch (GeneralSecurityException e) {
      throw new CertificateException("this Java runtime has no TLS", e);
    }
  }

  /// One key for everybody. The alias is a number per certificate, so that key and chain of one
  /// handshake belong together though the certificate changes in between.
  private static final class CurrentKey extends X509ExtendedKeyManager {

    private final Supplier<CertifiedKey> source;
    private @Nullable CertifiedKey current;
    private @Nullable CertifiedKey previous;
    private int generation;

    private CurrentKey(Supplier<CertifiedKey> source) {
      this.source = source;
    }

    private synchronized String alias(String keyType) {
      CertifiedKey now = source.get();
      if (!now.equals(current)) {
        previous = current;
        current = now;
        generation++;
      }
      return generation + " " + keyType;
    }

    private synchronized @Nullable CertifiedKey byAlias(String alias) {
      return alias.startsWith(generation + " ") ? current : previous;
    }

    private @Nullable String choose(String keyType) {
      String alias = alias(keyType);
      CertifiedKey now = byAlias(alias);
      return now != null && now.key().getAlgorithm().equals(algorithm(keyType)) ? alias : null;
    }

    /// TLS 1.2 and 1.3 ask with `EC`, `RSA`, `RSASSA-PSS`, `EdDSA`, or `EC_RSA` and the like.
    private static String algorithm(String keyType) {
      int underscore = keyType.indexOf('_');
      String base = underscore < 0 ? keyType : keyType.substring(0, underscore);
      return base.equals("RSASSA-PSS") ? "RSA" : base;
    }

    @Override
    public @Nullable String chooseEngineServerAlias(
        String keyType, Principal @Nullable [] issuers, @Nullable SSLEngine engine) {
      return choose(keyType);
    }

    @Override
    public @Nullable String chooseServerAlias(
        String keyType, Principal @Nullable [] issuers, @Nullable Socket socket) {
      return choose(keyType);
    }

    @Override
    public String[] getServerAliases(String keyType, Principal @Nullable [] issuers) {
      return new String[] {alias(keyType)};
    }

    @Override
    public X509Certificate @Nullable [] getCertificateChain(String alias) {
      CertifiedKey key = byAlias(alias);
      return key == null ? null : key.chain().toArray(X509Certificate[]::new);
    }

    @Override
    public @Nullable PrivateKey getPrivateKey(String alias) {
      CertifiedKey key = byAlias(alias);
      return key == null ? null : key.key();
    }

    @Override
    public String @Nullable [] getClientAliases(String keyType, Principal @Nullable [] issuers) {
      return null;
    }

    @Override
    public @Nullable String chooseClientAlias(
        String[] keyType, Principal @Nullable [] issuers, @Nullable Socket socket) {
      return null;
    }
  }
}
