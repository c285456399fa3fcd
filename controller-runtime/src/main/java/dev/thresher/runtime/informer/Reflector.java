package dev.thresher.runtime.informer;

import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import dev.thresher.api.ObjectKey;
import dev.thresher.api.ResourceType;
import dev.thresher.runtime.client.KubeApiException;
import dev.thresher.runtime.client.KubeApiException.Reason;
import dev.thresher.runtime.client.ListQuery;
import dev.thresher.runtime.client.Models;
import dev.thresher.runtime.client.WatchApi;
import dev.thresher.runtime.client.WatchApi.RawPage;
import dev.thresher.runtime.client.WatchQuery;
import dev.thresher.runtime.time.Timeline;
import io.kubernetes.client.common.KubernetesObject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Keeps one cache like the server: lists once, then watches.
///
/// Whatever ends a watch, the next one begins at the last version seen. Only when the server says
/// that it has forgotten that version is everything listed again.
final class Reflector<T extends KubernetesObject> implements Runnable {

  private static final Logger LOG = LoggerFactory.getLogger(Reflector.class);

  /// A watch that ends sooner than this, without an event, counts as a failure.
  private static final Duration STEADY = Duration.ofSeconds(5);

  private final WatchApi api;
  private final ResourceType<T> type;
  private final Scope scope;
  private final ObjectCache<T> cache;
  private final InformerTiming timing;
  private final Timeline timeline;
  private final RandomGenerator random;
  private final InformerMetrics.One metrics;
  private final Runnable serverReturned;
  private final boolean optional;

  private final CountDownLatch stopping = new CountDownLatch(1);

  /// The version last seen, empty if a list is needed.
  private String version = "";

  private String after = "first";
  private int failures;
  private String complaint = "";
  private @Nullable WatchSession session;
  private CountDownLatch pausing = new CountDownLatch(0);

  /// @param serverReturned told when the server answers again after it did not
  /// @param optional whether the server may not know the resource, or the role not allow to read it
  Reflector(
      WatchApi api,
      ResourceType<T> type,
      Scope scope,
      ObjectCache<T> cache,
      InformerTiming timing,
      Timeline timeline,
      RandomGenerator random,
      InformerMetrics.One metrics,
      Runnable serverReturned,
      boolean optional) {
    this.api = api;
    this.type = type;
    this.scope = scope;
    this.cache = cache;
    this.timing = timing;
    this.timeline = timeline;
    this.random = random;
    this.metrics = metrics;
    this.serverReturned = serverReturned;
    this.optional = optional;
  }

  @Override
  public void run() {
    while (!isStopping()) {
      try {
        if (version.isEmpty()) {
          version = list();
          resumed();
        }
        watch();
      } catch (KubeApiException e) {
        failed(e);
      } catch (RuntimeException e) {
        // A bug here would otherwise leave the program running on a cache that stands still.
        version = "";
        failed(e);
      }
      if (failures > 0) {
        pause(timing.retry().delay(failures));
      }
    }
  }

  /// Ends `run` soon, without another word.
  void stop() {
    WatchSession running;
    synchronized (this) {
      stopping.countDown();
      pausing.countDown();
      running = session;
    }
    if (running != null) {
      running.close();
    }
  }

  /// Ends the pause before the next try, if there is one: the server answers others.
  synchronized void hurry() {
    pausing.countDown();
  }

  private boolean isStopping() {
    return stopping.getCount() == 0;
  }

  private String list() {
    try {
      return list(timing.pageSize());
    } catch (KubeApiException e) {
      if (!e.is(Reason.GONE)) {
        throw e;
      }
      // The pages were older than what the server remembers: all at once cannot be.
      return list(0);
    }
  }

  private String list(int pageSize) {
    List<T> objects = new ArrayList<>();
    Set<ObjectKey> unread = new HashSet<>();
    Optional<String> next = Optional.empty();
    RawPage page;
    do {
      page =
          api.listRaw(
              type,
              new ListQuery(
                  scope.namespace(), scope.labelSelector(), scope.fieldSelector(), pageSize, next),
              item -> read(item).ifPresentOrElse(objects::add, () -> keyOf(item, unread)));
      next = page.continueToken();
    } while (next.isPresent() && !isStopping());
    metrics.listed();
    if (!isStopping()) {
      cache.replace(objects, unread);
    }
    return page.resourceVersion();
  }

