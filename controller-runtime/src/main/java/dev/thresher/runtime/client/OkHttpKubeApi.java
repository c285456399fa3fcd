package dev.thresher.runtime.client;

import com.google.gson.JsonObject;
import dev.thresher.api.ObjectKey;
import dev.thresher.api.ResourceType;
import dev.thresher.runtime.client.KubeApiException.Reason;
import dev.thresher.runtime.client.Transport.Patience;
import dev.thresher.runtime.lifecycle.Component;
import dev.thresher.runtime.metrics.Metrics;
import dev.thresher.runtime.patch.Patch;
import dev.thresher.runtime.time.Timeline;
import io.kubernetes.client.common.KubernetesObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// An API server over HTTP.
///
/// Usable from its construction; `start` begins to follow rotated credentials, which otherwise are
/// looked at only when the server refuses the present ones.
public final class OkHttpKubeApi implements KubeApi, WatchApi, Component {

  private static final Logger log = LoggerFactory.getLogger(OkHttpKubeApi.class);

  private final String name;
  private final Credentials credentials;
  private final HttpCalls calls;
  private final Patience patience;

  /// @throws ClientConfigException if the configuration does not give a usable connection now
  public OkHttpKubeApi(ClientConfig config, Timeline timeline, Metrics metrics) {
    this.name = config.name();
    this.credentials =
        new Credentials(
            config,
            timeline,
            metrics,
            connection ->
                new Transport(
                    connection, config.callTimeout(), config.urgentTimeout(), config.hostNames()));
    this.calls = new HttpCalls(config, credentials, timeline, metrics);
    this.patience = Patience.CALL;
  }

  private OkHttpKubeApi(OkHttpKubeApi same, Patience patience) {
    this.name = same.name;
    this.credentials = same.credentials;
    this.calls = same.calls;
    this.patience = patience;
  }

  @Override
  public String name() {
    return name;
  }

  /// Begins to connect and returns: the handshake and what else a program does at its start go on
  /// at the same time. Whether the server can be reached is said by the first call.
  public void connectAhead() {
    Thread.ofVirtual()
        .name("first connection to " + name)
        .start(() -> {
          try {
            var _ = request("GET", "/version", Optional.empty());
          } catch (KubeApiException e) {
            log.atDebug()
                .addKeyValue("server", name)
                .addKeyValue("problem", e.getMessage())
                .log("no connection ahead");
          }
        });
  }

  /// The namespace that the credentials are for, as they are now.
  public String namespace() {
    return credentials.live().connection().namespace();
  }

  /// Base URL of the server, as it is now.
  public String server() {
    return credentials.live().connection().server();
  }

  /// Why the server does not take the credentials, for a readiness check; empty if it does, as far
  /// as is known without asking it.
  public Optional<String> credentialsProblem() {
    return credentials.problem();
  }

  @Override
  public void start() {
    credentials.start();
  }

  @Override
  public void stop() {
    credentials.stop();
  }

  @Override
  public <T extends KubernetesObject> Optional<T> get(ResourceType<T> type, ObjectKey key) {
    return typed(type, HttpRequest.get(type.path(key)));
  }

  @Override
  public Optional<JsonObject> getJson(ResourceType<?> type, ObjectKey key) {
    return calls.call(HttpRequest.get(type.path(key)), patience, JsonBodies::object);
  }

  @Override
  public <T extends KubernetesObject> T create(ResourceType<T> type, T object) {
    String namespace = object.getMetadata().getNamespace();
    return createJson(type, namespace == null ? "" : namespace, Models.write(type, object));
  }

  @Override
  public <T extends KubernetesObject> T createJson(
      ResourceType<T> type, String namespace, JsonObject object) {
    HttpRequest request =
        HttpRequest.of("POST", type.collectionPath(namespace), Optional.of(object));
    return typed(type, request)
        .orElseThrow(() -> notFound(request, "the namespace \"" + namespace + "\" does not exist"));
  }

  @Override
  public <T extends KubernetesObject> Optional<T> patch(
      ResourceType<T> type, ObjectKey key, Patch patch) {
    HttpRequest request = HttpRequest.patch(type, key, patch);
    Optional<T> patched = typed(type, request);
    if (patched.isEmpty() && patch instanceof Patch.Apply && patch.subresource().isEmpty()) {
      throw notFound(request, "the namespace \"" + key.namespace() + "\" does not exist");
    }
    return patched;
  }

  @Override
  public <T extends KubernetesObject> Optional<T> replaceJson(
      ResourceType<T> type, ObjectKey key, JsonObject whole) {
    if (!(whole.get("metadata") instanceof JsonObject metadata)
        || !metadata.has("resourceVersion")) {
      throw new IllegalArgumentException(
          "replacing " + type + " " + key + " needs metadata.resourceVersion as it was read");
    }
    return typed(type, HttpRequest.of("PUT", type.path(key), Optional.of(whole)));
  }

  @Override
  public boolean delete(ResourceType<?> type, ObjectKey key, Precondition precondition) {
    return calls
        .call(HttpRequest.delete(type.path(key), precondition), patience, JsonBodies::object)
        .isPresent();
  }

  @Override
  public <T extends KubernetesObject> ListPage<T> list(ResourceType<T> type, ListQuery query) {
    List<T> items = new ArrayList<>();
    RawPage page = listRaw(type, query, item -> items.add(Models.read(type, item)));
    return new ListPage<>(items, page.resourceVersion(), page.continueToken());
  }

  @Override
  public RawPage listRaw(ResourceType<?> type, ListQuery query, Consumer<JsonObject> item) {
    HttpRequest request = HttpRequest.list(type.collectionPath(query.namespace()), query);
    return calls
        .call(request, patience, body -> JsonBodies.list(body, item))
        .orElseThrow(() -> notFound(request, "there is no such collection"));
  }

  @Override
  public WatchStream watch(ResourceType<?> type, WatchQuery query) {
    return new OkHttpWatch(
        calls, HttpRequest.watch(type.collectionPath(query.namespace()), query), server());
  }

  @Override
  public Optional<JsonObject> request(String method, String path, Optional<JsonObject> body) {
    if (!path.startsWith("/")) {
      throw new IllegalArgumentException("a path starts with /, got \"" + path + "\"");
    }
    try {
      return calls.call(HttpRequest.of(method, path, body), patience, JsonBodies::object);
    } catch (KubeApiException e) {
      if (e.is(Reason.NOT_FOUND)) {
        return Optional.empty();
      }
      throw e;
    }
  }

  @Override
  public KubeApi fenced(BooleanSupplier mayWrite) {
    return new FencedKubeApi(this, mayWrite);
  }

  @Override
  public OkHttpKubeApi urgent() {
    return new OkHttpKubeApi(this, Patience.URGENT);
  }

  private <T extends KubernetesObject> Optional<T> typed(
      ResourceType<T> type, HttpRequest request) {
    return calls.call(request, patience, body -> Models.read(type, JsonBodies.object(body)));
  }

  private KubeApiException notFound(HttpRequest request, String why) {
    return new KubeApiException(
        Reason.NOT_FOUND, 404, request.describe(server()) + ": " + why, Optional.empty(), null);
  }
}
