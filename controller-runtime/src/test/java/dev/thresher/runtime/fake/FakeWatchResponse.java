package dev.thresher.runtime.fake;

import com.sun.net.httpserver.HttpExchange;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/// The answer to one watch: lines as they come, until its time is over.
final class FakeWatchResponse {

  private static final String END = "end";
  private static final String BREAK = "break";

  private final HttpExchange exchange;
  private final long endsAt;
  private final BlockingQueue<String> lines = new LinkedBlockingQueue<>();

  FakeWatchResponse(HttpExchange exchange, Duration timeout) {
    this.exchange = exchange;
    this.endsAt = System.nanoTime() + timeout.toNanos();
  }

  void send(String line) {
    lines.add(line);
  }

  /// Ends it in order after what has been sent.
  void end() {
    lines.add(END);
  }

  /// Closes the connection in the middle of the answer.
  void breakOff() {
    lines.add(BREAK);
  }

  /// Writes until the end.
  void run() throws IOException {
    exchange.getResponseHeaders().set("Content-Type", "application/json;stream=watch");
    exchange.sendResponseHeaders(200, 0);
    var out = exchange.getResponseBody();
    out.flush();
    while (true) {
      String line;
      try {
        line = lines.poll(Math.max(0, endsAt - System.nanoTime()), TimeUnit.NANOSECONDS);
      } catch (InterruptedException _) {
        throw new IOException("server is closed");
      }
      if (line == null || line.equals(END)) {
        out.close();
        return;
      }
      if (line.equals(BREAK)) {
        throw new IOException("told to break the watch");
      }
      out.write((line + "\n").getBytes(StandardCharsets.UTF_8));
      out.flush();
    }
  }
}
