package dev.thresher.runtime.client;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.util.List;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;
import org.jspecify.annotations.Nullable;

/// Whom to trust and how to identify oneself, as the JDK wants it.
record Tls(SSLSocketFactory sockets, X509TrustManager trust) {

  private static final char[] NO_PASSWORD = new char[0];

  static Tls of(Connection connection) {
    try {
      X509TrustManager trust = connection.insecure() ? new AnyServer() : trust(connection.caPem());
      var context = SSLContext.getInstance("TLS");
      context.init(keys(connection), new TrustManager[] {trust}, null);
      SSLSocketFactory sockets = context.getSocketFactory();
      return new Tls(
          connection.tlsServerName().isEmpty()
              ? sockets
              : new RenamingSockets(sockets, connection.tlsServerName()),
          trust);
    } catch (GeneralSecurityException | IOException e) {
      throw new ClientConfigException("TLS cannot be set up: " + e.getMessage(), e);
    }
  }

  private static X509TrustManager trust(String caPem) throws GeneralSecurityException, IOException {
    @Nullable KeyStore store = null;
    if (!caPem.isEmpty()) {
      store = emptyStore();
      List<X509Certificate> authorities = Pem.certificates(caPem, "certificate-authority");
      for (int i = 0; i < authorities.size(); i++) {
        store.setCertificateEntry("ca" + i, authorities.get(i));
      }
    }
    var factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    factory.init(store);
    for (TrustManager manager : factory.getTrustManagers()) {
      if (manager instanceof X509TrustManager x509) {
        return x509;
      }
    }
    throw new GeneralSecurityException("this Java has no X.509 trust manager");
  }

  private static KeyManager @Nullable [] keys(Connection connection)
      throws GeneralSecurityException, IOException {
    if (connection.certificatePem().isEmpty()) {
      return null;
    }
    KeyStore store = emptyStore();
    store.setKeyEntry(
        "client",
        Pem.privateKey(connection.keyPem()),
        NO_PASSWORD,
        Pem.certificates(connection.certificatePem(), "client-certificate")
            .toArray(X509Certificate[]::new));
    var factory = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    factory.init(store, NO_PASSWORD);
    return factory.getKeyManagers();
  }

  private static KeyStore emptyStore() throws GeneralSecurityException, IOException {
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    return store;
  }

  /// Names another server in the handshake (SNI) than the one that was dialled.
  private static final class RenamingSockets extends SSLSocketFactory {

    private final SSLSocketFactory inner;
    private final String serverName;

    RenamingSockets(SSLSocketFactory inner, String serverName) {
      this.inner = inner;
      this.serverName = serverName;
    }

    @Override
    public Socket createSocket(Socket connected, String host, int port, boolean autoClose)
        throws IOException {
      return inner.createSocket(connected, serverName, port, autoClose);
    }

    @Override
    public String[] getDefaultCipherSuites() {
      return inner.getDefaultCipherSuites();
    }

    @Override
    public String[] getSupportedCipherSuites() {
      return inner.getSupportedCipherSuites();
    }

    @Override
    public Socket createSocket(String host, int port) {
      throw layeredOnly();
    }

    @Override
    public Socket createSocket(String host, int port, InetAddress localHost, int localPort) {
      throw layeredOnly();
    }

    @Override
    public Socket createSocket(InetAddress host, int port) {
      throw layeredOnly();
    }

    @Override
    public Socket createSocket(
        InetAddress address, int port, InetAddress localAddress, int localPort) {
      throw layeredOnly();
    }

    private static UnsupportedOperationException layeredOnly() {
      return new UnsupportedOperationException("TLS only over a socket that is connected");
    }
  }
}
