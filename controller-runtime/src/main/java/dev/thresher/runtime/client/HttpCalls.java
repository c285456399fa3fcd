package dev.thresher.runtime.client;

import com.google.gson.JsonParseException;
import com.google.gson.stream.MalformedJsonException;
import dev.thresher.runtime.client.Credentials.Live;
import dev.thresher.runtime.client.KubeApiException.Reason;
import dev.thresher.runtime.client.Transport.Patience;
import dev.thresher.runtime.metrics.Metrics;
import dev.thresher.runtime.time.Timeline;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.Histogram;
import java.io.EOFException;
import java.io.IOException;
import java.io.Reader;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import okhttp3.Call;
import okhttp3.MediaType;
import okhttp3.Request;
import okhttp3.RequestBody;
import okhttp3.Response;
import org.jspecify.annotations.Nullable;

/// Sends requests: waits for a turn, adds the credentials of the moment, looks for new ones once
/// when they are refused, counts, and turns every failure into a [KubeApiException].
final class HttpCalls {

  /// Turns the body of a successful answer into a value while it is read.
  interface BodyReader<R> {
    R read(Reader body) throws IOException;
  }

  /// Hears of a call before it is sent, so that another thread can cancel it.
  interface Begun {
    void begun(Call call, Transport transport);
  }

  private static final double[] BUCKETS = {0.005, 0.025, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60};

  private final ClientConfig config;
  private final Credentials credentials;
  private final Timeline timeline;
  private final TokenBucket bucket;
  private final Counter requests;
  private final Histogram durations;
  private final Histogram waits;

  HttpCalls(ClientConfig config, Credentials credentials, Timeline timeline, Metrics metrics) {
    this.config = config;
    this.credentials = credentials;
    this.timeline = timeline;
    this.bucket = new TokenBucket(timeline, config.qps(), config.burst());
    this.requests =
        metrics.counter(
            "rest_client_requests_total",
            "Requests to API servers by status, <error> if there was no answer.",
            "code",
            "method",
            "host");
    this.durations =
        metrics.histogram(
            "rest_client_request_duration_seconds",
            "Time until the head of the answer.",
            BUCKETS,
            "verb",
            "host");
    this.waits =
        metrics.histogram(
            "rest_client_rate_limiter_duration_seconds",
            "Time that requests waited for the rate limit of this process.",
            BUCKETS,
            "verb",
            "host");
  }

  /// @return empty if the answer was 404 about the one object asked for
  <R> Optional<R> call(HttpRequest request, Patience patience, BodyReader<R> reader) {
    try (Response answer = answer(request, patience, (call, transport) -> {})) {
      String what = request.describe(credentials.live().connection().server());
      if (!answer.isSuccessful()) {
        Failures.Status status = status(what, answer);
        if (status.code() == 404 && status.named()) {
          return Optional.empty();
        }
        throw Failures.exception(what, status, request.jsonPatchWithTest());
      }
      return Optional.of(read(what, answer, reader));
    }
  }

  /// Sends a request and gives the answer, whatever its status, with the body unread. The caller
  /// closes it.
  Response answer(HttpRequest request, Patience patience, Begun begun) {
    waitForTurn(request, patience);
    credentials
        .missing(patience == Patience.URGENT ? config.urgentTimeout() : config.callTimeout())
        .ifPresent(why -> {
          throw new KubeApiException(
              Reason.UNREACHABLE,
              0,
              request.describe(credentials.live().connection().server()) + ": not sent: " + why,
              Optional.empty(),
              null);
        });
    Response first = send(request, patience, begun);
    if (first.code() != 401) {
      credentials.answered(false);
      return first;
    }
    // The server did nothing, so this is safe for writes as well.
    first.close();
    credentials.reload();
    Response second = send(request, patience, begun);
    credentials.answered(second.code() == 401);
    return second;
  }

  static Failures.Status status(String what, Response answer) {
    String retryAfter = answer.header("Retry-After", "");
    try {
      return Failures.read(
          answer.code(), answer.body().string(), retryAfter == null ? "" : retryAfter);
    } catch (IOException e) {
      throw unreachable(what, e);
    }
  }

