package dev.thresher.vip.linux;

import dev.thresher.vip.netlink.NetlinkMessage;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Follows the network of the process's namespace: listens, then lists, then applies what it heard
/// meanwhile, so that there is no gap. When the kernel lost events, everything is listed again.
///
/// One platform thread of its own; it sleeps until the kernel has something to say.
public final class NodeNetworkWatcher implements NodeNetwork, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(NodeNetworkWatcher.class);

  private final List<Consumer<LinuxNetwork>> listeners = new CopyOnWriteArrayList<>();
  private final NetworkPicture picture = new NetworkPicture();
  private volatile LinuxNetwork current = LinuxNetwork.EMPTY;
  private @Nullable NetlinkSocket events;
  private @Nullable NetlinkSocket questions;
  private @Nullable Wakeup wakeup;
  private @Nullable Thread thread;
  private final Consumer<RuntimeException> onFailure;
  private final AtomicLong overflows = new AtomicLong();
  private volatile boolean stopping;

  /// @param onFailure called once, on the watcher's thread, if the network cannot be followed any
  ///   more. The picture ages from then on: whoever holds addresses by it should end the process
  public NodeNetworkWatcher(Consumer<RuntimeException> onFailure) {
    this.onFailure = onFailure;
  }

  /// Learns the present state and begins to follow it. Afterwards [#current()] is complete.
  ///
  /// @throws IllegalStateException if the kernel refuses
  public synchronized void start() {
    if (thread != null) {
      throw new IllegalStateException("the network watcher was started before");
    }
    NetlinkSocket listening =
        NetlinkSocket.open(
                NetlinkSocket.Protocol.ROUTE, RouteMessages.GROUPS | RoutingPolicy.GROUPS)
            .orThrow();
    events = listening;
    NetlinkSocket asking = NetlinkSocket.open(NetlinkSocket.Protocol.ROUTE, 0).orThrow();
    questions = asking;
    Wakeup wake = Wakeup.open().orThrow();
    wakeup = wake;
    listAll(asking);
    current = picture.snapshot();
    thread =
        Thread.ofPlatform().name("network-watcher").start(() -> follow(listening, asking, wake));
  }

  @Override
  public LinuxNetwork current() {
    return current;
  }

  /// How often the kernel lost events, after which the network was listed again.
  public long overflows() {
    return overflows.get();
  }

  @Override
  public void onChange(Consumer<LinuxNetwork> listener) {
    listeners.add(listener);
  }

  private void follow(NetlinkSocket listening, NetlinkSocket asking, Wakeup wake) {
    try (Poller poller = new Poller(List.of(wake, listening))) {
      while (!stopping) {
        poller.await(-1);
        if (poller.ready(1) && drain(listening, asking)) {
          publish();
        }
      }
    } catch (RuntimeException e) {
      LOG.atError().setCause(e).log("network watcher failed");
      onFailure.accept(e);
    }
  }

  /// Returns whether the kernel had something to say.
  private boolean drain(NetlinkSocket listening, NetlinkSocket asking) {
    Set<NetworkPicture.Missing> missing = EnumSet.noneOf(NetworkPicture.Missing.class);
    boolean lost = false;
    boolean more = true;
    while (more) {
      switch (listening.receive()) {
        case NetlinkSocket.Received.Messages(List<NetlinkMessage> messages) -> {
          for (NetlinkMessage message : messages) {
            missing.add(picture.apply(message));
          }
        }
        case NetlinkSocket.Received.Lost() -> lost = true;
        case NetlinkSocket.Received.Nothing() -> more = false;
        case NetlinkSocket.Received.Failed(Errno errno) ->
            throw new IllegalStateException("reading network events: " + errno);
      }
    }
    if (lost) {
      overflows.incrementAndGet();
      LOG.atWarn().log("network events were lost; the network is listed again");
      listAll(asking);
      return true;
    }
    if (missing.contains(NetworkPicture.Missing.ROUTES)) {
      listRoutes(asking);
    }
    if (missing.contains(NetworkPicture.Missing.RULES)) {
      listRules(asking);
    }
    return !missing.isEmpty();
  }

  private void listAll(NetlinkSocket asking) {
    picture.replaceLinks(asking.dump(RouteMessages.GET_LINK, RouteMessages.links()).orThrow());
    // A kernel that cannot say it has no VLANs to show.
    if (asking.dump(RouteMessages.GET_LINK, RouteMessages.bridgePorts())
        instanceof SystemResult.Ok<List<NetlinkMessage>>(List<NetlinkMessage> ports)) {
      picture.replaceBridgePorts(ports);
    }
    picture.replaceAddresses(
        asking.dump(RouteMessages.GET_ADDRESS, RouteMessages.addresses()).orThrow());
    listRoutes(asking);
    listRules(asking);
  }

  private void listRules(NetlinkSocket asking) {
    List<NetlinkMessage> found = new ArrayList<>();
    for (int family : new int[] {RouteMessages.AF_INET, RouteMessages.AF_INET6}) {
      // A kernel without policy routing, or without IPv6, has no rules of ours.
      if (asking.dump(RoutingPolicy.GET_RULE, RoutingPolicy.rules(family))
          instanceof SystemResult.Ok<List<NetlinkMessage>>(List<NetlinkMessage> rules)) {
        found.addAll(rules);
      }
    }
    picture.replaceRules(found);
  }

  private void listRoutes(NetlinkSocket asking) {
    picture.replaceRoutes(
        asking
            .dump(RouteMessages.GET_ROUTE, RouteMessages.routes(RouteMessages.AF_UNSPEC))
            .orThrow());
  }

  private void publish() {
    LinuxNetwork next = picture.snapshot();
    current = next;
    listeners.forEach(listener -> listener.accept(next));
  }

  /// Stops following; [#current()] keeps its last value. Idempotent, also after a failed start.
  @Override
  public synchronized void close() {
    if (stopping) {
      return;
    }
    stopping = true;
    if (thread != null && wakeup != null) {
      wakeup.signal();
      try {
        thread.join();
      } catch (InterruptedException e) {
        // Closing under the thread would pull the memory from under its system call.
        Thread.currentThread().interrupt();
        return;
      }
    }
    if (events != null) {
      events.close();
    }
    if (questions != null) {
      questions.close();
    }
    if (wakeup != null) {
      wakeup.close();
    }
  }
}
