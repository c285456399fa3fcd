package dev.thresher.loadbalancer.agent;

import dev.thresher.api.CoreTypes;
import dev.thresher.api.ObjectKey;
import dev.thresher.api.net.NetTypes;
import dev.thresher.loadbalancer.nodes.Report;
import dev.thresher.loadbalancer.nodes.ReportDocument;
import dev.thresher.runtime.client.KubeApi;
import dev.thresher.runtime.client.KubeApiException;
import dev.thresher.runtime.client.KubeApiException.Reason;
import dev.thresher.runtime.lifecycle.Component;
import dev.thresher.runtime.patch.Patch;
import dev.thresher.runtime.time.Timeline;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Writes the report of a node: at once when there is news, though not more often than five times a
/// second, and every five seconds in any case, as a sign of life.
public final class Reporter implements Component {

  private static final Logger log = LoggerFactory.getLogger(Reporter.class);

  private static final Duration SIGN_OF_LIFE = Duration.ofSeconds(5);
  private static final Duration AT_LEAST_APART = Duration.ofMillis(200);
  private static final long STOP_MILLIS = 2000;

  /// By then the controller does not count on this agent any more.
  private static final Duration OVERDUE = Duration.ofSeconds(15);

  private final KubeApi api;
  private final String node;
  private final Supplier<Report> report;
  private final Timeline timeline;
  private final Semaphore news;
  private volatile long written;
  private volatile String failure = "";
  private volatile @Nullable Thread thread;

  /// @param report what to say, asked for at each writing
  /// @param news has a permit when there is something to say
  public Reporter(
      KubeApi api, String node, Supplier<Report> report, Semaphore news, Timeline timeline) {
    this.api = api;
    this.node = node;
    this.report = report;
    this.news = news;
    this.timeline = timeline;
    this.written = timeline.nanoTime();
  }

  @Override
  public String name() {
    return "node-report";
  }

  @Override
  public void start() {
    written = timeline.nanoTime();
    thread = Thread.ofVirtual().name(name()).start(this::run);
  }

  @Override
  public void stop() {
    Thread running = thread;
    if (running == null) {
      return;
    }
    running.interrupt();
    try {
      running.join(STOP_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /// Why the report does not come through; empty if it does.
  public Optional<String> problem() {
    return timeline.nanoTime() - written > OVERDUE.toNanos()
        ? Optional.of("the report of node " + node + " could not be written: " + failure)
        : Optional.empty();
  }

  private void run() {
    try {
      while (!Thread.currentThread().isInterrupted()) {
        news.drainPermits();
        write();
        if (news.tryAcquire(SIGN_OF_LIFE.toMillis(), TimeUnit.MILLISECONDS)) {
          TimeUnit.MILLISECONDS.sleep(AT_LEAST_APART.toMillis());
        }
      }
    } catch (InterruptedException e) {
      log.atDebug().setCause(e).log("ends");
    }
  }

  /// Writes once. A failure is logged and made good by the next writing.
  void write() {
    try {
      Patch status = ReportDocument.status(report.get(), timeline.now());
      ObjectKey key = ObjectKey.cluster(node);
      if (api.patch(NetTypes.NODE_REPORT, key, status).isEmpty()) {
        create();
        api.patch(NetTypes.NODE_REPORT, key, status);
      }
      written = timeline.nanoTime();
    } catch (RuntimeException e) {
      // Also of a defect: without a word from here the controller would leave traffic as it is.
      failure = String.valueOf(e.getMessage());
      log.atWarn().addKeyValue("node", node).setCause(e).log("report not written, tried again");
    }
  }

  private void create() {
    Optional<String> uid =
        api.get(CoreTypes.NODE, ObjectKey.cluster(node)).map(found -> found.getMetadata().getUid());
    if (uid.isEmpty()) {
      log.atWarn()
          .addKeyValue("node", node)
          .log("there is no Node of this name; want --node-name to be the node's name");
    }
    try {
      api.createJson(NetTypes.NODE_REPORT, "", ReportDocument.create(node, uid));
    } catch (KubeApiException e) {
      if (!e.is(Reason.ALREADY_EXISTS)) {
        throw e;
      }
    }
  }
}
