package dev.thresher.runtime.client;

import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import dev.thresher.runtime.client.KubeApiException.Reason;
import dev.thresher.runtime.client.Transport.Patience;
import java.io.IOException;
import java.util.Optional;
import okhttp3.Call;
import okhttp3.Response;
import okio.BufferedSource;
import org.jspecify.annotations.Nullable;

/// A watch over HTTP: one JSON document per line.
final class OkHttpWatch implements WatchStream {

  private final HttpCalls calls;
  private final HttpRequest request;
  private final String what;

  private @Nullable Call call;
  private @Nullable Transport transport;
  private boolean closed;

  /// Only the reading thread uses it.
  private @Nullable Response answer;

  OkHttpWatch(HttpCalls calls, HttpRequest request, String server) {
    this.calls = calls;
    this.request = request;
    this.what = request.describe(server) + " (watch)";
  }

  @Override
  public void open() {
    answer = response();
  }

  @Override
  public Optional<JsonObject> next() {
    Response response = response();
    try {
      BufferedSource source = response.body().source();
      // A line that the server did not finish is a broken connection, not an event.
      while (!source.exhausted()) {
        String line = source.readUtf8LineStrict();
        if (!line.isBlank()) {
          return Optional.of(JsonParser.parseString(line).getAsJsonObject());
        }
      }
      return Optional.empty();
    } catch (IOException e) {
      throw HttpCalls.unreachable(what, e);
    } catch (JsonParseException | IllegalStateException e) {
      throw new KubeApiException(
          Reason.SERVER_ERROR, 0, what + ": not an event: " + e.getMessage(), Optional.empty(), e);
    }
  }

  private Response response() {
    if (answer != null) {
      return answer;
    }
    Response response = calls.answer(request, Patience.WATCH, this::begun);
    if (!response.isSuccessful()) {
      try (response) {
        throw Failures.exception(what, HttpCalls.status(what, response), false);
      }
    }
    answer = response;
    return response;
  }

  private synchronized void begun(Call started, Transport over) {
    if (call != null && transport != null) {
      transport.ended(call);
    }
    call = started;
    transport = over;
    if (closed) {
      started.cancel();
    }
  }

  @Override
  public synchronized void close() {
    closed = true;
    if (call != null) {
      call.cancel();
      if (transport != null) {
        transport.ended(call);
      }
    }
  }
}
