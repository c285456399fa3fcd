package dev.thresher.e2e.lab;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import javax.net.ssl.SSLContext;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/// An API server by paths and plain JSON, for set-up and for assertions.
///
/// Every method throws [LabException] on failure, with the server's message, and [ApiFailure] when
/// the server said no. Safe for use by several threads.
public final class KubeApi {
  /// As long as an API server itself gives a request: what takes longer ends with its word, and
  /// with ours only if it says none.
  private static final Duration PATIENCE = Duration.ofSeconds(65);

  /// Said for a second whenever a definition has changed: "storage is (re)initializing".
  private static final int TOO_MANY_REQUESTS = 429;

  private static final Duration LATER = Duration.ofMillis(200);

  private final URI server;
  private final HttpClient client;
  private final Map<String, Resource> resources = new ConcurrentHashMap<>();

  private record Resource(String plural, boolean namespaced) {}

  /// The server answered with an error status.
  public static final class ApiFailure extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private final int status;

    ApiFailure(int status, String message) {
      super(message);
      this.status = status;
    }

    public int status() {
      return status;
    }
  }

  KubeApi(URI server, SSLContext tls) {
    this.server = server;
    this.client =
        HttpClient.newBuilder()
            .sslContext(tls)
            // A connection each: a frozen server must not stall unrelated calls after it thaws.
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(5))
            .build();
  }

  /// One object, empty if it does not exist.
  public Optional<JsonObject> find(String path) {
    try {
      return Optional.of(get(path));
    } catch (ApiFailure e) {
      if (e.status() == 404) {
        return Optional.empty();
      }
      throw e;
    }
  }

  public JsonObject get(String path) {
    return call("GET", path, "", "application/json").getAsJsonObject();
  }

  /// The items of a collection.
  public List<JsonObject> list(String path) {
    return get(path).getAsJsonArray("items").asList().stream()
        .map(JsonElement::getAsJsonObject)
        .toList();
  }

  /// Follows the objects of a collection.
  public Watched watch(String path) {
    return new Watched(this, path);
  }

  /// Keeps every version of the objects of a collection from now on.
  public History history(String path) {
    return new History(this, path);
  }

  /// The lines of a watch.
  ///
  /// @param since resource version of what is known
  Stream<String> watch(String path, String since) {
    URI uri = server.resolve(path + "?watch=true&resourceVersion=" + since);
    HttpResponse<Stream<String>> response =
        send("GET", path, HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofLines());
    if (response.statusCode() >= 300) {
      throw new ApiFailure(response.statusCode(), "watch of " + path + ": " + response);
    }
    return response.body();
  }

  public JsonObject create(String collectionPath, JsonObject object) {
    return call("POST", collectionPath, object.toString(), "application/json").getAsJsonObject();
  }

  public JsonObject replace(String path, JsonObject object) {
    return call("PUT", path, object.toString(), "application/json").getAsJsonObject();
  }

  /// A JSON merge patch.
  public JsonObject merge(String path, JsonObject patch) {
    return call("PATCH", path, patch.toString(), "application/merge-patch+json").getAsJsonObject();
  }

  /// @return whether it was there
  public boolean delete(String path) {
    try {
      call("DELETE", path, "", "application/json");
      return true;
    } catch (ApiFailure e) {
      if (e.status() == 404) {
        return false;
      }
      throw e;
    }
  }

  /// Server-side apply of every document of a YAML text; a namespaced object without a namespace
  /// goes to `default`.
  public void apply(String yaml) {
    var loader = new Yaml(new SafeConstructor(new LoaderOptions()));
    StreamSupport.stream(loader.loadAll(yaml).spliterator(), false)
        .filter(Map.class::isInstance)
        .map(document -> Json.element(document).getAsJsonObject())
        .forEach(this::apply);
  }

  /// Server-side apply of one object.
  public JsonObject apply(JsonObject object) {
    return call(
            "PATCH",
            path(object) + "?fieldManager=lab&force=true",
            object.toString(),
            "application/apply-patch+yaml")
        .getAsJsonObject();
  }

  /// Path of an object, its plural name taken from the server's own discovery.
  public String path(JsonObject object) {
    String apiVersion = Json.text(object, "apiVersion").orElseThrow();
    String kind = Json.text(object, "kind").orElseThrow();
    String name = Json.text(object, "metadata", "name").orElseThrow();
    Resource resource = resource(apiVersion, kind);
    String namespace =
        resource.namespaced()
            ? "/namespaces/" + Json.text(object, "metadata", "namespace").orElse("default")
            : "";
    return root(apiVersion) + namespace + "/" + resource.plural() + "/" + name;
  }

  private static String root(String apiVersion) {
    return (apiVersion.contains("/") ? "/apis/" : "/api/") + apiVersion;
  }

  private Resource resource(String apiVersion, String kind) {
    Resource known = resources.get(apiVersion + " " + kind);
    if (known != null) {
      return known;
    }
    // The resources of a CRD appear in discovery a moment after it is established.
    Await.until(
        "kind " + kind + " of " + apiVersion + " in discovery",
        Duration.ofSeconds(20),
        () -> {
          find(root(apiVersion)).ifPresent(found -> learn(apiVersion, found));
          return resources.containsKey(apiVersion + " " + kind);
        });
    Resource found = resources.get(apiVersion + " " + kind);
    if (found == null) {
      throw new LabException("no kind " + kind + " in " + apiVersion);
    }
    return found;
  }

  private void learn(String apiVersion, JsonObject discovery) {
    for (JsonElement element : discovery.getAsJsonArray("resources")) {
      JsonObject resource = element.getAsJsonObject();
      String plural = resource.get("name").getAsString();
      if (!plural.contains("/")) {
        resources.put(
            apiVersion + " " + resource.get("kind").getAsString(),
            new Resource(plural, resource.get("namespaced").getAsBoolean()));
      }
    }
  }

  JsonElement call(String method, String path, String body, String contentType) {
    HttpRequest request =
        HttpRequest.newBuilder(server.resolve(path))
            .timeout(PATIENCE)
            .header("Content-Type", contentType)
            .header("Accept", "application/json")
            .method(
                method,
                body.isEmpty()
                    ? HttpRequest.BodyPublishers.noBody()
                    : HttpRequest.BodyPublishers.ofString(body))
            .build();
    HttpResponse<String> response =
        send(method, path, request, HttpResponse.BodyHandlers.ofString());
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (response.statusCode() == TOO_MANY_REQUESTS && System.nanoTime() - deadline < 0) {
      LockSupport.parkNanos(LATER.toNanos());
      response = send(method, path, request, HttpResponse.BodyHandlers.ofString());
    }
    if (response.statusCode() >= 300) {
      throw new ApiFailure(
          response.statusCode(),
          method + " " + path + ": " + response.statusCode() + " " + response.body().strip());
    }
    String text = response.body();
    return text.startsWith("{") ? JsonParser.parseString(text) : Json.object("text", text);
  }

  private <T> HttpResponse<T> send(
      String method, String path, HttpRequest request, HttpResponse.BodyHandler<T> reader) {
    try {
      return client.send(request, reader);
    } catch (IOException e) {
      throw new LabException(method + " " + server + path + ": " + e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new LabException("interrupted in " + method + " " + path, e);
    }
  }

  /// Whether the server says that it is ready; false as well if it cannot be reached.
  public boolean ready() {
    try {
      call("GET", "/readyz", "", "application/json");
      return true;
    } catch (LabException | ApiFailure e) {
      return false;
    }
  }
}
