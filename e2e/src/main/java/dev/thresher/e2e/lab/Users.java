package dev.thresher.e2e.lab;

import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;

/// Makes and ends the users of one cluster.
final class Users {
  private static final SecureRandom RANDOM = new SecureRandom();

  private final Certificates authority;
  private final Path tokens;

  /// @param tokens directory that the API server's token reviewer reads: file name = token
  Users(Certificates authority, Path tokens) {
    this.authority = authority;
    this.tokens = tokens;
  }

  User certificate(String user, List<String> groups) {
    Certificates.Identity identity = authority.issue(user, groups, List.of());
    return new User.CertificateUser(user, identity.certificatePem(), identity.keyPem());
  }

  User token(String user, List<String> groups) {
    var random = new byte[16];
    RANDOM.nextBytes(random);
    String token = HexFormat.of().formatHex(random);
    JsonObject info = Json.object("username", user, "uid", user, "groups", groups);
    AtomicFile.write(tokens.resolve(token), info.toString());
    return new User.TokenUser(user, token);
  }

  void revoke(User user) {
    switch (user) {
      case User.TokenUser(_, String token) -> {
        try {
          if (!Files.deleteIfExists(tokens.resolve(token))) {
            throw new LabException(
                user.name()
                    + " is no token user of this cluster; delete a service account instead");
          }
        } catch (IOException e) {
          throw new LabException("cannot revoke " + user + ": " + e.getMessage(), e);
        }
      }
      case User.CertificateUser c ->
          throw new LabException("Kubernetes cannot revoke the certificate of " + c.name());
    }
  }

  User serviceAccount(KubeApi api, String namespace, String account, Duration lifetime) {
    api.apply(
        Json.object(
            "apiVersion", "v1",
            "kind", "ServiceAccount",
            "metadata", Json.object("name", account, "namespace", namespace)));
    JsonObject request =
        Json.object(
            "apiVersion", "authentication.k8s.io/v1",
            "kind", "TokenRequest",
            "spec", Json.object("expirationSeconds", lifetime.toSeconds()));
    JsonObject answer =
        api.create(
            "/api/v1/namespaces/" + namespace + "/serviceaccounts/" + account + "/token", request);
    String token = Json.text(answer, "status", "token").orElseThrow();
    return new User.TokenUser("system:serviceaccount:" + namespace + ":" + account, token);
  }
}
