package dev.thresher.runtime.client;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Map;

/// Where a [Connection] comes from.
///
/// Loading reads every file anew. The loader is called every few seconds and compares what it gets:
/// mounted Secrets swap symbolic links, which neither inotify on the file nor its time of change
/// shows reliably.
public sealed interface ConnectionSource {

  /// @throws ClientConfigException if anything is missing or malformed
  Connection load();

  /// A kubeconfig file and the files it names.
  ///
  /// @param context empty for the file's `current-context`
  record KubeconfigFile(Path file, String context) implements ConnectionSource {
    @Override
    public Connection load() {
      return Kubeconfig.parse(read(file, "kubeconfig"), file, context);
    }
  }

  /// The ServiceAccount that is mounted into a pod.
  ///
  /// @param directory with `token`, `ca.crt` and `namespace`
  /// @param server base URL of the API server
  record InCluster(Path directory, String server) implements ConnectionSource {

    static final Path MOUNT = Path.of("/var/run/secrets/kubernetes.io/serviceaccount");

    /// @param environment of the process
    /// @throws ClientConfigException if this is no pod
    public static InCluster fromEnvironment(Map<String, String> environment) {
      String host = environment.getOrDefault("KUBERNETES_SERVICE_HOST", "");
      String port = environment.getOrDefault("KUBERNETES_SERVICE_PORT", "");
      if (host.isEmpty() || port.isEmpty()) {
        throw new ClientConfigException(
            "no kubeconfig was given and this is not a pod: KUBERNETES_SERVICE_HOST and"
                + " KUBERNETES_SERVICE_PORT are not set; give --kubeconfig or set KUBECONFIG");
      }
      String literal = host.contains(":") ? "[" + host + "]" : host;
      return new InCluster(MOUNT, "https://" + literal + ":" + port);
    }

    @Override
    public Connection load() {
      String token = read(directory.resolve("token"), "ServiceAccount token").strip();
      if (token.isEmpty()) {
        throw new ClientConfigException(directory.resolve("token") + " is empty");
      }
      Path namespaceFile = directory.resolve("namespace");
      String namespace =
          Files.exists(namespaceFile) ? read(namespaceFile, "namespace").strip() : "";
      return new Connection(
          server,
          namespace.isEmpty() ? "default" : namespace,
          read(directory.resolve("ca.crt"), "certificate authority"),
          "",
          false,
          token,
          "",
          "");
    }
  }

  /// Credentials from elsewhere, for a server named here.
  ///
  /// @param server base URL
  record AtServer(ConnectionSource credentials, String server) implements ConnectionSource {
    @Override
    public Connection load() {
      return credentials.load().withServer(server);
    }
  }

  /// Credentials from elsewhere, for objects in a namespace named here.
  record InNamespace(ConnectionSource credentials, String namespace) implements ConnectionSource {
    @Override
    public Connection load() {
      return credentials.load().withNamespace(namespace);
    }
  }

  /// The server of another source, and a token in place of its credentials.
  ///
  /// @param place what is known of the server
  record WithToken(ConnectionSource place, TokenSource tokens) implements ConnectionSource {
    @Override
    public Connection load() {
      return place.load().withOnlyToken(tokens.token());
    }
  }

  /// A connection that never changes.
  record Fixed(Connection connection) implements ConnectionSource {
    @Override
    public Connection load() {
      return connection;
    }
  }

  /// @param what it is, for the error
  static String read(Path file, String what) {
    try {
      return Files.readString(file, StandardCharsets.UTF_8);
    } catch (NoSuchFileException e) {
      throw new ClientConfigException(what + " file " + file + " does not exist", e);
    } catch (IOException e) {
      throw new ClientConfigException(
          what + " file " + file + " cannot be read: " + e.getMessage(), e);
    }
  }
}
