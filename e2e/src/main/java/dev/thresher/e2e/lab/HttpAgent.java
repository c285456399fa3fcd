package dev.thresher.e2e.lab;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;

/// Asks HTTP servers from inside a namespace, through one process that stays: a request costs no
/// fork.
///
/// Every request uses a new connection. Safe for use by several threads.
public final class HttpAgent {
  private final LabProcess process;
  private final Writer requests;
  private final AtomicLong ids = new AtomicLong();
  private final Map<Long, CompletableFuture<Attempt>> open = new ConcurrentHashMap<>();

  HttpAgent(Namespace namespace) {
    process =
        namespace.startPiped(
            "agent", List.of(namespace.workspace().programs().netlab().toString(), "agent"));
    requests = process.process().outputWriter(StandardCharsets.UTF_8);
    // Reading a pipe holds on to the thread below, and of those virtual threads share a handful.
    Thread.ofPlatform().daemon().name("http-agent-" + namespace).start(this::read);
  }

  /// GET.
  ///
  /// @param url host may be a bracketed IPv6 address
  /// @param timeout for the whole request
  /// @return also when nobody answered
  public Attempt get(String url, Duration timeout) {
    long id = ids.incrementAndGet();
    var answer = new CompletableFuture<Attempt>();
    open.put(id, answer);
    try {
      synchronized (requests) {
        requests.write(
            Json.object("id", id, "url", url, "timeoutMillis", timeout.toMillis()) + "\n");
        requests.flush();
      }
      return answer.get(timeout.toMillis() + 10_000, TimeUnit.MILLISECONDS);
    } catch (IOException | ExecutionException | TimeoutException e) {
      throw new LabException(process + " does not answer: " + e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new LabException("interrupted while asking " + url, e);
    } finally {
      open.remove(id);
    }
  }

  private void read() {
    try (BufferedReader lines = process.process().inputReader(StandardCharsets.UTF_8)) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        Attempt attempt = Json.GSON.fromJson(line, Attempt.class);
        CompletableFuture<Attempt> waiting = open.remove(attempt.id());
        if (waiting != null) {
          waiting.complete(attempt);
        }
      }
    } catch (IOException e) {
      // The lab ends: whoever waits is told below.
    }
    open.values().forEach(w -> w.completeExceptionally(new LabException(process + " ended")));
  }
}
