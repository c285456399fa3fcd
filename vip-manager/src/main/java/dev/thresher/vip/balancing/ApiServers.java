package dev.thresher.vip.balancing;

import dev.thresher.runtime.informer.Informer;
import dev.thresher.runtime.lifecycle.Component;
import dev.thresher.runtime.metrics.Metrics;
import dev.thresher.runtime.time.Timeline;
import io.kubernetes.client.openapi.models.V1EndpointSlice;
import io.kubernetes.client.openapi.models.V1Node;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Follows the API servers of the cluster and asks each, once a period, whether it is well.
///
/// A server takes part from its first good answer on and is left out from its first bad one: the
/// connections that it has stay with it, and there are others for new ones. This node's own is left
/// out as soon as it is known not to be well, which is asked more often.
public final class ApiServers implements Component {
  private static final Logger LOG = LoggerFactory.getLogger(ApiServers.class);

  /// Asks one server whether it is well; blocks.
  public interface Question {
    boolean well(InetSocketAddress server);
  }

  /// What this node knows of its own API server; any thread.
  ///
  /// @param at whether an address is this node's
  public record Own(Predicate<InetAddress> at, BooleanSupplier well) {}

  private final Informer<V1EndpointSlice> slices;
  private final Informer<V1Node> nodes;
  private final Own own;
  private final Question question;
  private final Duration period;
  private final Timeline timeline;
  private final List<Consumer<Set<InetSocketAddress>>> listeners = new CopyOnWriteArrayList<>();
  private final Set<InetSocketAddress> well = ConcurrentHashMap.newKeySet();
  private volatile Set<InetSocketAddress> told = Set.of();
  private volatile boolean stopped;

  /// @param slices those of the Service `default/kubernetes`
  /// @param period between two rounds of questions
  public ApiServers(
      Informer<V1EndpointSlice> slices,
      Informer<V1Node> nodes,
      Own own,
      Question question,
      Duration period,
      Timeline timeline,
      Metrics metrics) {
    this.slices = slices;
    this.nodes = nodes;
    this.own = own;
    this.question = question;
    this.period = period;
    this.timeline = timeline;
    metrics.gauge(
        "thresher_vip_balanced_api_servers",
        "Addresses of API servers over which connections to the control plane's address are spread"
            + " while this node holds it.",
        () -> told.size());
  }

  /// Hears which servers are well, on every change, one call at a time. To be called before the
  /// start.
  public void onChange(Consumer<Set<InetSocketAddress>> listener) {
    listeners.add(listener);
  }

  @Override
  public String name() {
    return "api servers";
  }

  @Override
  public void start() {
    begin();
  }

  @Override
  public void stop() {
    stopped = true;
  }

  private void begin() {
    if (!stopped) {
      Thread.ofVirtual().name("api-servers").start(this::round);
    }
  }

  private void round() {
    Set<InetSocketAddress> all = ServerList.of(slices.list(), nodes.list());
    well.retainAll(all);
    look();
    Set<Thread> asking = new HashSet<>();
    for (InetSocketAddress server : all) {
      asking.add(
          Thread.ofVirtual()
              .name("ask-" + server)
              .start(() -> note(server, question.well(server))));
    }
    try {
      for (Thread one : asking) {
        one.join();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return;
    }
    timeline.after(period, this::begin);
  }

  private void note(InetSocketAddress server, boolean answersWell) {
    if (answersWell ? well.add(server) : well.remove(server)) {
      LOG.atInfo()
          .addKeyValue("server", server)
          .addKeyValue("well", answersWell)
          .log("an API server changed");
      look();
    }
  }

  /// To be called when something changed that was not asked for here. Any thread.
  public synchronized void look() {
    Set<InetSocketAddress> now =
        well.stream()
            .filter(server -> own.well().getAsBoolean() || !own.at().test(server.getAddress()))
            .collect(Collectors.toUnmodifiableSet());
    if (!now.equals(told) && !stopped) {
      told = now;
      listeners.forEach(listener -> listener.accept(now));
    }
  }
}
