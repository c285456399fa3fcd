package dev.thresher.runtime.lifecycle;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.function.IntConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The wish that the program ends, from outside (SIGTERM, SIGINT) or from within (a lost lease),
/// and the exit status to end with. The first wish counts.
///
/// Thread-safe.
public final class ShutdownSignal {

  private static final Logger log = LoggerFactory.getLogger(ShutdownSignal.class);

  private final CompletableFuture<Request> request = new CompletableFuture<>();
  private final CompletableFuture<Void> ended = new CompletableFuture<>();
  private final IntConsumer halt;

  /// Why and with which exit status the program ends.
  public record Request(int exitStatus, String reason) {}

  ShutdownSignal(IntConsumer halt) {
    this.halt = halt;
  }

  /// A signal that listens to nothing but [#request].
  public static ShutdownSignal detached() {
    return new ShutdownSignal(Runtime.getRuntime()::halt);
  }

  /// Listens to SIGTERM and SIGINT: the first asks for an orderly end with exit status 0, a second
  /// one ends the process at once with status 1.
  public static ShutdownSignal install() {
    var signal = detached();
    for (String name : List.of("TERM", "INT")) {
      if (!UnixSignals.handle(name, () -> signal.received(name))) {
        // Without the JDK's signal module the shutdown hook is what is left: it cannot set the
        // status and hears no second signal, but the lease is still released.
        log.atWarn()
            .addKeyValue("signal", name)
            .log("signals cannot be handled on this Java runtime, falling back to a hook");
        signal.stopFromHook();
        break;
      }
    }
    return signal;
  }

  /// Asks for the end of the program. Ignored if somebody asked before.
  public void request(int exitStatus, String reason) {
    if (request.complete(new Request(exitStatus, reason))) {
      log.atInfo()
          .addKeyValue("reason", reason)
          .addKeyValue("exitStatus", exitStatus)
          .log("stopping");
    }
  }

  public boolean isRequested() {
    return request.isDone();
  }

  /// Waits until somebody asks for the end.
  public Request await() throws InterruptedException {
    try {
      return request.get();
    } catch (ExecutionException e) {
      throw new IllegalStateException(e);
    }
  }

  void received(String name) {
    if (request.isDone()) {
      log.atWarn().addKeyValue("signal", name).log("signal while stopping, leaving at once");
      halt.accept(1);
    } else {
      request(0, "SIG" + name);
    }
  }

  /// Tells the hook, if there is one, that the orderly end is complete.
  void ended() {
    ended.complete(null);
  }

  private void stopFromHook() {
    Runtime.getRuntime()
        .addShutdownHook(
            Thread.ofPlatform()
                .name("shutdown")
                .unstarted(() -> {
                  request(0, "shutdown hook");
                  ended.join();
                }));
  }
}
