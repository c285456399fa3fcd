package dev.thresher.runtime.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class KubeconfigTest {

  @TempDir Path directory;

  private Path write(String cluster, String user) throws IOException {
    return Files.writeString(
        directory.resolve("config"),
        """
        apiVersion: v1
        kind: Config
        current-context: one
        clusters:
        - name: c
          cluster:
            server: https://10.0.0.1:6443/
        %s
        contexts:
        - name: one
          context: {cluster: c, user: u}
        - name: two
          context: {cluster: c, user: u, namespace: special}
        users:
        - name: u
          user:
        %s
        """
            .formatted(cluster.indent(4), user.indent(4)));
  }

  private static Connection load(Path file, String context) {
    return new ConnectionSource.KubeconfigFile(file, context).load();
  }

  @Test
  void readsServerTokenAndNamespace() throws IOException {
    Path file = write("", "token: secret-token");

    assertThat(load(file, ""))
        .isEqualTo(Connection.plain("https://10.0.0.1:6443").withToken("secret-token"));
    assertThat(load(file, "two").namespace()).isEqualTo("special");
  }

  @Test
  void prefersTheTokenFileAndReadsItAnew() throws IOException {
    Path token = Files.writeString(directory.resolve("token"), "first\n");
    Path file = write("", "tokenFile: token\ntoken: inline");

    assertThat(load(file, "").token()).isEqualTo("first");
    Files.writeString(token, "second");
    assertThat(load(file, "").token()).isEqualTo("second");
  }

  @Test
  void readsCertificatesInlineAndFromFiles() throws IOException {
    Files.writeString(directory.resolve("client.crt"), "CERT");
    String key = Base64.getEncoder().encodeToString("KEY".getBytes(StandardCharsets.UTF_8));
    Path file =
        write(
            "certificate-authority-data: "
                + Base64.getEncoder().encodeToString("CA".getBytes(StandardCharsets.UTF_8))
                + "\ntls-server-name: kubernetes",
            "client-certificate: client.crt\nclient-key-data: " + key);

    Connection connection = load(file, "");

    assertThat(connection.caPem()).isEqualTo("CA");
    assertThat(connection.tlsServerName()).isEqualTo("kubernetes");
    assertThat(connection.certificatePem()).isEqualTo("CERT");
    assertThat(connection.keyPem()).isEqualTo("KEY");
  }

  @Test
  void neverPrintsASecret() throws IOException {
    Path file = write("", "token: secret-token");

    assertThat(load(file, "").toString()).doesNotContain("secret-token").contains("token");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "exec: {command: aws}            | user \"u\" uses \"exec\"",
        "auth-provider: {name: oidc}     | user \"u\" uses \"auth-provider\"",
        "username: admin                 | user \"u\" uses \"username\"",
        "as: someone                     | user \"u\" uses \"as\"",
        "client-certificate-data: Q0VSVA== | without its key: set client-key",
        "tokenFile: missing              | missing does not exist",
        "token: 12345                    | token must be a string, got a integer",
        "client-key-data: '***'          | not base64"
      })
  void refusesByName(String user, String message) throws IOException {
    Path file = write("", user);

    assertThatThrownBy(() -> load(file, ""))
        .isInstanceOf(ClientConfigException.class)
        .hasMessageContaining(file.getFileName().toString())
        .hasMessageContaining(message);
  }

  @Test
  void refusesAProxyRatherThanGoingAroundIt() throws IOException {
    Path file = write("proxy-url: http://proxy:3128", "token: t");

    assertThatThrownBy(() -> load(file, "")).hasMessageContaining("proxy-url");
  }

  @Test
  void saysWhatIsMissing() throws IOException {
    Path file = write("", "token: t");

    assertThatThrownBy(() -> load(file, "three")).hasMessageContaining("no entry \"three\"");
    assertThatThrownBy(() -> load(directory.resolve("nothing"), ""))
        .hasMessageContaining("nothing does not exist");
    Path broken = Files.writeString(directory.resolve("broken"), "a: [secret");
    assertThatThrownBy(() -> load(broken, ""))
        .hasMessageContaining("not valid YAML")
        .hasMessageNotContaining("secret");
    Path empty = Files.writeString(directory.resolve("empty"), "");
    assertThatThrownBy(() -> load(empty, "")).hasMessageContaining("not a kubeconfig");
  }

  @Test
  void findsTheFileByFlagThenEnvironmentThenPod() throws IOException {
    Path mount = Files.createDirectory(directory.resolve("mount"));
    Files.writeString(mount.resolve("token"), "pod-token\n");
    Files.writeString(mount.resolve("ca.crt"), "CA");
    Files.writeString(mount.resolve("namespace"), "kube-system");

    assertThat(ClientConfig.find("host", "/a", Map.of("KUBECONFIG", "/b")).source())
        .isEqualTo(new ConnectionSource.KubeconfigFile(Path.of("/a"), ""));
    assertThat(ClientConfig.find("host", "", Map.of("KUBECONFIG", "/b")).source())
        .isEqualTo(new ConnectionSource.KubeconfigFile(Path.of("/b"), ""));
    Map<String, String> pod =
        Map.of("KUBERNETES_SERVICE_HOST", "fd00::1", "KUBERNETES_SERVICE_PORT", "443");
    assertThat(ClientConfig.find("host", "", pod).source())
        .isEqualTo(
            new ConnectionSource.InCluster(
                ConnectionSource.InCluster.MOUNT, "https://[fd00::1]:443"));
    assertThat(new ConnectionSource.InCluster(mount, "https://[fd00::1]:443").load())
        .satisfies(c -> assertThat(c.token()).isEqualTo("pod-token"))
        .satisfies(c -> assertThat(c.namespace()).isEqualTo("kube-system"))
        .satisfies(c -> assertThat(c.caPem()).isEqualTo("CA"));
    assertThatThrownBy(() -> ClientConfig.find("host", "", Map.of()))
        .hasMessageContaining("--kubeconfig");
    assertThatThrownBy(() -> ClientConfig.find("host", "", Map.of("KUBECONFIG", "/a:/b")))
        .hasMessageContaining("several files");
  }
}
