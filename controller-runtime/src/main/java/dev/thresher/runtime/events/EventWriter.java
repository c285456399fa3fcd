package dev.thresher.runtime.events;

import com.google.gson.JsonObject;
import dev.thresher.api.CoreTypes;
import dev.thresher.api.ObjectKey;
import dev.thresher.runtime.client.KubeApi;
import dev.thresher.runtime.client.KubeApiException;
import dev.thresher.runtime.client.KubeApiException.Reason;
import dev.thresher.runtime.client.TokenBucket;
import dev.thresher.runtime.events.EventRules.Series;
import dev.thresher.runtime.events.EventRules.Verdict;
import dev.thresher.runtime.lifecycle.Component;
import dev.thresher.runtime.metrics.Metrics;
import dev.thresher.runtime.patch.Patch;
import dev.thresher.runtime.queue.Backoff;
import dev.thresher.runtime.time.Timeline;
import io.kubernetes.client.common.KubernetesObject;
import io.kubernetes.client.openapi.models.V1ObjectMeta;
import io.prometheus.metrics.core.metrics.Counter;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayDeque;
import java.util.Locale;
import java.util.Queue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Writes Events on a virtual thread of its own.
///
/// The same report again raises the count of the Event that is there. What cannot be written after
/// some tries is dropped, counted and logged; so is what does not fit into the line of waiting
/// ones.
///
/// Events are written at a pace: when a thousand objects change at once, the writes that the
/// objects wait for come first. Warnings overtake what is only to be known.
public final class EventWriter implements EventRecorder, Component {

  private static final Logger LOG = LoggerFactory.getLogger(EventWriter.class);

  private static final int WAITING_AT_MOST = 5000;
  private static final int MESSAGE_AT_MOST = 1024;

  /// Name prefix of an Event: the rest is `.` and 16 digits, and a name has 253 at most.
  private static final int PREFIX_AT_MOST = 236;

  private static final int TRIES = 5;
  private static final Backoff RETRY = new Backoff(Duration.ofSeconds(1), Duration.ofSeconds(10));
  private static final Duration DRAIN = Duration.ofSeconds(1);

  /// Events per second in the long run: half of what a program that is replaced has for all its
  /// requests.
  private static final double PACE = 10;

  private static final int AT_ONCE = 30;

  /// What an Event says of its object. Thousands may wait, so it shares the object's own texts and
  /// becomes JSON only when it is written.
  private record Regarding(
      String apiVersion,
      String kind,
      @Nullable String name,
      @Nullable String namespace,
      @Nullable String uid) {

    static Regarding of(KubernetesObject object, String apiVersion, String kind) {
      V1ObjectMeta meta = object.getMetadata();
      return new Regarding(apiVersion, kind, meta.getName(), meta.getNamespace(), meta.getUid());
    }

    JsonObject toJson() {
      JsonObject reference = new JsonObject();
      reference.addProperty("apiVersion", apiVersion);
      reference.addProperty("kind", kind);
      reference.addProperty("name", name);
      if (namespace != null) {
        reference.addProperty("namespace", namespace);
      }
      if (uid != null) {
        reference.addProperty("uid", uid);
      }
      return reference;
    }

    /// What tells objects apart: an object that was made anew under an old name is another.
    String key() {
      return uid == null ? kind + ' ' + namespace + '/' + name : uid;
    }
  }

  /// One call of [#event], with nothing of the object but what the Event needs.
  private record Report(
      Regarding regarding,
      String namespace,
      String type,
      String reason,
      String message,
      Instant when) {

    String timestamp() {
      return when.truncatedTo(ChronoUnit.SECONDS).toString();
    }
  }

  private final KubeApi api;
  private final String component;
  private final String instance;
  private final Timeline timeline;
  private final Counter outcomes;
  private final TokenBucket pace;
  private final EventRules rules = new EventRules();
  private final Queue<Report> warnings = new ArrayDeque<>();
  private final Queue<Report> waiting = new ArrayDeque<>();
  private final CountDownLatch ended = new CountDownLatch(1);
  private boolean started;
  private boolean stopped;
  private CountDownLatch pausing = new CountDownLatch(0);
  private long lastName;

