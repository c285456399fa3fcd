package dev.thresher.ccm.rights;

import dev.thresher.runtime.client.KubeApi;
import dev.thresher.runtime.client.KubeApiException;
import dev.thresher.runtime.lifecycle.Component;
import dev.thresher.runtime.serving.HealthChecks;
import dev.thresher.runtime.time.Timeline;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Asks a server by SelfSubjectAccessReview whether all rights are there.
///
/// While one is missing, or the server cannot be asked, the program is not ready, for the reason
/// that is named; it asks again until all is well, so that a grant counts without a restart. Once
/// it was well it asks no more: what is taken away later shows in the calls that are refused.
public final class RightsCheck implements Component {

  private static final Logger log = LoggerFactory.getLogger(RightsCheck.class);

  static final Duration AGAIN = Duration.ofSeconds(10);

  private final KubeApi server;
  private final List<Right> rights;
  private final String remedy;
  private final Timeline timeline;
  private final Executor executor;
  private volatile Optional<String> problem = Optional.of("rights are not checked yet");
  private volatile boolean stopped;

  /// @param server not fenced: a standby asks too
  /// @param remedy what to do when a right is missing
  /// @param health gets a readiness check of the name of this component
  /// @param executor runs what blocks
  public RightsCheck(
      KubeApi server,
      List<Right> rights,
      String remedy,
      HealthChecks health,
      Timeline timeline,
      Executor executor) {
    this.server = server;
    this.rights = List.copyOf(rights);
    this.remedy = remedy;
    this.timeline = timeline;
    this.executor = executor;
    health.add(HealthChecks.Kind.READY, name(), () -> problem);
  }

  @Override
  public String name() {
    return server.name() + "-rights";
  }

  @Override
  public void start() {
    executor.execute(this::check);
  }

  @Override
  public void stop() {
    stopped = true;
  }

  private void check() {
    if (stopped) {
      return;
    }
    Optional<String> now = ask();
    if (now.isPresent() && !now.equals(problem)) {
      log.atError()
          .addKeyValue("server", server.name())
          .addKeyValue("problem", now.get())
          .log("rights are missing");
    } else if (now.isEmpty()) {
      log.atInfo()
          .addKeyValue("server", server.name())
          .addKeyValue("rights", rights.size())
          .log("all rights are there");
    }
    problem = now;
    if (now.isPresent()) {
      timeline.after(AGAIN, () -> executor.execute(this::check));
    }
  }

  private Optional<String> ask() {
    List<Right> missing = new ArrayList<>();
    try {
      for (Right right : rights) {
        if (!right.isGranted(server)) {
          missing.add(right);
        }
      }
    } catch (KubeApiException e) {
      return Optional.of("cannot ask the " + server.name() + " for rights: " + e.getMessage());
    }
    return missing.isEmpty()
        ? Optional.empty()
        : Optional.of("missing: " + Right.describe(missing) + "; " + remedy);
  }
}
