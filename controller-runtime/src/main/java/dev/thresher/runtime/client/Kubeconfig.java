package dev.thresher.runtime.client;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import org.yaml.snakeyaml.error.YAMLException;

/// The kubeconfig file format, `v1` `Config`.
///
/// Understood: token, tokenFile, client-certificate(-data), client-key(-data),
/// certificate-authority(-data), tls-server-name, insecure-skip-tls-verify. Everything else that
/// would change how to talk or as whom is refused by name.
final class Kubeconfig {

  private static final List<String> REFUSED_USER_FIELDS =
      List.of("exec", "auth-provider", "username", "password", "as", "as-uid", "as-groups");
  private static final List<String> REFUSED_CLUSTER_FIELDS = List.of("proxy-url");

  private Kubeconfig() {}

  /// @param file where the text is from; the files it names are relative to its directory
  /// @param contextName empty for `current-context`
  static Connection parse(String text, Path file, String contextName) {
    Map<?, ?> root = yaml(text, file);
    String name = contextName.isEmpty() ? string(root, "current-context", file) : contextName;
    if (name.isEmpty()) {
      throw new ClientConfigException(
          file + ": current-context is not set; set it or give the name of a context");
    }
    Map<?, ?> context = named(root, "contexts", "context", name, file);
    String clusterName = string(context, "cluster", file);
    String userName = string(context, "user", file);
    if (clusterName.isEmpty()) {
      throw new ClientConfigException(file + ": context \"" + name + "\" names no cluster");
    }
    Map<?, ?> cluster = named(root, "clusters", "cluster", clusterName, file);
    Map<?, ?> user = userName.isEmpty() ? Map.of() : named(root, "users", "user", userName, file);
    refuse(user, REFUSED_USER_FIELDS, "user \"" + userName + "\"", file);
    refuse(cluster, REFUSED_CLUSTER_FIELDS, "cluster \"" + clusterName + "\"", file);

    String server = string(cluster, "server", file);
    if (server.isEmpty()) {
      throw new ClientConfigException(
          file + ": cluster \"" + clusterName + "\" has no server; set its URL");
    }
    String namespace = string(context, "namespace", file);
    try {
      return new Connection(
          server,
          namespace.isEmpty() ? "default" : namespace,
          data(cluster, "certificate-authority", file),
          string(cluster, "tls-server-name", file),
          Boolean.TRUE.equals(cluster.get("insecure-skip-tls-verify")),
          token(user, file),
          data(user, "client-certificate", file),
          data(user, "client-key", file));
    } catch (ClientConfigException e) {
      String problem = String.valueOf(e.getMessage());
      throw problem.startsWith(file.toString())
          ? e
          : new ClientConfigException(file + ": " + problem, e);
    }
  }

  private static Map<?, ?> yaml(String text, Path file) {
    Object root;
    try {
      root = new Yaml(new SafeConstructor(new LoaderOptions())).load(text);
    } catch (YAMLException e) {
      // The parser's message quotes the offending lines, which may hold a secret.
      throw new ClientConfigException(
          file + ": not valid YAML (" + e.getClass().getSimpleName() + ")");
    }
    if (root instanceof Map<?, ?> map) {
      return map;
    }
    throw new ClientConfigException(file + ": not a kubeconfig, wanted a YAML mapping");
  }

  private static Map<?, ?> named(
      Map<?, ?> root, String listName, String entryName, String wanted, Path file) {
    if (root.get(listName) instanceof List<?> entries) {
      for (Object entry : entries) {
        if (entry instanceof Map<?, ?> map
            && wanted.equals(map.get("name"))
            && map.get(entryName) instanceof Map<?, ?> value) {
          return value;
        }
      }
    }
    throw new ClientConfigException(
        file + ": " + listName + " has no entry \"" + wanted + "\" with a " + entryName);
  }

  private static void refuse(Map<?, ?> map, List<String> fields, String where, Path file) {
    for (String field : fields) {
      if (map.get(field) != null) {
        throw new ClientConfigException(
            file
                + ": "
                + where
                + " uses \""
                + field
                + "\", which is not supported; use a token, a tokenFile or a client certificate"
                + " and a direct connection");
      }
    }
  }

  private static String token(Map<?, ?> user, Path file) {
    // As in client-go, the file wins: it is the one that rotates.
    String tokenFile = string(user, "tokenFile", file);
    if (tokenFile.isEmpty()) {
      return string(user, "token", file).strip();
    }
    Path path = file.resolveSibling(tokenFile);
    String token = ConnectionSource.read(path, "token").strip();
    if (token.isEmpty()) {
      throw new ClientConfigException(path + " is empty");
    }
    return token;
  }

  private static String data(Map<?, ?> map, String field, Path file) {
    String inline = string(map, field + "-data", file);
    if (!inline.isEmpty()) {
      try {
        return new String(
            Base64.getDecoder().decode(inline.replaceAll("\\s", "")), StandardCharsets.UTF_8);
      } catch (IllegalArgumentException e) {
        throw new ClientConfigException(file + ": " + field + "-data is not base64", e);
      }
    }
    String path = string(map, field, file);
    return path.isEmpty() ? "" : ConnectionSource.read(file.resolveSibling(path), field);
  }

  private static String string(Map<?, ?> map, String field, Path file) {
    Object value = map.get(field);
    if (value == null) {
      return "";
    }
    if (value instanceof String text) {
      return text;
    }
    throw new ClientConfigException(
        file
            + ": "
            + field
            + " must be a string, got a "
            + value.getClass().getSimpleName().toLowerCase(Locale.ROOT));
  }
}