  /// @param component the program: `source.component` and `reportingComponent`
  /// @param instance this process among several: `reportingInstance`
  public EventWriter(
      KubeApi api, String component, String instance, Timeline timeline, Metrics metrics) {
    this.api = api;
    this.component = component;
    this.instance = instance;
    this.timeline = timeline;
    this.pace = new TokenBucket(timeline, PACE, AT_ONCE);
    this.outcomes =
        metrics.counter(
            "thresher_events_total",
            "Reports by what became of them: created, counted = added to an Event that is there,"
                + " held_back = too many for this object, overflow = too many waiting, failed.",
            "server",
            "outcome");
  }

  @Override
  public String name() {
    return "events on " + api.name();
  }

  @Override
  public void start() {
    synchronized (waiting) {
      started = true;
    }
    Thread.ofVirtual().name("events").start(this::writeAll);
  }

  @Override
  public void stop() {
    synchronized (waiting) {
      stopped = true;
      waiting.notifyAll();
      pausing.countDown();
      if (!started) {
        return;
      }
    }
    try {
      if (!ended.await(DRAIN.toMillis(), TimeUnit.MILLISECONDS)) {
        LOG.atWarn().log("not all Events could be written before the end");
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void event(KubernetesObject regarding, Type type, String reason, String message) {
    String apiVersion = regarding.getApiVersion();
    String kind = regarding.getKind();
    if (kind == null || apiVersion == null) {
      count("failed");
      LOG.atError()
          .addKeyValue("object", ObjectKey.of(regarding))
          .addKeyValue("reason", reason)
          .log("event not written: the object does not say its kind and apiVersion");
      return;
    }
    Report report =
        new Report(
            Regarding.of(regarding, apiVersion, kind),
            namespace(regarding),
            switch (type) {
              case NORMAL -> "Normal";
              case WARNING -> "Warning";
            },
            reason,
            message.length() > MESSAGE_AT_MOST
                ? message.substring(0, MESSAGE_AT_MOST - 3) + "..."
                : message,
            timeline.now());
    synchronized (waiting) {
      if (!stopped && waiting.size() + warnings.size() < WAITING_AT_MOST) {
        (type == Type.WARNING ? warnings : waiting).add(report);
        waiting.notifyAll();
        return;
      }
    }
    count("overflow");
  }

  private void writeAll() {
    try {
      for (Report next = next(); next != null; next = next()) {
        Verdict verdict = judge(next);
        Duration turn = verdict instanceof Verdict.HeldBack ? Duration.ZERO : pace.next();
        if (turn.isPositive()) {
          // Cut short at the end: the rest is written at once.
          pause(turn);
        }
        write(next, verdict);
      }
    } finally {
      ended.countDown();
    }
  }

  private @Nullable Report next() {
    synchronized (waiting) {
      while (waiting.isEmpty() && warnings.isEmpty() && !stopped) {
        try {
          waiting.wait();
        } catch (InterruptedException _) {
          return null;
        }
      }
      Report warning = warnings.poll();
      return warning != null ? warning : waiting.poll();
    }
  }

  private Verdict judge(Report report) {
    return rules.judge(
        report.regarding().key(),
        report.type(),
        report.reason(),
        report.message(),
        timeline.nanoTime());
  }

  private void write(Report report, Verdict verdict) {
    for (int attempt = 1; ; attempt++) {
      try {
        count(written(report, verdict));
        return;
      } catch (KubeApiException e) {
        if (!worthAnotherTry(e) || attempt == TRIES || !pause(RETRY.delay(attempt))) {
          failed(report, e);
          return;
        }
      } catch (RuntimeException e) {
        failed(report, e);
        return;
      }
    }
  }

  private static boolean worthAnotherTry(KubeApiException e) {
    return e.is(Reason.UNREACHABLE) || e.is(Reason.THROTTLED) || e.is(Reason.SERVER_ERROR);
  }

  private void failed(Report report, RuntimeException e) {
    count("failed");
    LOG.atWarn()
        .addKeyValue("server", api.name())
        .addKeyValue("object", report.regarding())
        .addKeyValue("reason", report.reason())
        .addKeyValue("message", report.message())
        .addKeyValue("problem", e.getMessage())
        .setCause(e instanceof KubeApiException ? null : e)
        .log("event not written");
  }

  private String written(Report report, Verdict verdict) {
    return switch (verdict) {
      case Verdict.HeldBack _ -> "held_back";
      case Verdict.First(Series series) -> create(report, series);
      case Verdict.Again(Series series) -> raise(report, series);
    };
  }

  private String create(Report report, Series series) {
    String prefix = String.valueOf(report.regarding().name());
    String name =
        (prefix.length() > PREFIX_AT_MOST ? prefix.substring(0, PREFIX_AT_MOST) : prefix)
            + "."
            + uniqueSuffix();
    JsonObject metadata = new JsonObject();
    metadata.addProperty("name", name);
    metadata.addProperty("namespace", report.namespace());
    JsonObject source = new JsonObject();
    source.addProperty("component", component);
    String now = report.timestamp();
    JsonObject event = new JsonObject();
    event.addProperty("apiVersion", CoreTypes.EVENT.apiVersion());
    event.addProperty("kind", CoreTypes.EVENT.kind());
    event.add("metadata", metadata);
    event.add("involvedObject", report.regarding().toJson());
    event.addProperty("type", report.type());
    event.addProperty("reason", report.reason());
    event.addProperty("message", series.message());
    event.addProperty("count", series.count());
    event.addProperty("firstTimestamp", now);
    event.addProperty("lastTimestamp", now);
    event.add("source", source);
    event.addProperty("reportingComponent", component);
    event.addProperty("reportingInstance", instance);
    try {
      api.createJson(CoreTypes.EVENT, report.namespace(), event);
    } catch (KubeApiException e) {
      // An earlier try whose answer was lost: the name is ours alone.
      if (!e.is(Reason.ALREADY_EXISTS)) {
        throw e;
      }
    }
    series.writtenAs(name);
    return "created";
  }

  private String raise(Report report, Series series) {
    var name = series.eventName();
    if (name.isPresent()) {
      JsonObject change = new JsonObject();
      change.addProperty("count", series.count());
      change.addProperty("lastTimestamp", report.timestamp());
      change.addProperty("message", series.message());
      if (api.patch(
              CoreTypes.EVENT,
              ObjectKey.of(report.namespace(), name.get()),
              new Patch.Merge(change, ""))
          .isPresent()) {
        return "counted";
      }
    }
    series.forgotten();
    return create(report, series);
  }

  /// @return false if the program is to stop
  private boolean pause(Duration delay) {
    var over = new CountDownLatch(1);
    synchronized (waiting) {
      if (stopped) {
        return false;
      }
      pausing = over;
    }
    var timer = timeline.after(delay, over::countDown);
    try {
      over.await();
    } catch (InterruptedException _) {
      return false;
    } finally {
      timer.cancel();
    }
    synchronized (waiting) {
      return !stopped;
    }
  }

  private void count(String outcome) {
    outcomes.labelValues(api.name(), outcome).inc();
  }

  private String uniqueSuffix() {
    Instant now = timeline.now();
    long nanos = now.getEpochSecond() * 1_000_000_000L + now.getNano();
    lastName = Math.max(lastName + 1, nanos);
    return String.format(Locale.ROOT, "%016x", lastName);
  }

  /// Events on cluster-scoped objects live in `default`.
  private static String namespace(KubernetesObject object) {
    String namespace = object.getMetadata().getNamespace();
    return namespace == null || namespace.isEmpty() ? "default" : namespace;
  }
}