  private void watch() {
    Duration timeout =
        timing
            .watchAtLeast()
            .plusNanos((long) (random.nextDouble() * timing.watchAtLeast().toNanos()));
    metrics.watching(after);
    // What the next watch is counted as, unless this one ends otherwise.
    after = "broken";
    long begin = timeline.nanoTime();
    boolean heardSomething = false;
    var watching =
        new WatchSession(
            api.watch(
                type,
                new WatchQuery(
                    scope.namespace(),
                    scope.labelSelector(),
                    scope.fieldSelector(),
                    version,
                    timeout)),
            timeline,
            timing.silence(),
            timeout.plus(timing.grace()));
    try (watching) {
      if (!begun(watching)) {
        return;
      }
      watching.open();
      cache.heard();
      resumed();
      for (var event = watching.next(); event.isPresent(); event = watching.next()) {
        take(event.get());
        heardSomething = true;
        failures = 0;
        if (version.isEmpty()) {
          after = "gone";
          return;
        }
      }
      after = "done";
    } catch (KubeApiException e) {
      if (watching.silent()) {
        after = "silent";
        LOG.atInfo()
            .addKeyValue("server", api.name())
            .addKeyValue("resource", type)
            .addKeyValue("scope", scope)
            .log("watch was silent for too long and is begun anew");
        return;
      }
      if (lasted(begin)) {
        failures = 0;
      }
      throw e;
    }
    // A proxy that ends every watch at once must not make this loop spin.
    failures = lasted(begin) || heardSomething ? 0 : failures + 1;
  }

  private boolean lasted(long begin) {
    return timeline.nanoTime() - begin > STEADY.toNanos();
  }

  private synchronized boolean begun(WatchSession watching) {
    session = watching;
    return !isStopping();
  }

  private void take(JsonObject event) {
    String kind = event.has("type") ? event.get("type").getAsString() : "";
    if (!(event.get("object") instanceof JsonObject object)) {
      throw new KubeApiException(
          Reason.SERVER_ERROR, 0, "watch event without an object", Optional.empty(), null);
    }
    switch (kind) {
      case "ADDED", "MODIFIED" -> {
        String seen = versionOf(object);
        read(object).ifPresent(cache::put);
        version = seen;
      }
      case "DELETED" -> {
        String seen = versionOf(object);
        Set<ObjectKey> unread = new HashSet<>();
        read(object).ifPresentOrElse(cache::remove, () -> keyOf(object, unread));
        unread.forEach(cache::remove);
        version = seen;
      }
      case "BOOKMARK" -> bookmark(versionOf(object));
      case "ERROR" -> error(object);
      default -> {
        // An event type of the future says nothing that could be acted upon.
        metrics.malformed();
        cache.heard();
      }
    }
  }

  private void bookmark(String seen) {
    cache.heard();
    metrics.bookmarked();
    if (wentBack(seen, version)) {
      LOG.atWarn()
          .addKeyValue("server", api.name())
          .addKeyValue("resource", type)
          .addKeyValue("seen", version)
          .addKeyValue("now", seen)
          .log("the server's history went back, as after a restore: listing again");
      version = "";
      return;
    }
    version = seen;
  }

  /// Versions can be compared as numbers since Kubernetes 1.35 says so; what is no number is not.
  private static boolean wentBack(String now, String before) {
    return now.matches("\\d{1,18}")
        && before.matches("\\d{1,18}")
        && Long.parseLong(now) < Long.parseLong(before);
  }

  private void error(JsonObject status) {
    int code = status.has("code") ? status.get("code").getAsInt() : 500;
    String message = status.has("message") ? status.get("message").getAsString() : "no message";
    throw new KubeApiException(
        code == 410 ? Reason.GONE : Reason.SERVER_ERROR,
        code,
        "watch " + type + ": " + message,
        Optional.empty(),
        null);
  }

