package dev.thresher.runtime.tls;

import com.google.common.base.Suppliers;
import java.net.Socket;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import javax.net.ssl.ExtendedSSLSession;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLSession;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.X509ExtendedKeyManager;
import org.jspecify.annotations.Nullable;

/// Chooses the key of a handshake: by the name the client asks for (RFC 6066, 3), else the default
/// one. An alias is `INDEX GENERATION TYPE`, so that key and chain of one handshake belong together
/// though the certificate changes in between.
final class ServerKeys extends X509ExtendedKeyManager {

  private final List<Slot> slots;

  /// One source of a certificate.
  private static final class Slot {
    private final List<String> names;
    private final Supplier<CertifiedKey> source;
    private @Nullable CertifiedKey current;
    private @Nullable CertifiedKey previous;
    private int generation;

    private Slot(List<String> names, Supplier<CertifiedKey> source) {
      this.names = names;
      this.source = source;
    }

    private synchronized int generation() {
      CertifiedKey now = source.get();
      if (!now.equals(current)) {
        previous = current;
        current = now;
        generation++;
      }
      return generation;
    }

    private synchronized @Nullable CertifiedKey at(int wanted) {
      return wanted == generation ? current : previous;
    }

    private boolean isFor(String name) {
      List<String> patterns = names.isEmpty() ? source.get().dnsNames() : names;
      return patterns.stream().anyMatch(pattern -> ServerCertificates.matches(pattern, name));
    }
  }

  /// @throws CertificateException if a certificate cannot be read now
  ServerKeys(ServerCertificates certificates) {
    var made = new ArrayList<Slot>();
    add(certificates, List.of(), made);
    this.slots = List.copyOf(made);
  }

  /// The default one comes first.
  private static void add(ServerCertificates certificates, List<String> names, List<Slot> slots) {
    switch (certificates) {
      case ServerCertificates.Files files ->
          slots.add(new Slot(names, new CertificateFiles(files, System::nanoTime)));
      case ServerCertificates.Held(var source) -> slots.add(new Slot(names, source));
      // By the first who connects: making a key costs a good part of a program's start.
      case ServerCertificates.SelfSigned(var own) ->
          slots.add(
              new Slot(
                  names,
                  Suppliers.memoize(() -> SelfSignedCertificate.generate(own, Instant.now()))));
      case ServerCertificates.ByName(var otherwise, var named) -> {
        add(otherwise, names, slots);
        named.forEach(one -> add(one.files(), one.names(), slots));
      }
    }
  }

  private @Nullable String choose(String keyType, Optional<String> asked) {
    int index = 0;
    for (int i = 1; i < slots.size() && asked.isPresent(); i++) {
      if (slots.get(i).isFor(asked.get())) {
        index = i;
        break;
      }
    }
    String alias = index + " " + slots.get(index).generation() + " " + keyType;
    CertifiedKey now = byAlias(alias);
    return now != null && now.key().getAlgorithm().equals(algorithm(keyType)) ? alias : null;
  }

  private @Nullable CertifiedKey byAlias(String alias) {
    String[] parts = alias.split(" ", 3);
    return slots.get(Integer.parseInt(parts[0])).at(Integer.parseInt(parts[1]));
  }

  /// TLS 1.2 and 1.3 ask with `EC`, `RSA`, `RSASSA-PSS`, `EdDSA`, or `EC_RSA` and the like.
  private static String algorithm(String keyType) {
    int underscore = keyType.indexOf('_');
    String base = underscore < 0 ? keyType : keyType.substring(0, underscore);
    return base.equals("RSASSA-PSS") ? "RSA" : base;
  }

  private static Optional<String> asked(@Nullable SSLSession session) {
    return session instanceof ExtendedSSLSession extended
        ? extended.getRequestedServerNames().stream()
            .filter(SNIHostName.class::isInstance)
            .map(name -> ((SNIHostName) name).getAsciiName())
            .findFirst()
        : Optional.empty();
  }

  @Override
  public @Nullable String chooseEngineServerAlias(
      String keyType, Principal @Nullable [] issuers, @Nullable SSLEngine engine) {
    return choose(keyType, asked(engine == null ? null : engine.getHandshakeSession()));
  }

  @Override
  public @Nullable String chooseServerAlias(
      String keyType, Principal @Nullable [] issuers, @Nullable Socket socket) {
    return choose(
        keyType, asked(socket instanceof SSLSocket tls ? tls.getHandshakeSession() : null));
  }

  @Override
  public String @Nullable [] getServerAliases(String keyType, Principal @Nullable [] issuers) {
    String alias = choose(keyType, Optional.empty());
    return alias == null ? null : new String[] {alias};
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
