package dev.thresher.runtime.fake;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import dev.thresher.runtime.patch.Patch;
import dev.thresher.runtime.time.SystemTimeline;
import dev.thresher.runtime.time.Timeline;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Function;

/// A [FakeStore] over HTTP/1.1 on the loopback address, plain or with TLS.
///
/// For what only happens on the wire, put a [TcpProxy] before it. Its `main` serves with TLS until
/// the process is ended: programs are started against it to train their start.
public final class FakeApiServer implements AutoCloseable {

  /// What a request is answered instead of the truth.
  public sealed interface Fault {
    /// An error of this status; `retryAfter` 0 for none.
    record Status(int code, int retryAfter) implements Fault {}

    /// The connection is closed without an answer.
    record Reset() implements Fault {}

    /// No answer, until the server is closed.
    record Hang() implements Fault {}
  }

  private static final String STATUS_PATHS = "/version|/healthz|/readyz|/livez";

  private final FakeStore store;
  private final String authority;
  private final HttpServer http;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final List<FakeCall> calls = new CopyOnWriteArrayList<>();
  private final Set<FakeWatchResponse> watches = ConcurrentHashMap.newKeySet();
  private volatile Set<String> tokens = Set.of();
  private volatile Function<FakeCall, Optional<Fault>> fault = call -> Optional.empty();
  private volatile boolean goneAsStatus;
  private volatile FakeKubeApi.Requests requests = FakeApiServer::allowAll;

  /// @param port 0 for a free one
  public FakeApiServer(FakeStore store, int port) {
    this(store, port, Optional.empty());
  }

