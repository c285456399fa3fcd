package dev.thresher.runtime.reconcile;

import dev.thresher.runtime.client.KubeApiException;
import dev.thresher.runtime.leader.Leadership;
import dev.thresher.runtime.queue.KeyedQueue;
import dev.thresher.runtime.queue.KeyedQueue.Taken;
import dev.thresher.runtime.reconcile.ReconcileMetrics.Outcome;
import dev.thresher.runtime.time.Timeline;
import java.time.Duration;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Takes keys from the queue, has them reconciled, and turns the outcome into what the queue does
/// next. Several threads may run one worker.
final class Worker<K> implements Runnable {

  private static final Logger log = LoggerFactory.getLogger(Controller.class);

  /// A process that lost its leadership is about to end; this only keeps it from spinning.
  private static final Duration NOT_LEADING_PAUSE = Duration.ofSeconds(1);

  private final String controller;
  private final Reconciler<K> reconciler;
  private final KeyedQueue<K> queue;
  private final Leadership leadership;

  private final ReconcileMetrics metrics;
  private final Timeline timeline;

  Worker(
      String controller,
      Reconciler<K> reconciler,
      KeyedQueue<K> queue,
      Leadership leadership,
      ReconcileMetrics metrics,
      Timeline timeline) {
    this.controller = controller;
    this.reconciler = reconciler;
    this.queue = queue;
    this.leadership = leadership;
    this.metrics = metrics;
    this.timeline = timeline;
  }

  @Override
  public void run() {
    try {
      while (true) {
        Optional<Taken<K>> taken = queue.take();
        if (taken.isEmpty()) {
          return;
        }
        work(taken.get());
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  private void work(Taken<K> taken) throws InterruptedException {
    try {
      if (leadership.held()) {
        reconcile(taken);
      } else {
        queue.addAfter(taken.key(), NOT_LEADING_PAUSE, taken.priority());
      }
    } finally {
      queue.done(taken.key());
    }
  }

  private void reconcile(Taken<K> taken) throws InterruptedException {
    long begin = timeline.nanoTime();
    Outcome outcome = Outcome.ERROR;
    metrics.begun();
    try {
      outcome = settle(taken, reconciler.reconcile(taken.key()));
    } catch (InterruptedException e) {
      log.atDebug()
          .addKeyValue("controller", controller)
          .addKeyValue("key", taken.key())
          .log("reconcile interrupted");
      throw e;
    } catch (KubeApiException e) {
      refused(taken, e);
    } catch (Exception | Error e) {
      // An Error, too: a worker that dies silently would leave its share of the keys to nobody.
      Duration retry = queue.addBackoff(taken.key(), taken.priority());
      log.atError()
          .setCause(e)
          .addKeyValue("controller", controller)
          .addKeyValue("key", taken.key())
          .addKeyValue("retryAfter", retry)
          .log("reconcile failed unexpectedly");
    } finally {
      metrics.ended(outcome, timeline.nanoTime() - begin);
    }
  }

  private Outcome settle(Taken<K> taken, Result result) {
    return switch (result) {
      case Result.Done() -> {
        queue.forget(taken.key());
        yield Outcome.SUCCESS;
      }
      case Result.After(Duration delay) -> {
        queue.forget(taken.key());
        queue.addAfter(taken.key(), delay, taken.priority());
        yield Outcome.REQUEUE_AFTER;
      }
      case Result.Failed(String message) -> {
        Duration retry = queue.addBackoff(taken.key(), taken.priority());
        log.atWarn()
            .addKeyValue("controller", controller)
            .addKeyValue("key", taken.key())
            .addKeyValue("error", message)
            .addKeyValue("failures", queue.failures(taken.key()))
            .addKeyValue("retryAfter", retry)
            .log("reconcile failed");
        yield Outcome.ERROR;
      }
    };
  }

  private void refused(Taken<K> taken, KubeApiException e) {
    Duration retry =
        queue.addBackoff(taken.key(), taken.priority(), e.retryAfter().orElse(Duration.ZERO));
    // A conflict is the normal answer to having read an old state; a fenced write the normal end
    // of a deposed leader.
    boolean quiet =
        switch (e.reason()) {
          case CONFLICT, FENCED -> true;
          case ALREADY_EXISTS,
              INVALID,
              UNAUTHORIZED,
              FORBIDDEN,
              NOT_FOUND,
              GONE,
              THROTTLED,
              SERVER_ERROR,
              UNREACHABLE ->
              false;
        };
    (quiet ? log.atDebug() : log.atWarn())
        .addKeyValue("controller", controller)
        .addKeyValue("key", taken.key())
        .addKeyValue("reason", e.reason())
        .addKeyValue("status", e.status())
        .addKeyValue("error", e.getMessage())
        .addKeyValue("retryAfter", retry)
        .log("reconcile refused by the API server");
  }
}