  private Optional<T> read(JsonObject item) {
    try {
      return Optional.of(Models.read(type, item));
    } catch (JsonParseException e) {
      metrics.malformed();
      LOG.atWarn()
          .addKeyValue("server", api.name())
          .addKeyValue("resource", type)
          .addKeyValue("problem", e.getMessage())
          .log("an object cannot be read and is left as it was");
      return Optional.empty();
    }
  }

  private static void keyOf(JsonObject item, Set<ObjectKey> to) {
    if (item.get("metadata") instanceof JsonObject metadata
        && metadata.has("name")
        && metadata.get("name").isJsonPrimitive()) {
      String namespace =
          metadata.has("namespace") && metadata.get("namespace").isJsonPrimitive()
              ? metadata.get("namespace").getAsString()
              : "";
      to.add(new ObjectKey(namespace, metadata.get("name").getAsString()));
    }
  }

  private static String versionOf(JsonObject object) {
    return object.get("metadata") instanceof JsonObject metadata && metadata.has("resourceVersion")
        ? metadata.get("resourceVersion").getAsString()
        : "";
  }

  private void failed(RuntimeException e) {
    if (isStopping()) {
      return;
    }
    failures++;
    if (e instanceof KubeApiException refused && refused.is(Reason.GONE)) {
      LOG.atInfo()
          .addKeyValue("server", api.name())
          .addKeyValue("resource", type)
          .addKeyValue("scope", scope)
          .addKeyValue("version", version)
          .log("the server has forgotten the version last seen: listing again");
      after = "gone";
      version = "";
      return;
    }
    String message = String.valueOf(e.getMessage());
    if (e instanceof KubeApiException refused && refused.is(Reason.NOT_FOUND)) {
      undefined(message);
      return;
    }
    if (optional && e instanceof KubeApiException refused && refused.is(Reason.FORBIDDEN)) {
      unreadable(message);
      return;
    }
    if (!message.equals(complaint)) {
      complaint = message;
      LOG.atWarn()
          .addKeyValue("server", api.name())
          .addKeyValue("resource", type)
          .addKeyValue("scope", scope)
          .addKeyValue("problem", message)
          .setCause(e instanceof KubeApiException ? null : e)
          .log("cache is not being updated, trying again");
    }
  }

  /// No collection of objects is ever "not found", be it empty: the resource itself is unknown.
  private void undefined(String message) {
    version = "";
    cache.undefined(!optional);
    if (!message.equals(complaint)) {
      complaint = message;
      (optional ? LOG.atWarn() : LOG.atError())
          .addKeyValue("server", api.name())
          .addKeyValue("resource", type)
          .addKeyValue("problem", message)
          .log(
              optional
                  ? "the server does not know this resource: what needs it is off until its"
                      + " CustomResourceDefinition is installed"
                  : "the server does not know this resource: nothing that needs it begins until its"
                      + " CustomResourceDefinition is installed");
    }
  }

  /// What is known of objects stays: while a server starts it may refuse what it allows later.
  private void unreadable(String message) {
    cache.unreadable();
    if (!message.equals(complaint)) {
      complaint = message;
      LOG.atWarn()
          .addKeyValue("server", api.name())
          .addKeyValue("resource", type)
          .addKeyValue("problem", message)
          .log("the role does not allow to read this resource: what needs it is off until it does");
    }
  }

  private void resumed() {
    if (!complaint.isEmpty()) {
      complaint = "";
      LOG.atInfo()
          .addKeyValue("server", api.name())
          .addKeyValue("resource", type)
          .addKeyValue("scope", scope)
          .log("cache is being updated again");
      cache.resumed();
      serverReturned.run();
    }
  }

  private void pause(Duration delay) {
    var over = new CountDownLatch(1);
    synchronized (this) {
      if (isStopping()) {
        return;
      }
      pausing = over;
    }
    double part = 0.5 + random.nextDouble() / 2;
    var timer = timeline.after(Duration.ofNanos((long) (delay.toNanos() * part)), over::countDown);
    try {
      over.await();
    } catch (InterruptedException _) {
      stop();
    } finally {
      timer.cancel();
    }
  }
}
