package dev.thresher.runtime.serving;

import com.google.gson.JsonObject;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsExchange;
import com.sun.net.httpserver.HttpsParameters;
import com.sun.net.httpserver.HttpsServer;
import dev.thresher.runtime.lifecycle.Component;
import dev.thresher.runtime.metrics.Metrics;
import dev.thresher.runtime.tls.ServerTls;
import dev.thresher.runtime.tls.TlsPolicy;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Supplier;
import java.util.zip.GZIPOutputStream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLPeerUnverifiedException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The HTTP or HTTPS port for operators and kubelets.
///
/// | path | what |
/// |---|---|
/// | `/healthz`, `/livez`, `/readyz` | `ok`, or 500 and the checks that fail; `?verbose`, `?exclude=NAME` |
/// | `/readyz/NAME` | one check |
/// | `/metrics/slis` | how often each check was good; DELETE begins anew |
/// | `/metrics` | Prometheus text, compressed if asked for |
/// | `/configz` | the effective configuration as JSON |
/// | `/debug/flags/v` | GET shows the verbosity of the log, PUT of a number changes it |
///
/// Who may ask for what is [Access]. Requests run on virtual threads; one that dawdles is cut off.
public final class OpsServer implements Component {

  private static final Logger log = LoggerFactory.getLogger(OpsServer.class);
  private static final int BODY_LIMIT = 64;

  static {
    ServerLimits.apply();
  }

  private final Endpoint endpoint;
  private final Access access;
  private final Map<String, Page> pages;
  private @Nullable HttpServer server;
  private @Nullable ExecutorService threads;

  private OpsServer(Builder builder) {
    this.endpoint = builder.endpoint;
    this.access = builder.access;
    this.pages = new LinkedHashMap<>(builder.pages);
  }

  public static Builder builder(Endpoint endpoint) {
    return new Builder(endpoint);
  }

  /// What is served under a path.
  @FunctionalInterface
  public interface Page {
    Reply answer(Request request) throws IOException;
  }

  /// A request as far as a page needs it.
  ///
  /// @param below the path after that of the page: empty, or beginning with a slash
  /// @param accept the `Accept` header, empty if there was none
  /// @param body the first bytes of the body, cut at 64
  public record Request(String method, String below, Query query, String accept, String body) {}

  @Override
  public String name() {
    return "ops-server";
  }

