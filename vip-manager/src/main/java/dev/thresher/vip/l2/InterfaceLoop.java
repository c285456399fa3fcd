package dev.thresher.vip.l2;

import dev.thresher.vip.linux.Errno;
import dev.thresher.vip.linux.Link;
import dev.thresher.vip.linux.PacketFilter;
import dev.thresher.vip.linux.PacketSocket;
import dev.thresher.vip.linux.Poller;
import dev.thresher.vip.linux.Scheduling;
import dev.thresher.vip.linux.SystemResult;
import dev.thresher.vip.linux.Wakeup;
import dev.thresher.vip.packet.EthernetHeader;
import dev.thresher.vip.packet.Frame;
import dev.thresher.vip.packet.MacAddress;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The sockets and the thread of one interface: reads frames, asks the [Responder], sends what it
/// says. The thread is a platform thread of its own, because an answer has a deadline.
final class InterfaceLoop {
  private static final Logger LOG = LoggerFactory.getLogger(InterfaceLoop.class);

  /// Frames read before timers and other sockets get their turn.
  private static final int FRAMES_AT_ONCE = 64;

  private static final int FRAME_BUFFER = 16 * 1024;

  /// Unexpected send errors are logged at most this often.
  private static final long LOG_INTERVAL_NANOS = 10_000_000_000L;

  /// One socket per EtherType.
  private record Sockets(PacketSocket arp, PacketSocket ip4, PacketSocket ip6) {
    List<PacketSocket> all() {
      return List.of(arp, ip4, ip6);
    }

    PacketSocket of(Frame frame) {
      return switch (frame) {
        case Frame.Arp _ -> arp;
        case Frame.Echo4 _ -> ip4;
        case Frame.Solicitation _, Frame.Advertisement _, Frame.Echo6 _ -> ip6;
      };
    }
  }

  private final Link link;
  private final Sockets sockets;
  private final Wakeup wakeup;
  private final LongSupplier nanoTime;
  private final Consumer<Responder.Action> events;
  private final Runnable onFailure;
  private final Thread thread;

  /// Guards the responder *and* the sending of what it decided: whoever has changed the responder
  /// under it knows that no earlier decision is still on its way. Under it: system calls that do
  /// not wait, and putting events into a queue; no logging, no callbacks, no other locks.
  private final Object lock = new Object();

  private final Responder responder;
  private volatile boolean stopping;
  private long loggedNanos;
  private boolean logged;

  private InterfaceLoop(
      Link link,
      Sockets sockets,
      Wakeup wakeup,
      Responder responder,
      LongSupplier nanoTime,
      Consumer<Responder.Action> events,
      Runnable onFailure) {
    this.link = link;
    this.onFailure = onFailure;
    this.sockets = sockets;
    this.wakeup = wakeup;
    this.responder = responder;
    this.nanoTime = nanoTime;
    this.events = events;
    this.thread = Thread.ofPlatform().name("l2-" + link.name()).daemon().unstarted(this::run);
  }

  /// Opens the sockets and starts the thread; nothing is answered yet.
  ///
  /// @param events called under the lock, so it must only put them somewhere
  /// @param onFailure called on the loop's thread if it ends unasked: nothing is answered any more
  static SystemResult<InterfaceLoop> open(
      Link link,
      Responder responder,
      LongSupplier nanoTime,
      Consumer<Responder.Action> events,
      Runnable onFailure) {
    List<PacketSocket> opened = new ArrayList<>();
    Function<SystemResult.Failed<?>, SystemResult<InterfaceLoop>> giveUp =
        failed -> {
          opened.forEach(PacketSocket::close);
          return new SystemResult.Failed<>(failed.call(), failed.errno(), failed.detail());
        };
    record Kind(int etherType, PacketFilter filter) {}
    for (Kind kind :
        List.of(
            new Kind(EthernetHeader.ARP, PacketFilter.ALL),
            new Kind(EthernetHeader.IPV4, PacketFilter.ECHO_REQUESTS_V4),
            new Kind(EthernetHeader.IPV6, PacketFilter.NEIGHBOR_DISCOVERY_AND_ECHO_REQUESTS))) {
      switch (PacketSocket.open(link.index(), kind.etherType, kind.filter)) {
        case SystemResult.Failed<PacketSocket> failed -> {
          return giveUp.apply(failed);
        }
        case SystemResult.Ok<PacketSocket>(PacketSocket socket) -> opened.add(socket);
      }
    }
    return switch (Wakeup.open()) {
      case SystemResult.Failed<Wakeup> failed -> giveUp.apply(failed);
      case SystemResult.Ok<Wakeup>(Wakeup wakeup) -> {
        InterfaceLoop loop =
            new InterfaceLoop(
                link,
                new Sockets(opened.get(0), opened.get(1), opened.get(2)),
                wakeup,
                responder,
                nanoTime,
                events,
                onFailure);
        loop.thread.start();
        yield new SystemResult.Ok<>(loop);
      }
    };
  }

