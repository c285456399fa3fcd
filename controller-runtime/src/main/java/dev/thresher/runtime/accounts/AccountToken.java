package dev.thresher.runtime.accounts;

import com.google.gson.JsonObject;
import dev.thresher.api.ObjectKey;
import dev.thresher.runtime.client.KubeApi;
import dev.thresher.runtime.client.KubeApiException;
import dev.thresher.runtime.client.KubeApiException.Reason;
import dev.thresher.runtime.client.TokenSource;
import dev.thresher.runtime.lifecycle.Component;
import dev.thresher.runtime.time.Timeline;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The token of a service account, by TokenRequest with the credentials of the program, renewed
/// before it expires. An account that does not exist is made.
///
/// Nothing is written to disk, and the token is in no log. Thread-safe.
public final class AccountToken implements TokenSource, Component {

  private static final Logger log = LoggerFactory.getLogger(AccountToken.class);

  private final KubeApi api;
  private final ObjectKey account;
  private final Timeline timeline;
  private final Executor executor;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private @Nullable Held held;
  private String problem = "it was not asked for yet";
  private int failures;
  private boolean running;
  private boolean fetching;
  private Timeline.@Nullable Deferred next;

  /// @param since monotonic time at which it was given
  private record Held(String token, Instant expiry, long since) {
    @Override
    public String toString() {
      return "Held[expiry=" + expiry + "]";
    }
  }

  /// @param api with the credentials of the program
  public AccountToken(KubeApi api, ObjectKey account, Timeline timeline) {
    this(api, account, timeline, task -> Thread.ofVirtual().name("account-token").start(task));
  }

  /// For tests: where requests run.
  AccountToken(KubeApi api, ObjectKey account, Timeline timeline, Executor executor) {
    this.api = api;
    this.account = account;
    this.timeline = timeline;
    this.executor = executor;
  }

  @Override
  public String name() {
    return "token of " + account;
  }

  @Override
  public void start() {
    lock.lock();
    try {
      running = true;
      fetchAfter(Duration.ZERO);
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void stop() {
    lock.lock();
    try {
      running = false;
      if (next != null) {
        next.cancel();
      }
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public String token() {
    lock.lock();
    try {
      return held == null || !held.expiry.isAfter(timeline.now()) ? "" : held.token;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public Optional<String> await(Duration atMost) throws InterruptedException {
    long left = atMost.toNanos();
    lock.lockInterruptibly();
    try {
      while (token().isEmpty() && running && left > 0) {
        left = changed.awaitNanos(left);
      }
      return token().isEmpty() ? Optional.of(complaint()) : Optional.empty();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void refused(String token) {
    lock.lock();
    try {
      Held now = held;
      boolean fails = fetching || failures > 0;
      if (running && !fails && now != null && now.token.equals(token)) {
        Duration age = Duration.ofNanos(timeline.nanoTime() - now.since);
        fetchAfter(TokenLife.replaceAfter(age));
      }
    } finally {
      lock.unlock();
    }
  }

  /// Why there is no token, for a readiness check; empty if there is one.
  public Optional<String> problem() {
    lock.lock();
    try {
      return token().isEmpty() ? Optional.of(complaint()) : Optional.empty();
    } finally {
      lock.unlock();
    }
  }

  /// With the lock held.
  private String complaint() {
    return "no token for service account " + account + ": " + problem;
  }

  /// With the lock held.
  private void fetchAfter(Duration delay) {
    if (next != null) {
      next.cancel();
    }
    next = timeline.after(delay, () -> executor.execute(this::fetch));
  }

  private void fetch() {
    lock.lock();
    try {
      if (!running || fetching) {
        return;
      }
      fetching = true;
    } finally {
      lock.unlock();
    }
    try {
      taken(request());
    } catch (KubeApiException | IllegalStateException | UnsupportedOperationException e) {
      failed(String.valueOf(e.getMessage()));
    }
  }

  private Held request() {
    JsonObject answer =
        ask()
            .or(() -> {
              make();
              return ask();
            })
            .orElseThrow(() -> unusable("the service account does not exist"));
    if (!(answer.get("status") instanceof JsonObject status)
        || !status.has("token")
        || !status.has("expirationTimestamp")) {
      throw unusable("the answer has no status.token and status.expirationTimestamp");
    }
    String expiry = status.get("expirationTimestamp").getAsString();
    try {
      return new Held(
          status.get("token").getAsString(), Instant.parse(expiry), timeline.nanoTime());
    } catch (DateTimeException _) {
      throw unusable("status.expirationTimestamp is \"" + expiry + "\"");
    }
  }

  /// @return empty if the account does not exist
  private Optional<JsonObject> ask() {
    var spec = new JsonObject();
    spec.addProperty("expirationSeconds", TokenLife.WANTED.toSeconds());
    var body = new JsonObject();
    body.addProperty("apiVersion", "authentication.k8s.io/v1");
    body.addProperty("kind", "TokenRequest");
    body.add("spec", spec);
    return api.request("POST", accounts() + "/" + account.name() + "/token", Optional.of(body));
  }

  private void make() {
    var metadata = new JsonObject();
    metadata.addProperty("name", account.name());
    metadata.addProperty("namespace", account.namespace());
    var body = new JsonObject();
    body.addProperty("apiVersion", "v1");
    body.addProperty("kind", "ServiceAccount");
    body.add("metadata", metadata);
    try {
      var _ = api.request("POST", accounts(), Optional.of(body));
      log.atInfo().addKeyValue("account", account).log("service account made");
    } catch (KubeApiException e) {
      if (!e.is(Reason.ALREADY_EXISTS)) {
        throw e;
      }
    }
  }

  private String accounts() {
    return "/api/v1/namespaces/" + account.namespace() + "/serviceaccounts";
  }

  private KubeApiException unusable(String why) {
    return new KubeApiException(
        Reason.SERVER_ERROR, 0, "TokenRequest for " + account + ": " + why, Optional.empty(), null);
  }

  private void taken(Held fresh) {
    lock.lock();
    try {
      fetching = false;
      boolean first = held == null || failures > 0;
      held = fresh;
      failures = 0;
      problem = "the last one has expired";
      changed.signalAll();
      if (running) {
        fetchAfter(TokenLife.renewAfter(timeline.now(), fresh.expiry));
      }
      if (first) {
        log.atInfo()
            .addKeyValue("account", account)
            .addKeyValue("expiry", fresh.expiry)
            .log("acting as a service account");
      }
    } finally {
      lock.unlock();
    }
  }

  private void failed(String why) {
    lock.lock();
    try {
      fetching = false;
      failures++;
      if (!why.equals(problem)) {
        problem = why;
        log.atWarn()
            .addKeyValue("account", account)
            .addKeyValue("error", why)
            .log("no token for the service account, trying again");
      }
      if (running) {
        fetchAfter(TokenLife.AFTER_FAILURE.delay(failures));
      }
    } finally {
      lock.unlock();
    }
  }
}
