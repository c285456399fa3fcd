package dev.thresher.runtime.fake;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.sun.net.httpserver.HttpExchange;
import dev.thresher.api.ObjectKey;
import dev.thresher.runtime.client.Precondition;
import java.io.IOException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// A request, taken apart.
///
/// @param resource empty if it is about no resource that the store serves
/// @param text the body, empty if there is none
record FakeRequest(
    String method,
    String path,
    Map<String, String> parameters,
    String token,
    String contentType,
    String text,
    Optional<FakeResource> resource,
    FakeCall call) {

  private static final Pattern PATH =
      Pattern.compile(
          "/(?:api/(?<core>[^/]+)|apis/(?<group>[^/]+)/(?<version>[^/]+))"
              + "(?:/namespaces/(?<namespace>[^/]+)(?=/[^/]+))?"
              + "/(?<plural>[^/]+)(?:/(?<name>[^/]+))?(?:/(?<subresource>[^/]+))?");

  /// Below a Namespace object, `status` and `finalize` are no resources.
  private static final Pattern NAMESPACE =
      Pattern.compile("/api/v1/namespaces/(?<name>[^/]+)/(?<subresource>status|finalize)");

  static FakeRequest of(HttpExchange exchange, FakeStore store) throws IOException {
    String method = exchange.getRequestMethod();
    String path = exchange.getRequestURI().getRawPath();
    Map<String, String> parameters = parameters(exchange.getRequestURI().getRawQuery());
    String text = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
    String auth = header(exchange, "Authorization");
    String type = header(exchange, "Content-Type");
    String token = auth.startsWith("Bearer ") ? auth.substring("Bearer ".length()) : "";
    String contentType = type.contains(";") ? type.substring(0, type.indexOf(';')) : type;

    Matcher namespace = NAMESPACE.matcher(path);
    Matcher match = PATH.matcher(path);
    if (namespace.matches()) {
      var resource = store.resource("", "v1", "namespaces");
      var call =
          new FakeCall(
              verb(method, true, false),
              "namespaces",
              ObjectKey.cluster(namespace.group("name")),
              namespace.group("subresource"));
      return new FakeRequest(method, path, parameters, token, contentType, text, resource, call);
    }
    Optional<FakeResource> resource =
        match.matches()
            ? store.resource(
                orEmpty(match.group("group")),
                match.group("core") == null ? match.group("version") : match.group("core"),
                match.group("plural"))
            : Optional.empty();
    FakeCall call =
        resource.isEmpty()
            ? new FakeCall(method, path, ObjectKey.cluster("*"), "")
            : new FakeCall(
                verb(method, match.group("name") != null, parameters.containsKey("watch")),
                resource.get().resource(),
                new ObjectKey(
                    orEmpty(match.group("namespace")),
                    match.group("name") == null ? "*" : match.group("name")),
                orEmpty(match.group("subresource")));
    return new FakeRequest(method, path, parameters, token, contentType, text, resource, call);
  }

  String parameter(String name) {
    return parameters.getOrDefault(name, "");
  }

  int number(String name, int otherwise) {
    return parameters.containsKey(name) ? Integer.parseInt(parameter(name)) : otherwise;
  }

  Optional<JsonObject> body() {
    return text.isEmpty()
        ? Optional.empty()
        : Optional.of(JsonParser.parseString(text).getAsJsonObject());
  }

  Precondition precondition() {
    JsonObject options = body().orElseGet(JsonObject::new);
    String uid = Json.text(options, "preconditions", "uid");
    String version = Json.text(options, "preconditions", "resourceVersion");
    return new Precondition(
        Optional.of(uid).filter(s -> !s.isEmpty()), Optional.of(version).filter(s -> !s.isEmpty()));
  }

  private static String verb(String method, boolean named, boolean watch) {
    return switch (method) {
      case "GET" -> watch ? "watch" : named ? "get" : "list";
      case "POST" -> "create";
      case "PUT" -> "update";
      case "PATCH" -> "patch";
      case "DELETE" -> named ? "delete" : "deletecollection";
      default -> method;
    };
  }

  private static Map<String, String> parameters(@Nullable String query) {
    Map<String, String> parameters = new HashMap<>();
    for (String pair : query == null ? new String[0] : query.split("&")) {
      String[] parts = pair.split("=", 2);
      parameters.put(
          parts[0], parts.length == 2 ? URLDecoder.decode(parts[1], StandardCharsets.UTF_8) : "");
    }
    return parameters;
  }

  private static String header(HttpExchange exchange, String name) {
    return orEmpty(exchange.getRequestHeaders().getFirst(name));
  }

  private static String orEmpty(@Nullable String text) {
    return text == null ? "" : text;
  }
}
