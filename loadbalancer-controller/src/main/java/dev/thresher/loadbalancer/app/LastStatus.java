package dev.thresher.loadbalancer.app;

import dev.thresher.loadbalancer.reconcile.LoadBalancerControl;
import dev.thresher.runtime.client.KubeApiException;
import dev.thresher.runtime.informer.Informer;
import dev.thresher.runtime.leader.Leadership;
import dev.thresher.runtime.lifecycle.Component;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Brings the pools' status up to date at an orderly end. It starts before the controllers, so that
/// it stops after them and before the lease is given back.
///
/// A server that does not answer holds the end up for [#PATIENCE] only: whoever leads next does it.
final class LastStatus implements Component {

  static final Duration PATIENCE = Duration.ofSeconds(5);

  private static final Logger log = LoggerFactory.getLogger(LastStatus.class);

  private final LoadBalancerControl control;
  private final Leadership leadership;

  LastStatus(LoadBalancerControl control, Leadership leadership) {
    this.control = control;
    this.leadership = leadership;
  }

  @Override
  public String name() {
    return "last-pool-status";
  }

  @Override
  public void start() {}

  @Override
  public void stop() {
    if (!leadership.held() || !control.caches().stream().allMatch(Informer::hasSynced)) {
      return;
    }
    Thread writer = Thread.ofVirtual().name(name()).start(this::write);
    try {
      if (!writer.join(PATIENCE)) {
        writer.interrupt();
        log.atWarn()
            .addKeyValue("patience", PATIENCE)
            .log(
                "the pools' status could not be brought up to date in time, the next leader does it");
      }
    } catch (InterruptedException _) {
      writer.interrupt();
      Thread.currentThread().interrupt();
    }
  }

  private void write() {
    try {
      control.poolReconciler().finish();
    } catch (KubeApiException e) {
      log.atWarn()
          .addKeyValue("error", e.getMessage())
          .log("the pools' status could not be brought up to date, the next leader does it");
    }
  }
}