  private FakeApiServer(FakeStore store, int port, Optional<FakeIdentity> identity) {
    this.store = store;
    this.authority = identity.map(FakeIdentity::authority).orElse("");
    var address = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
    try {
      if (identity.isPresent()) {
        HttpsServer https = HttpsServer.create(address, 0);
        https.setHttpsConfigurator(new HttpsConfigurator(identity.get().context()));
        http = https;
      } else {
        http = HttpServer.create(address, 0);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("no HTTP server on port " + port, e);
    }
    http.createContext("/", this::handle);
    http.setExecutor(threads);
    http.start();
  }

  public FakeApiServer(FakeStore store) {
    this(store, 0);
  }

  public FakeStore store() {
    return store;
  }

  public int port() {
    return http.getAddress().getPort();
  }

  /// For example `http://127.0.0.1:40001`.
  public String url() {
    return (http instanceof HttpsServer ? "https" : "http") + "://127.0.0.1:" + port();
  }

  /// Only these bearer tokens are accepted from now on; none given: everybody is.
  public void acceptTokens(String... accepted) {
    tokens = Set.of(accepted);
  }

  /// Asks before each request whether it shall fail. Replaces what was set before.
  public void fault(Function<FakeCall, Optional<Fault>> decide) {
    fault = decide;
  }

  public void noFaults() {
    fault(call -> Optional.empty());
  }

  /// A watch from a version that is forgotten is refused with HTTP status 410 instead of an event:
  /// real servers do both.
  public void goneAsStatus(boolean asStatus) {
    goneAsStatus = asStatus;
  }

  /// Answers requests about no object.
  public void answerRequests(FakeKubeApi.Requests answers) {
    requests = answers;
  }

  public List<FakeCall> calls() {
    return List.copyOf(calls);
  }

  /// How many calls there were with this verb (`watch` among them) on this resource.
  public long count(String verb, String resource) {
    return calls.stream()
        .filter(call -> call.verb().equals(verb) && call.resource().equals(resource))
        .count();
  }

  public int openWatches() {
    return watches.size();
  }

  /// Ends all watches as their timeout would.
  public void endWatches() {
    watches.forEach(FakeWatchResponse::end);
  }

  /// Breaks the connections of all watches.
  public void breakWatches() {
    watches.forEach(FakeWatchResponse::breakOff);
  }

  /// Sends a line to all watches as it is.
  public void sendToWatches(String line) {
    watches.forEach(watch -> watch.send(line));
  }

  @Override
  public void close() {
    breakWatches();
    http.stop(0);
    threads.shutdownNow();
  }

  /// A kubeconfig for this server.
  ///
  /// @param token empty for none
  public String kubeconfig(String token) {
    return kubeconfig(url(), authority, token);
  }

  static String kubeconfig(String url, String token) {
    return kubeconfig(url, "", token);
  }

  private static String kubeconfig(String url, String authority, String token) {
    return """
    apiVersion: v1
    kind: Config
    current-context: fake
    clusters:
    - name: fake
      cluster:
        server: %s
        certificate-authority-data: "%s"
    contexts:
    - name: fake
      context:
        cluster: fake
        user: fake
    users:
    - name: fake
      user:
        token: "%s"
    """
        .formatted(url, authority, token);
  }

  /// Arguments: `--port N` (default: a free one), `--kubeconfig FILE` to write, and the names of
  /// JSON files with lists of objects to begin with. Serves until its standard input ends.
  public static void main(String[] args) throws IOException {
    int port = 0;
    Optional<Path> kubeconfig = Optional.empty();
    var store = new FakeStore();
    for (int i = 0; i < args.length; i++) {
      switch (args[i]) {
        case "--port" -> port = Integer.parseInt(args[++i]);
        case "--kubeconfig" -> kubeconfig = Optional.of(Path.of(args[++i]));
        default -> load(store, Path.of(args[i]));
      }
    }
    try (var server = new FakeApiServer(store, port, Optional.of(FakeIdentity.make()))) {
      if (kubeconfig.isPresent()) {
        Files.writeString(kubeconfig.get(), server.kubeconfig("fake"));
      }
      System.out.println(server.url());
      server.serveUntilInputEnds();
    }
  }

  private static void load(FakeStore store, Path file) throws IOException {
    JsonObject list = JsonParser.parseString(Files.readString(file)).getAsJsonObject();
    for (var item : Json.array(list, "items")) {
      JsonObject object = item.getAsJsonObject();
      FakeResource resource =
          store.resources().stream()
              .filter(r ->
                  r.apiVersion().equals(Json.text(object, "apiVersion"))
                      && r.kind().equals(Json.text(object, "kind")))
              .findFirst()
              .orElseThrow(
                  () -> new IllegalArgumentException(file + ": unknown kind in " + object));
      store.put(resource, object);
    }
  }

  private void serveUntilInputEnds() throws IOException {
    var timeline = new SystemTimeline();
    bookmarkLater(timeline);
    while (System.in.read() >= 0) {
      // Whatever is typed, the server goes on until the input ends.
    }
    timeline.stop();
  }

  private void bookmarkLater(Timeline timeline) {
    timeline.after(
        Duration.ofSeconds(1),
        () -> {
          store.bookmark();
          bookmarkLater(timeline);
        });
  }

  private void handle(HttpExchange exchange) throws IOException {
    var request = FakeRequest.of(exchange, store);
    FakeCall call = request.call();
    calls.add(call);
    Optional<Fault> trouble = fault.apply(call);
    if (trouble.isPresent()) {
      fail(exchange, trouble.get());
      return;
    }
    if (!tokens.isEmpty() && !tokens.contains(request.token())) {
      answer(exchange, 401, new FakeFailure(401, "Unauthorized", "Unauthorized", "", "").status());
      return;
    }
    try {
      if (call.verb().equals("watch")) {
        watch(exchange, request);
      } else {
        answer(exchange, call.verb().equals("create") ? 201 : 200, result(request));
      }
    } catch (FakeFailure e) {
      answer(exchange, e.code(), e.status());
    }
  }

  private JsonObject result(FakeRequest request) {
    if (request.resource().isEmpty()) {
      if (request.path().matches(STATUS_PATHS)) {
        return new JsonObject();
      }
      return requests
          .answer(request.method(), request.path(), request.body())
          .orElseThrow(FakeFailure::noSuchResource);
    }
    FakeResource resource = request.resource().get();
    FakeCall call = request.call();
    return switch (call.verb()) {
      case "get" -> store.get(resource, call.key());
      case "list" -> list(resource, request);
      case "create" -> store.create(resource, call.key().namespace(), request.body().orElseThrow());
      case "update" ->
          store.replace(resource, call.key(), call.subresource(), request.body().orElseThrow());
      case "patch" -> store.patch(resource, call.key(), patch(request));
      case "delete" -> store.delete(resource, call.key(), request.precondition());
      default -> throw new FakeFailure(405, "MethodNotAllowed", call.toString(), "", "");
    };
  }

  private static Patch patch(FakeRequest request) {
    String subresource = request.call().subresource();
    return switch (request.contentType()) {
      case "application/json-patch+json" ->
          new Patch.Json(JsonParser.parseString(request.text()).getAsJsonArray(), subresource);
      case "application/merge-patch+json" ->
          new Patch.Merge(request.body().orElseThrow(), subresource);
      case "application/apply-patch+yaml" ->
          new Patch.Apply(
              request.body().orElseThrow(),
              request.parameter("fieldManager"),
              request.parameter("force").equals("true"),
              subresource);
      default ->
          throw new FakeFailure(
              415,
              "UnsupportedMediaType",
              "\"" + request.contentType() + "\" is not served here",
              "",
              "");
    };
  }

  private JsonObject list(FakeResource resource, FakeRequest request) {
    FakeStore.Page page =
        store.list(
            resource,
            request.call().key().namespace(),
            request.parameter("labelSelector"),
            request.parameter("fieldSelector"),
            request.number("limit", 0),
            Optional.of(request.parameter("continue")).filter(token -> !token.isEmpty()));
    JsonObject metadata = new JsonObject();
    metadata.addProperty("resourceVersion", Long.toString(page.version()));
    page.continueToken().ifPresent(token -> metadata.addProperty("continue", token));
    var items = new com.google.gson.JsonArray();
    for (JsonObject item : page.items()) {
      // A real server names the type once, on the list.
      item.remove("kind");
      item.remove("apiVersion");
      items.add(item);
    }
    JsonObject list = new JsonObject();
    list.addProperty("kind", resource.kind() + "List");
    list.addProperty("apiVersion", resource.apiVersion());
    list.add("metadata", metadata);
    list.add("items", items);
    return list;
  }

  private void watch(HttpExchange exchange, FakeRequest request) throws IOException {
    var response =
        new FakeWatchResponse(exchange, Duration.ofSeconds(request.number("timeoutSeconds", 300)));
    FakeHistory.Watch subscription;
    try {
      subscription =
          store.watch(
              request.resource().orElseThrow(FakeFailure::noSuchResource),
              request.call().key().namespace(),
              request.parameter("labelSelector"),
              request.parameter("fieldSelector"),
              Long.parseLong(request.parameter("resourceVersion")),
              event -> {
                boolean bookmark = Json.text(event, "type").equals("BOOKMARK");
                if (!bookmark || request.parameter("allowWatchBookmarks").equals("true")) {
                  response.send(event.toString());
                }
              });
    } catch (FakeFailure gone) {
      if (goneAsStatus) {
        throw gone;
      }
      JsonObject event = new JsonObject();
      event.addProperty("type", "ERROR");
      event.add("object", gone.status());
      response.send(event.toString());
      response.end();
      response.run();
      return;
    }
    watches.add(response);
    try {
      response.run();
    } finally {
      subscription.end();
      watches.remove(response);
    }
  }

  private static void fail(HttpExchange exchange, Fault fault) throws IOException {
    switch (fault) {
      case Fault.Status(int code, int retryAfter) -> {
        if (retryAfter > 0) {
          exchange.getResponseHeaders().set("Retry-After", Integer.toString(retryAfter));
        }
        answer(exchange, code, new FakeFailure(code, "", "told to fail", "", "").status());
      }
      case Fault.Reset _ -> throw new IOException("told to close the connection");
      case Fault.Hang _ -> {
        try {
          new CountDownLatch(1).await();
        } catch (InterruptedException _) {
          throw new IOException("closed while hanging");
        }
      }
    }
  }

  private static void answer(HttpExchange exchange, int code, JsonObject body) throws IOException {
    byte[] bytes = body.toString().getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().set("Content-Type", "application/json");
    exchange.sendResponseHeaders(code, bytes.length);
    try (var out = exchange.getResponseBody()) {
      out.write(bytes);
    }
  }

  /// An access review is granted; nothing else is known.
  private static Optional<JsonObject> allowAll(
      String method, String path, Optional<JsonObject> body) {
    if (!path.endsWith("accessreviews")) {
      return Optional.empty();
    }
    JsonObject review = body.orElseGet(JsonObject::new).deepCopy();
    Json.child(review, "status").addProperty("allowed", true);
    return Optional.of(review);
  }
}