  /// @throws IOException if the address cannot be used; the message names address and flags
  @Override
  public void start() throws IOException {
    InetSocketAddress address = endpoint.bound();
    HttpServer made;
    try {
      made =
          switch (endpoint.transport()) {
            case Endpoint.Transport.Plain() -> HttpServer.create(address, 0);
            case Endpoint.Transport.Tls(var certificates, var policy) -> {
              HttpsServer https = HttpsServer.create(address, 0);
              https.setHttpsConfigurator(
                  new Handshake(
                      ServerTls.context(certificates), policy, access.asksForCertificates()));
              yield https;
            }
          };
    } catch (IOException e) {
      throw new IOException(
          "cannot listen on "
              + endpoint.address()
              + " ("
              + endpoint.flags()
              + "): "
              + e.getMessage(),
          e);
    }
    threads =
        Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("ops-server-", 0).factory());
    made.setExecutor(threads);
    made.createContext("/", this::serve);
    made.start();
    server = made;
    log.atInfo()
        .addKeyValue("address", endpoint.host())
        .addKeyValue("port", port())
        .log("serving health and metrics");
  }

  /// The port that is listened on, once started.
  public int port() {
    return Objects.requireNonNull(server, "not started").getAddress().getPort();
  }

  @Override
  public void stop() {
    if (server != null) {
      server.stop(0);
    }
    if (threads != null) {
      threads.shutdownNow();
    }
  }

  private void serve(HttpExchange exchange) {
    try (exchange) {
      Reply reply = reply(exchange);
      send(exchange, reply);
    } catch (IOException e) {
      log.atDebug().addKeyValue("error", e.getMessage()).log("client went away");
    }
  }

  private Reply reply(HttpExchange exchange) throws IOException {
    String path = exchange.getRequestURI().getPath();
    if (path == null) {
      return Reply.text(400, "there is no path\n");
    }
    Optional<Reply> refused = access.refuse(visit(exchange, path));
    if (refused.isPresent()) {
      return refused.get();
    }
    for (Map.Entry<String, Page> page : pages.entrySet()) {
      String at = page.getKey();
      if (path.equals(at) || path.startsWith(at + "/")) {
        return answer(page.getValue(), exchange, path.substring(at.length()));
      }
    }
    return Reply.text(404, "not found; there is " + String.join(", ", pages.keySet()) + "\n");
  }

  private static Visit visit(HttpExchange exchange, String path) {
    return new Visit(
        exchange.getRemoteAddress().getAddress(),
        certificates(exchange),
        exchange.getRequestHeaders(),
        exchange.getRequestMethod(),
        path);
  }

  private static List<X509Certificate> certificates(HttpExchange exchange) {
    if (!(exchange instanceof HttpsExchange https)) {
      return List.of();
    }
    try {
      return Arrays.stream(https.getSSLSession().getPeerCertificates())
          .filter(X509Certificate.class::isInstance)
          .map(X509Certificate.class::cast)
          .toList();
    } catch (SSLPeerUnverifiedException none) {
      return List.of();
    }
  }

  private static Reply answer(Page page, HttpExchange exchange, String below) throws IOException {
    Query query;
    try {
      query = Query.parse(exchange.getRequestURI().getRawQuery());
    } catch (IllegalArgumentException e) {
      return Reply.text(400, "query is not URL-encoded: " + e.getMessage() + "\n");
    }
    byte[] body = exchange.getRequestBody().readNBytes(BODY_LIMIT);
    var request =
        new Request(
            exchange.getRequestMethod(),
            below,
            query,
            header(exchange, "Accept"),
            new String(body, StandardCharsets.UTF_8));
    try {
      return page.answer(request);
    } catch (RuntimeException e) {
      log.atError()
          .setCause(e)
          .addKeyValue("path", exchange.getRequestURI().getPath())
          .log("request failed");
      return Reply.text(500, "failed, see the log of the program\n");
    }
  }

  private static void send(HttpExchange exchange, Reply reply) throws IOException {
    var headers = exchange.getResponseHeaders();
    headers.set("Content-Type", reply.contentType());
    headers.set("X-Content-Type-Options", "nosniff");
    headers.set("Cache-Control", "no-cache, no-store");
    byte[] body = reply.body().getBytes(StandardCharsets.UTF_8);
    if (body.length > 512 && header(exchange, "Accept-Encoding").contains("gzip")) {
      headers.set("Content-Encoding", "gzip");
      var compressed = new ByteArrayOutputStream();
      try (var gzip = new GZIPOutputStream(compressed)) {
        gzip.write(body);
      }
      body = compressed.toByteArray();
    }
    boolean empty = exchange.getRequestMethod().equals("HEAD") || body.length == 0;
    exchange.sendResponseHeaders(reply.status(), empty ? -1 : body.length);
    if (!empty) {
      try (OutputStream out = exchange.getResponseBody()) {
        out.write(body);
      }
    }
  }

  private static String header(HttpExchange exchange, String name) {
    return Objects.requireNonNullElse(exchange.getRequestHeaders().getFirst(name), "");
  }

  private static final class Handshake extends HttpsConfigurator {
    private final TlsPolicy policy;
    private final boolean askForCertificate;

    private Handshake(SSLContext context, TlsPolicy policy, boolean askForCertificate) {
      super(context);
      this.policy = policy;
      this.askForCertificate = askForCertificate;
    }

    @Override
    public void configure(HttpsParameters parameters) {
      parameters.setSSLParameters(policy.parameters(getSSLContext(), askForCertificate));
    }
  }

  /// Builds an [OpsServer] that serves what it is given and nothing else.
  public static final class Builder {
    private final Endpoint endpoint;
    private final LinkedHashMap<String, Page> pages = new LinkedHashMap<>();
    private Access access = Access.openPaths(Access.HEALTH);

    private Builder(Endpoint endpoint) {
      this.endpoint = endpoint;
    }

    public Builder access(Access value) {
      this.access = value;
      return this;
    }

    public Builder health(HealthRegistry health) {
      var slis = new HealthSlis();
      for (String page : List.of("healthz", "livez", "readyz")) {
        page(
            "/" + page, readOnly(r -> HealthPage.answer(health, slis, page, r.below(), r.query())));
      }
      // Before the pages above it.
      pages.putFirst("/metrics/slis", request -> slis(slis, request));
      return this;
    }

    public Builder metrics(Metrics metrics) {
      return page("/metrics", readOnly(request -> text(metrics, request)));
    }

    /// @param configuration without secrets; asked at each request
    public Builder configz(Supplier<JsonObject> configuration) {
      return page("/configz", readOnly(_ -> Reply.json(configuration.get().toString() + "\n")));
    }

    /// `/debug/flags/v`.
    public Builder logLevel() {
      return page("/debug/flags/v", LogLevelPage::answer);
    }

    /// Serves another page, and what lies below its path.
    public Builder page(String path, Page page) {
      pages.put(path, page);
      return this;
    }

    public OpsServer build() {
      return new OpsServer(this);
    }

    private static Reply text(Metrics metrics, Request request) throws IOException {
      var out = new ByteArrayOutputStream();
      metrics.write(request.accept(), out);
      return new Reply(
          200, Metrics.contentType(request.accept()), out.toString(StandardCharsets.UTF_8));
    }

    private static Reply slis(HealthSlis slis, Request request) throws IOException {
      return switch (request.method()) {
        case "GET", "HEAD" -> text(slis.metrics(), request);
        case "DELETE" -> {
          slis.reset();
          yield Reply.text(200, "metrics reset\n");
        }
        default -> Reply.text(405, "only GET and DELETE\n");
      };
    }

    private static Page readOnly(Page page) {
      return request ->
          switch (request.method()) {
            case "GET", "HEAD" -> page.answer(request);
            default -> Reply.text(405, "only GET\n");
          };
    }
  }
}