  /// The interface as it was when the loop was opened; its index and name do not change.
  Link link() {
    return link;
  }

  void hold(InetAddress address, Claim claim) {
    synchronized (lock) {
      responder.hold(address, claim, nanoTime.getAsLong());
    }
    wakeup.signal();
  }

  void release(InetAddress address) {
    synchronized (lock) {
      responder.release(address);
    }
  }

  void linkChanged(
      MacAddress mac, Set<MacAddress> ownMacs, boolean router, boolean up, boolean moved) {
    synchronized (lock) {
      responder.link(mac, ownMacs, router, up, moved, nanoTime.getAsLong());
    }
    wakeup.signal();
  }

  boolean answers(InetAddress address) {
    synchronized (lock) {
      return responder.answers(address);
    }
  }

  Set<InetAddress> answered() {
    synchronized (lock) {
      return responder.answered();
    }
  }

  /// Answered or probed.
  Set<InetAddress> addresses() {
    synchronized (lock) {
      return responder.addresses();
    }
  }

  /// Lets the thread end; it closes the sockets itself, so that none is closed under a call.
  void stop() {
    stopping = true;
    wakeup.signal();
  }

  void awaitStopped() throws InterruptedException {
    thread.join();
  }

  private void run() {
    Scheduling.shortSlices();
    byte[] buffer = new byte[FRAME_BUFFER];
    try (Poller poller = new Poller(List.of(wakeup, sockets.arp, sockets.ip4, sockets.ip6))) {
      while (!stopping) {
        poller.await(step());
        if (poller.ready(0)) {
          wakeup.clear();
        }
        List<PacketSocket> all = sockets.all();
        for (int i = 0; i < all.size(); i++) {
          if (poller.ready(i + 1)) {
            read(all.get(i), buffer);
          }
        }
      }
    } catch (RuntimeException | Error e) {
      LOG.atError()
          .setCause(e)
          .addKeyValue("interface", link.name())
          .log("answering on an interface ended unexpectedly");
      onFailure.run();
    } finally {
      sockets.all().forEach(PacketSocket::close);
      wakeup.close();
    }
  }

  /// Does what is due and says how long there is nothing to do.
  private long step() {
    long wait;
    Optional<Errno> failure;
    synchronized (lock) {
      long now = nanoTime.getAsLong();
      failure = perform(responder.onTime(now));
      OptionalLong due = responder.dueNanos();
      wait = due.isEmpty() ? -1 : Math.max(0, due.getAsLong() - now);
    }
    failure.ifPresent(this::report);
    return wait;
  }

  private void read(PacketSocket socket, byte[] buffer) {
    for (int i = 0; i < FRAMES_AT_ONCE && !stopping; i++) {
      switch (socket.receive(buffer)) {
        case PacketSocket.Received.Whole(int length) ->
            Frame.decode(buffer, length).ifPresent(this::react);
        case PacketSocket.Received.Skipped() -> {}
        case PacketSocket.Received.Nothing() -> {
          return;
        }
        // The link went down or away: said once per socket, and told by the watcher as well.
        case PacketSocket.Received.Failed(Errno errno) -> {
          report(errno);
          return;
        }
      }
    }
  }

  private void react(Frame frame) {
    Optional<Errno> failure;
    synchronized (lock) {
      failure = perform(responder.onFrame(frame, nanoTime.getAsLong()));
    }
    failure.ifPresent(this::report);
  }

  /// Under the lock.
  private Optional<Errno> perform(List<Responder.Action> actions) {
    Optional<Errno> failure = Optional.empty();
    for (Responder.Action action : actions) {
      switch (action) {
        case Responder.Action.Send(Frame frame) -> {
          if (sockets.of(frame).send(frame.encode()) instanceof SystemResult.Failed<?> failed) {
            failure = Optional.of(failed.errno());
          }
        }
        case Responder.Action.Answering _,
            Responder.Action.Conflict _,
            Responder.Action.ForeignClaim _ ->
            events.accept(action);
      }
    }
    return failure;
  }

  private void report(Errno errno) {
    long now = nanoTime.getAsLong();
    if (errno.isLinkDown() || errno.isAbsent()) {
      return;
    }
    if (!logged || now - loggedNanos > LOG_INTERVAL_NANOS) {
      logged = true;
      loggedNanos = now;
      LOG.atWarn()
          .addKeyValue("interface", link.name())
          .addKeyValue("errno", errno)
          .log("frames could not be sent or received");
    }
  }
}
