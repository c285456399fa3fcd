package dev.thresher.loadbalancer.health;

import dev.thresher.api.address.IpAddress;
import dev.thresher.runtime.lifecycle.Component;
import dev.thresher.runtime.time.Timeline;
import java.io.IOException;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Asks back ends over the network. Thread-safe.
///
/// Before [#start] and after [#stop] no probe is begun and no outcome is told.
public final class NetworkProber implements Prober, Component {

  private static final long STOP_MILLIS = 2000;

  private final TlsProbes tls;
  private volatile @Nullable SocketLoop loop;
  private volatile @Nullable Thread thread;

  /// @param timeline times probes over TLS
  public NetworkProber(Timeline timeline) {
    tls = new TlsProbes(timeline);
  }

  @Override
  public String name() {
    return "health-probes";
  }

  @Override
  public void start() throws IOException {
    var begun = new SocketLoop();
    loop = begun;
    thread = Thread.ofPlatform().name(name()).daemon(true).start(begun);
  }

  @Override
  public void stop() {
    SocketLoop running = loop;
    Thread its = thread;
    loop = null;
    if (running == null || its == null) {
      return;
    }
    running.stop();
    try {
      its.join(STOP_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /// Why no probe is made though it should be; empty if all is well.
  public Optional<String> problem() {
    Thread its = thread;
    return its != null && !its.isAlive() && loop != null
        ? Optional.of("the thread that probes back ends has ended, see the log")
        : Optional.empty();
  }

  @Override
  public void probe(IpAddress address, Check check, Consumer<Outcome> outcome) {
    SocketLoop running = loop;
    if (running == null) {
      return;
    }
    if (check.probe().encrypted()) {
      tls.probe(address, check, outcome);
    } else {
      running.add(new Attempt(address, check, outcome));
    }
  }
}
