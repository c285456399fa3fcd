package dev.thresher.runtime.client;

/// Where an API server is and what it takes to talk to it, all files read.
///
/// @param server base URL, for example `https://10.0.0.1:6443`, without a slash at the end
/// @param namespace the namespace the credentials are for, `default` if they do not say
/// @param caPem certificates to trust, empty for those of the system
/// @param tlsServerName name that the certificate must carry instead of the host in `server`, empty
///   for the host
/// @param insecure accept any certificate
/// @param token bearer token, empty if none
/// @param certificatePem client certificate and chain, empty if none
/// @param keyPem key of the client certificate, empty if none
public record Connection(
    String server,
    String namespace,
    String caPem,
    String tlsServerName,
    boolean insecure,
    String token,
    String certificatePem,
    String keyPem) {

  public Connection {
    if (!server.startsWith("https://") && !server.startsWith("http://")) {
      throw new ClientConfigException(
          "server must be a URL with https:// or http://, got \"" + server + "\"");
    }
    if (certificatePem.isEmpty() != keyPem.isEmpty()) {
      throw new ClientConfigException(
          certificatePem.isEmpty()
              ? "there is a client key without a client certificate: set client-certificate"
              : "there is a client certificate without its key: set client-key");
    }
    if (insecure && !caPem.isEmpty()) {
      throw new ClientConfigException(
          "insecure-skip-tls-verify and a certificate authority exclude each other: remove one");
    }
    while (server.endsWith("/")) {
      server = server.substring(0, server.length() - 1);
    }
  }

  /// A server that asks for nothing: tests on plain HTTP.
  public static Connection plain(String server) {
    return new Connection(server, "default", "", "", false, "", "", "");
  }

  public Connection withToken(String bearer) {
    return new Connection(
        server, namespace, caPem, tlsServerName, insecure, bearer, certificatePem, keyPem);
  }

  /// Without the client certificate.
  public Connection withOnlyToken(String bearer) {
    return new Connection(server, namespace, caPem, tlsServerName, insecure, bearer, "", "");
  }

  public Connection withServer(String url) {
    return new Connection(
        url, namespace, caPem, tlsServerName, insecure, token, certificatePem, keyPem);
  }

  public Connection withNamespace(String other) {
    return new Connection(
        server, other, caPem, tlsServerName, insecure, token, certificatePem, keyPem);
  }

  /// Whether both can share TCP connections: all but the token, which travels with each request.
  boolean sameTransport(Connection other) {
    return withToken("").equals(other.withToken(""));
  }

  /// Says which secrets there are, never what they are.
  @Override
  public String toString() {
    return "Connection["
        + server
        + ", namespace="
        + namespace
        + ", ca="
        + (caPem.isEmpty() ? "system" : "given")
        + (tlsServerName.isEmpty() ? "" : ", tls-server-name=" + tlsServerName)
        + (insecure ? ", insecure" : "")
        + (token.isEmpty() ? "" : ", token")
        + (certificatePem.isEmpty() ? "" : ", client certificate")
        + "]";
  }
}
