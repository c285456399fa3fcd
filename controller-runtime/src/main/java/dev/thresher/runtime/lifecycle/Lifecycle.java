package dev.thresher.runtime.lifecycle;

import com.google.common.collect.Lists;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The components of a program, started in order and stopped in the reverse one.
///
/// `LATENT → STARTING → STARTED → STOPPING → STOPPED`; there is no way back. Thread-safe: [#stop]
/// may come from any thread at any time, also during the start, which it interrupts.
public final class Lifecycle {

  public enum State {
    LATENT,
    STARTING,
    STARTED,
    STOPPING,
    STOPPED
  }

  private static final Logger log = LoggerFactory.getLogger(Lifecycle.class);
  private static final Duration DEFAULT_STOP_DEADLINE = Duration.ofSeconds(10);

  private final List<Component> components;
  private final Duration stopDeadline;

  private final Object lock = new Object();
  private State state = State.LATENT;
  private @Nullable Thread starter;
  private boolean cleanStop = true;

  private Lifecycle(List<Component> components, Duration stopDeadline) {
    this.components = List.copyOf(components);
    this.stopDeadline = stopDeadline;
  }

  /// Components in the order of their start. Each has 10 s to stop.
  public static Lifecycle of(Component... components) {
    return new Lifecycle(List.of(components), DEFAULT_STOP_DEADLINE);
  }

  public static Lifecycle of(List<? extends Component> components) {
    return new Lifecycle(List.copyOf(components), DEFAULT_STOP_DEADLINE);
  }

  /// The same components, each with this much time to stop.
  public Lifecycle withStopDeadline(Duration perComponent) {
    return new Lifecycle(components, perComponent);
  }

  public State state() {
    synchronized (lock) {
      return state;
    }
  }

  /// Starts every component. If one fails, it and those before it are stopped.
  ///
  /// @return false if the program was asked to stop before all had started; all are stopped then
  /// @throws StartFailedException if a component could not start
  public boolean start() throws StartFailedException {
    synchronized (lock) {
      if (state != State.LATENT) {
        if (state == State.STOPPED) {
          return false;
        }
        throw new IllegalStateException("start is called once, the state is " + state);
      }
      state = State.STARTING;
      starter = Thread.currentThread();
    }
    List<Component> begun = new ArrayList<>();
    @Nullable StartFailedException failure = null;
    for (Component component : components) {
      if (state() != State.STARTING) {
        break;
      }
      begun.add(component);
      failure = startOne(component);
      if (failure != null) {
        break;
      }
    }
    boolean stopAsked;
    synchronized (lock) {
      starter = null;
      // An interrupt that came in time for no one must not hit what runs next on this thread.
      stopAsked = state == State.STOPPING;
      if (stopAsked) {
        Thread.interrupted();
      } else {
        state = failure == null ? State.STARTED : State.STOPPING;
      }
    }
    if (stopAsked || failure != null) {
      stopAll(begun);
      if (failure != null && !stopAsked) {
        throw failure;
      }
      return false;
    }
    return true;
  }

  /// Stops everything, the last started first, and returns when all have stopped or used up their
  /// deadlines. Calls after the first one wait for the end as well.
  ///
  /// @return false if a component failed to stop, or had to be left behind
  public boolean stop() {
    synchronized (lock) {
      switch (state) {
        case LATENT -> state = State.STOPPED;
        case STARTED -> state = State.STOPPING;
        case STARTING -> {
          state = State.STOPPING;
          if (starter != null) {
            starter.interrupt();
          }
          return awaitStopped();
        }
        case STOPPING, STOPPED -> {
          return awaitStopped();
        }
      }
      if (state == State.STOPPED) {
        return true;
      }
    }
    stopAll(components);
    return cleanStop;
  }

  private boolean awaitStopped() {
    synchronized (lock) {
      boolean interrupted = false;
      while (state != State.STOPPED) {
        try {
          lock.wait();
        } catch (InterruptedException _) {
          interrupted = true;
        }
      }
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
      return cleanStop;
    }
  }

  private @Nullable StartFailedException startOne(Component component) {
    long begin = System.nanoTime();
    try {
      component.start();
      log.atDebug()
          .addKeyValue("component", component.name())
          .addKeyValue("milliseconds", millisSince(begin))
          .log("component started");
      return null;
    } catch (InterruptedException e) {
      return new StartFailedException(component.name(), "interrupted", e);
    } catch (Exception e) {
      String cause = e.getMessage() == null ? e.toString() : e.getMessage();
      return new StartFailedException(component.name(), cause, e);
    }
  }

  private void stopAll(List<Component> begun) {
    boolean clean = true;
    for (Component component : Lists.reverse(begun)) {
      clean &= stopOne(component);
    }
    synchronized (lock) {
      cleanStop = clean;
      state = State.STOPPED;
      lock.notifyAll();
    }
  }

  private boolean stopOne(Component component) {
    long begin = System.nanoTime();
    var outcome = new StopOutcome();
    // A platform thread: a component that hangs in native code must not take a carrier with it.
    Thread stopper =
        Thread.ofPlatform()
            .name("stop-" + component.name())
            .daemon(true)
            .start(() -> outcome.failure = stopGuarded(component));
    boolean ended = join(stopper, stopDeadline);
    if (!ended) {
      log.atError()
          .addKeyValue("component", component.name())
          .addKeyValue("deadline", stopDeadline)
          .addKeyValue("at", stackOf(stopper))
          .log("component did not stop in time and is left behind");
      return false;
    }
    RuntimeException failure = outcome.failure;
    if (failure != null) {
      log.atError()
          .setCause(failure)
          .addKeyValue("component", component.name())
          .log("component failed to stop");
      return false;
    }
    log.atDebug()
        .addKeyValue("component", component.name())
        .addKeyValue("milliseconds", millisSince(begin))
        .log("component stopped");
    return true;
  }

  private static @Nullable RuntimeException stopGuarded(Component component) {
    try {
      component.stop();
      return null;
    } catch (RuntimeException e) {
      return e;
    }
  }

  /// Waits without giving in to interrupts: what is being stopped must be stopped in order.
  private static boolean join(Thread thread, Duration atMost) {
    long end = System.nanoTime() + atMost.toNanos();
    boolean interrupted = false;
    try {
      while (true) {
        try {
          return thread.join(Duration.ofNanos(Math.max(0, end - System.nanoTime())));
        } catch (InterruptedException _) {
          interrupted = true;
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private static String stackOf(Thread thread) {
    return Arrays.stream(thread.getStackTrace())
        .limit(8)
        .map(StackTraceElement::toString)
        .collect(Collectors.joining(" < "));
  }

  private static long millisSince(long nanos) {
    return (System.nanoTime() - nanos) / 1_000_000;
  }

  private static final class StopOutcome {
    private volatile @Nullable RuntimeException failure;
  }
}
