package dev.thresher.loadbalancer.webhook;

import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsParameters;
import com.sun.net.httpserver.HttpsServer;
import dev.thresher.runtime.serving.ServerLimits;
import dev.thresher.runtime.tls.CertifiedKey;
import dev.thresher.runtime.tls.ServerCertificates;
import dev.thresher.runtime.tls.ServerTls;
import dev.thresher.runtime.tls.TlsPolicy;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import javax.net.ssl.SSLContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The HTTPS port that API servers ask.
///
/// What is no question is answered with 400, a body that is too large with 413, an answer that
/// takes too long or fails with 503: the API server goes by the failure policy then. Each question
/// has a virtual thread.
final class WebhookServer implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(WebhookServer.class);

  /// Two objects of at most 3 MiB, the limit of an API server's request.
  static final int ADMISSION_LIMIT = 8 << 20;

  /// A list is converted page by page: 500 objects are less.
  static final int CONVERSION_LIMIT = 16 << 20;

  /// So many questions are answered at a time; the others wait.
  private static final int AT_A_TIME = 16;

  /// The bodies that are in memory at a time, each as far as it has come.
  private static final int PARTS = AT_A_TIME * (CONVERSION_LIMIT / Bodies.PART);

  /// Less than the 10 s that API servers wait.
  private static final Duration ANSWER_LIMIT = Duration.ofSeconds(9);

  private static final int STOP_SECONDS = 2;

  /// Connections that may wait to be accepted. A change of the bundle makes API servers open many
  /// at once, and one that finds no place is tried again after a second at the earliest.
  private static final int BACKLOG = 512;

  /// Answers one kind of question.
  ///
  /// @param limit bytes of the question
  record Hook(int limit, Answering answering) {}

  /// Answers a document.
  @FunctionalInterface
  interface Answering {
    /// @throws MalformedException if it is no question
    /// @throws UnreadyException if it cannot be answered now
    JsonObject answer(JsonObject question);
  }

  /// It cannot be answered now.
  static final class UnreadyException extends RuntimeException {
    private static final long serialVersionUID = 1;

    UnreadyException(String message) {
      super(message);
    }
  }

  private record Reply(int status, String contentType, String body) {
    static Reply text(int status, String text) {
      return new Reply(status, "text/plain; charset=utf-8", text + "\n");
    }
  }

  private final HttpsServer server;
  private final ExecutorService threads;
  private final ExecutorService answers;
  private final Map<String, Hook> hooks;
  private final Duration answerLimit;
  private final Semaphore room = new Semaphore(AT_A_TIME);
  private final Bodies bodies;
  private volatile boolean leaving;

  private WebhookServer(
      HttpsServer server,
      ExecutorService threads,
      ExecutorService answers,
      Map<String, Hook> hooks,
      Duration answerLimit) {
    this.server = server;
    this.threads = threads;
    this.answers = answers;
    this.hooks = hooks;
    this.answerLimit = answerLimit;
    this.bodies = new Bodies(PARTS, answerLimit);
  }

  /// @param hooks by path
  /// @throws IOException if the port cannot be had; the message names the flag
  static WebhookServer open(
      String host, int port, Supplier<CertifiedKey> certificate, Map<String, Hook> hooks)
      throws IOException {
    return open(host, port, certificate, hooks, ANSWER_LIMIT);
  }

  static WebhookServer open(
      String host,
      int port,
      Supplier<CertifiedKey> certificate,
      Map<String, Hook> hooks,
      Duration answerLimit)
      throws IOException {
    ServerLimits.apply();
    SSLContext context = ServerTls.context(new ServerCertificates.Held(certificate));
    HttpsServer https;
    try {
      https = HttpsServer.create(new InetSocketAddress(InetAddress.getByName(host), port), BACKLOG);
    } catch (IOException e) {
      throw new IOException(
          "cannot listen on " + host + " port " + port + " (--https-port): " + e.getMessage(), e);
    }
    https.setHttpsConfigurator(
        new HttpsConfigurator(context) {
          @Override
          public void configure(HttpsParameters parameters) {
            parameters.setSSLParameters(TlsPolicy.DEFAULT.parameters(getSSLContext(), false));
          }
        });
    ExecutorService threads =
        Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("webhook-", 0).factory());
    ExecutorService answers =
        Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("webhook-answer-", 0).factory());
    https.setExecutor(threads);
    var opened = new WebhookServer(https, threads, answers, Map.copyOf(hooks), answerLimit);
    https.createContext("/", opened::serve);
    https.start();
    log.atInfo()
        .addKeyValue("address", host)
        .addKeyValue("port", opened.port())
        .log("serving webhooks");
    return opened;
  }

  int port() {
    return server.getAddress().getPort();
  }

  /// Goes on answering, and asks each client to come no more on this connection.
  void leave() {
    leaving = true;
  }

  /// Lets the questions that are being answered come to their end.
  @Override
  public void close() {
    server.stop(STOP_SECONDS);
    threads.shutdownNow();
    answers.shutdownNow();
  }

  private void serve(HttpExchange exchange) {
    try (exchange) {
      Reply reply = reply(exchange);
      byte[] body = reply.body().getBytes(StandardCharsets.UTF_8);
      exchange.getResponseHeaders().set("Content-Type", reply.contentType());
      if (leaving) {
        exchange.getResponseHeaders().set("Connection", "close");
      }
      exchange.sendResponseHeaders(reply.status(), body.length);
      exchange.getResponseBody().write(body);
    } catch (IOException e) {
      log.atDebug().addKeyValue("error", e.getMessage()).log("API server went away");
    }
  }

  private Reply reply(HttpExchange exchange) throws IOException {
    Hook hook = hooks.get(exchange.getRequestURI().getPath());
    if (hook == null) {
      return Reply.text(404, "not found; there is " + String.join(", ", hooks.keySet()));
    }
    if (!exchange.getRequestMethod().equals("POST")) {
      return Reply.text(405, "only POST");
    }
    try (Bodies.Body body = bodies.read(exchange.getRequestBody(), hook.limit())) {
      if (!room.tryAcquire(answerLimit.toNanos(), TimeUnit.NANOSECONDS)) {
        throw new Bodies.FullException();
      }
      try {
        return read(hook, body.bytes());
      } finally {
        room.release();
      }
    } catch (Bodies.FullException e) {
      return Reply.text(503, String.valueOf(e.getMessage()));
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      return Reply.text(503, "the program ends");
    }
  }

  private Reply read(Hook hook, byte[] body) {
    if (body.length > hook.limit()) {
      return Reply.text(413, "want at most " + hook.limit() + " bytes");
    }
    JsonObject question;
    try {
      question = JsonParser.parseString(new String(body, StandardCharsets.UTF_8)).getAsJsonObject();
    } catch (JsonParseException | IllegalStateException e) {
      return Reply.text(400, "want a JSON object: " + e.getMessage());
    }
    return answer(hook, question);
  }

  private Reply answer(Hook hook, JsonObject question) {
    Future<JsonObject> answer = answers.submit(() -> hook.answering().answer(question));
    try {
      return new Reply(
          200,
          "application/json",
          answer.get(answerLimit.toNanos(), TimeUnit.NANOSECONDS).toString());
    } catch (TimeoutException _) {
      answer.cancel(true);
      return Reply.text(503, "no answer within " + answerLimit.toSeconds() + " s");
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      return Reply.text(503, "the program ends");
    } catch (ExecutionException e) {
      return failed(Objects.requireNonNullElse(e.getCause(), e));
    }
  }

  private static Reply failed(Throwable cause) {
    return switch (cause) {
      case MalformedException malformed -> Reply.text(400, String.valueOf(malformed.getMessage()));
      case UnreadyException unready -> Reply.text(503, String.valueOf(unready.getMessage()));
      default -> {
        log.atError().setCause(cause).log("a question could not be answered");
        yield Reply.text(503, "failed, see the log of the program: " + cause.getMessage());
      }
    };
  }
}