  static KubeApiException unreachable(String what, IOException cause) {
    return new KubeApiException(
        Reason.UNREACHABLE,
        0,
        what + ": no answer: " + cause.getClass().getSimpleName() + ": " + cause.getMessage(),
        Optional.empty(),
        cause);
  }

  private Response send(HttpRequest request, Patience patience, Begun begun) {
    Live live = credentials.live();
    Call call = live.transport().newCall(http(request, live.connection()), patience);
    begun.begun(call, live.transport());
    String host = host(live);
    long start = timeline.nanoTime();
    try {
      Response answer = call.execute();
      count(request, host, Integer.toString(answer.code()), start);
      return answer;
    } catch (IOException e) {
      live.transport().ended(call);
      count(request, host, "<error>", start);
      throw unreachable(request.describe(live.connection().server()), e);
    }
  }

  private void count(HttpRequest request, String host, String code, long start) {
    requests.labelValues(code, request.verb(), host).inc();
    durations.labelValues(request.verb(), host).observe((timeline.nanoTime() - start) / 1e9);
  }

  private void waitForTurn(HttpRequest request, Patience patience) {
    if (patience == Patience.URGENT) {
      return;
    }
    Duration waited;
    try {
      waited = bucket.acquire(config.callTimeout());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw throttled(request, "interrupted while waiting for the client-side rate limit", e);
    }
    if (waited.isNegative()) {
      throw throttled(
          request,
          "the client-side rate limit of "
              + config.qps()
              + "/s would hold it back for longer than the call timeout of "
              + config.callTimeout(),
          null);
    }
    waits.labelValues(request.verb(), host(credentials.live())).observe(waited.toNanos() / 1e9);
  }

  private KubeApiException throttled(HttpRequest request, String why, @Nullable Throwable cause) {
    return new KubeApiException(
        Reason.THROTTLED,
        0,
        request.describe(credentials.live().connection().server()) + ": not sent: " + why,
        Optional.empty(),
        cause);
  }

  private static <R> R read(String what, Response answer, BodyReader<R> reader) {
    try {
      return reader.read(answer.body().charStream());
    } catch (IOException e) {
      throw isWrongText(e) ? unreadable(what, answer, e) : unreachable(what, e);
    } catch (JsonParseException | IllegalStateException | IllegalArgumentException e) {
      throw e.getCause() instanceof IOException broken && !isWrongText(broken)
          ? unreachable(what, broken)
          : unreadable(what, answer, e);
    }
  }

  /// Whether the whole body came and is no JSON, rather than that it did not come.
  private static boolean isWrongText(IOException e) {
    return e instanceof MalformedJsonException || e instanceof EOFException;
  }

  private static KubeApiException unreadable(String what, Response answer, Exception e) {
    return new KubeApiException(
        Reason.SERVER_ERROR,
        answer.code(),
        what
            + ": the answer ("
            + answer.header("Content-Type", "no Content-Type")
            + ") cannot be read: "
            + String.valueOf(e.getMessage()).lines().findFirst().orElse(""),
        Optional.empty(),
        e);
  }

  private Request http(HttpRequest request, Connection connection) {
    RequestBody body =
        request.contentType().isEmpty()
            ? null
            : RequestBody.create(
                request.body().getBytes(StandardCharsets.UTF_8),
                MediaType.get(request.contentType()));
    if (body == null && request.verb().matches("POST|PUT|PATCH")) {
      body = RequestBody.create(new byte[0], null);
    }
    var builder =
        new Request.Builder()
            .url(connection.server() + request.path())
            .method(request.verb(), body)
            .header("Accept", "application/json")
            .header("User-Agent", config.userAgent());
    if (!connection.token().isEmpty()) {
      builder.header("Authorization", "Bearer " + connection.token());
    }
    return builder.build();
  }

  private static String host(Live live) {
    return URI.create(live.connection().server()).getRawAuthority();
  }
}
