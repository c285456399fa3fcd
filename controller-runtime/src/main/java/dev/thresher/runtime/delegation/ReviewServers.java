package dev.thresher.runtime.delegation;

import com.google.common.base.Supplier;
import com.google.common.base.Suppliers;
import dev.thresher.runtime.client.ClientConfig;
import dev.thresher.runtime.client.OkHttpKubeApi;
import dev.thresher.runtime.lifecycle.Component;
import dev.thresher.runtime.metrics.Metrics;
import dev.thresher.runtime.time.Timeline;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/// The connections for reviews. They are made when the first question comes, and have a rate limit
/// of their own: whoever knocks at the port with wrong tokens must not slow the controllers down.
public final class ReviewServers implements Component {

  private static final double QPS = 20;
  private static final int BURST = 40;

  /// A scrape does not wait longer.
  private static final Duration TIMEOUT = Duration.ofSeconds(5);

  private final Timeline timeline;
  private final Metrics metrics;
  private final List<OkHttpKubeApi> made = new CopyOnWriteArrayList<>();
  private final Delegation delegation;
  private final Supplier<OkHttpKubeApi> authentication;
  private final Supplier<OkHttpKubeApi> authorization;

  public ReviewServers(Delegation delegation, Timeline timeline, Metrics metrics) {
    this.timeline = timeline;
    this.metrics = metrics;
    this.delegation = delegation;
    this.authentication = Suppliers.memoize(() -> connect(delegation.authentication()));
    this.authorization =
        delegation.authorization().equals(delegation.authentication())
            ? authentication
            : Suppliers.memoize(() -> connect(delegation.authorization()));
  }

  /// A gatekeeper that asks these servers.
  public DelegatedAccess access() {
    return new DelegatedAccess(
        delegation.authenticating(),
        delegation.reviews(),
        authentication::get,
        authorization::get,
        metrics,
        timeline);
  }

  private OkHttpKubeApi connect(ClientConfig config) {
    var server =
        new OkHttpKubeApi(
            config.withRate(QPS, BURST).withTimeouts(TIMEOUT, TIMEOUT), timeline, metrics);
    server.start();
    made.add(server);
    return server;
  }

  @Override
  public String name() {
    return "review-servers";
  }

  @Override
  public void start() {
    // By the first question.
  }

  @Override
  public void stop() {
    made.forEach(OkHttpKubeApi::stop);
  }
}
