package dev.thresher.e2e.lab;

/// Somebody who may talk to an API server.
public sealed interface User {
  /// As the API server calls them.
  String name();

  /// @param token secret
  record TokenUser(String name, String token) implements User {
    @Override
    public String toString() {
      return "TokenUser[" + name + "]";
    }
  }

  /// @param certificatePem public
  /// @param keyPem secret
  record CertificateUser(String name, String certificatePem, String keyPem) implements User {
    @Override
    public String toString() {
      return "CertificateUser[" + name + "]";
    }
  }
}
