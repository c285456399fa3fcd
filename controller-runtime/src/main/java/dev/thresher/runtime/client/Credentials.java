package dev.thresher.runtime.client;

import dev.thresher.runtime.metrics.Metrics;
import dev.thresher.runtime.time.Timeline;
import dev.thresher.runtime.time.Timeline.Deferred;
import io.prometheus.metrics.core.metrics.Counter;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The connection in use, and its replacement when what it was read from changes.
///
/// A source that cannot be read, or whose certificates make no sense, leaves the last good
/// connection in use, is logged once per complaint and counted each time. Thread-safe.
final class Credentials {

  private static final Logger LOG = LoggerFactory.getLogger(Credentials.class);

  /// A connection and the TCP connections made with it.
  record Live(Connection connection, Transport transport) {}

  private final ClientConfig config;
  private final Timeline timeline;
  private final Function<Connection, Transport> transports;
  private final Counter reloads;
  private final ReentrantLock reloading = new ReentrantLock();
  private volatile Live live;
  private String lastComplaint = "";
  private volatile boolean refused;
  private volatile boolean running;
  private @Nullable Deferred next;

  /// @throws ClientConfigException if the source does not give a usable connection now
  Credentials(
      ClientConfig config,
      Timeline timeline,
      Metrics metrics,
      Function<Connection, Transport> transports) {
    this.config = config;
    this.timeline = timeline;
    this.transports = transports;
    this.reloads =
        metrics.counter(
            "thresher_client_credential_reloads_total",
            "Looks at rotated credentials: changed = taken into use, failed = the last good ones"
                + " stay in use.",
            "server",
            "outcome");
    Connection first = config.source().load();
    this.live = new Live(first, transports.apply(first));
  }

  Live live() {
    return live;
  }

  /// Before a request: waits for a token that is still being fetched.
  ///
  /// @return why there are no credentials yet, empty if there are
  Optional<String> missing(Duration atMost) {
    if (!(config.source() instanceof ConnectionSource.WithToken(var _, TokenSource tokens))
        || !live.connection().token().isEmpty()) {
      return Optional.empty();
    }
    Optional<String> missing;
    try {
      missing = tokens.await(atMost);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      return Optional.of("interrupted while waiting for a token");
    }
    if (missing.isEmpty()) {
      var _ = reload();
    }
    return missing;
  }

  /// The server has answered: with 401, or with anything else.
  void answered(boolean refused) {
    if (refused && config.source() instanceof ConnectionSource.WithToken(var _, var tokens)) {
      tokens.refused(live.connection().token());
    }
    if (this.refused != refused) {
      this.refused = refused;
      if (refused) {
        LOG.atWarn()
            .addKeyValue("server", config.name())
            .addKeyValue("connection", live.connection())
            .log("the server does not accept the credentials");
      } else {
        LOG.atInfo().addKeyValue("server", config.name()).log("credentials are accepted again");
      }
    }
  }

  /// What is wrong with the credentials, empty if nothing is known to be: the server refused them
  /// last, or the token says itself that its time is over.
  Optional<String> problem() {
    if (refused) {
      return Optional.of(
          "the server "
              + live.connection().server()
              + " does not accept the credentials (401): renew them where they come from, they are"
              + " looked at every "
              + config.reloadInterval().toSeconds()
              + " s");
    }
    return BearerToken.expiry(live.connection().token())
        .filter(expiry -> expiry.isBefore(timeline.now()))
        .map(expiry -> "the token for " + live.connection().server() + " expired at " + expiry);
  }

  void start() {
    running = true;
    schedule();
  }

  void stop() {
    reloading.lock();
    try {
      running = false;
      if (next != null) {
        next.cancel();
      }
    } finally {
      reloading.unlock();
    }
    live.transport().close();
  }

  /// Looks at the source now.
  ///
  /// @return true if there is something new
  boolean reload() {
    reloading.lock();
    try {
      Live before = live;
      Live after = refreshed(before);
      if (after.equals(before)) {
        return false;
      }
      live = after;
      // Innocent until the server says otherwise.
      refused = false;
      reloads.labelValues(config.name(), "changed").inc();
      boolean reconnect = !after.transport().equals(before.transport());
      LOG.atInfo()
          .addKeyValue("server", config.name())
          .addKeyValue("connection", after.connection())
          .addKeyValue("reconnect", reconnect)
          .log("credentials have changed");
      if (reconnect) {
        before.transport().close();
      }
      return true;
    } finally {
      reloading.unlock();
    }
  }

  private Live refreshed(Live before) {
    try {
      Connection found = config.source().load();
      lastComplaint = "";
      if (found.equals(before.connection())) {
        return before;
      }
      return new Live(
          found,
          found.sameTransport(before.connection()) ? before.transport() : transports.apply(found));
    } catch (ClientConfigException e) {
      reloads.labelValues(config.name(), "failed").inc();
      String complaint = String.valueOf(e.getMessage());
      if (!complaint.equals(lastComplaint)) {
        lastComplaint = complaint;
        LOG.atWarn()
            .addKeyValue("server", config.name())
            .addKeyValue("problem", complaint)
            .log("new credentials cannot be used, the last good ones stay in use");
      }
      return before;
    }
  }

  private void schedule() {
    reloading.lock();
    try {
      if (running) {
        next =
            timeline.after(
                config.reloadInterval(),
                () -> Thread.ofVirtual().name("credentials").start(this::reloadAndGoOn));
      }
    } finally {
      reloading.unlock();
    }
  }

  private void reloadAndGoOn() {
    try {
      reload();
    } finally {
      schedule();
    }
  }
}
