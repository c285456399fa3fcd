package dev.thresher.runtime.lifecycle;

import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A program from its first component to its exit status.
public final class Program {

  private static final Logger log = LoggerFactory.getLogger(Program.class);

  private Program() {}

  /// Starts the components, waits until the end is asked for, stops them.
  ///
  /// Returns at the latest when `grace` has passed after the request, even if components are still
  /// starting or stopping; the caller is expected to exit then.
  ///
  /// @return the exit status: that of the request; 1 if the start failed or the stop was not clean
  public static int run(Lifecycle lifecycle, ShutdownSignal signal, Duration grace)
      throws InterruptedException {
    try {
      // On threads of their own, so that a component that hangs cannot keep the program.
      Thread.ofPlatform().name("start").daemon(true).start(() -> start(lifecycle, signal));
      int status = signal.await().exitStatus();
      Thread stopper = Thread.ofPlatform().name("stop").daemon(true).start(lifecycle::stop);
      if (!stopper.join(grace)) {
        log.atError().addKeyValue("grace", grace).log("not everything stopped in time");
        return status == 0 ? 1 : status;
      }
      return lifecycle.stop() || status != 0 ? status : 1;
    } finally {
      signal.ended();
    }
  }

  private static void start(Lifecycle lifecycle, ShutdownSignal signal) {
    try {
      if (lifecycle.start()) {
        log.atInfo().log("started");
      }
    } catch (StartFailedException e) {
      log.atError()
          .setCause(e.getCause())
          .addKeyValue("component", e.component())
          .addKeyValue("error", e.getMessage())
          .log("start failed");
      signal.request(1, e.component() + " did not start");
    } catch (RuntimeException | Error e) {
      log.atError().setCause(e).log("start failed unexpectedly");
      signal.request(1, "start failed unexpectedly: " + e);
    }
  }
}
