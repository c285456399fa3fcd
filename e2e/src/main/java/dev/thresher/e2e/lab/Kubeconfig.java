package dev.thresher.e2e.lab;

import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

/// Text of a kubeconfig file in the form that Harvester hands out: cluster, user and context are
/// named `default`, everything is embedded.
final class Kubeconfig {
  private Kubeconfig() {}

  static String text(URI server, String authorityPem, User user, String namespace) {
    return """
    apiVersion: v1
    kind: Config
    clusters:
      - name: default
        cluster:
          server: %s
          certificate-authority-data: %s
    users:
      - name: default
        user:
    %s
    contexts:
      - name: default
        context:
          cluster: default
          user: default
          namespace: %s
    current-context: default
    """
        .formatted(
            server, base64(authorityPem), credentials(user).indent(6).stripTrailing(), namespace);
  }

  private static String credentials(User user) {
    return switch (user) {
      case User.TokenUser(_, String token) -> "token: " + token;
      case User.CertificateUser(_, String certificate, String key) ->
          "client-certificate-data: " + base64(certificate) + "\nclient-key-data: " + base64(key);
    };
  }

  private static String base64(String text) {
    return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
  }
}
