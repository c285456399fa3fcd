package dev.thresher.loadbalancer.health;

import dev.thresher.api.address.IpAddress;
import dev.thresher.runtime.client.AnyServer;
import dev.thresher.runtime.time.Timeline;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Probes over TLS, each on a virtual thread of its own: a handshake is computation, which a
/// non-blocking loop would only hold up.
///
/// A back end that keeps silent costs a socket and a parked thread, and holds up nobody: processors
/// are shared out for computing only, never while a probe waits for its back end.
///
/// Certificates are not verified: back ends have those of their guests, whose authorities the host
/// does not know, and a check tells nobody anything that is secret. Thread-safe.
final class TlsProbes {

  private static final Logger log = LoggerFactory.getLogger(TlsProbes.class);

  /// Sockets open at a time. Others wait their turn, and their time runs from its begin.
  static final int MOST = 2000;

  /// Each takes as much memory while it waits.
  private static final int BUFFER = 2048;

  private final Timeline timeline;
  private final Semaphore turns = new Semaphore(MOST, true);

  /// Without it a crowd of handshakes would share the processors so thinly that none ends in time.
  private final Semaphore processors =
      new Semaphore(Runtime.getRuntime().availableProcessors(), true);

  TlsProbes(Timeline timeline) {
    this.timeline = timeline;
  }

  /// Made when the first one is asked over TLS: most programs never do.
  private static final class Client {
    private static final SSLContext CONTEXT = AnyServer.context();
  }

  void probe(IpAddress address, Check check, Consumer<Outcome> outcome) {
    Thread.ofVirtual()
        .name("tls-probe")
        .start(() -> {
          turns.acquireUninterruptibly();
          Outcome result;
          try {
            result = new Asking(address, check).outcome();
          } catch (RuntimeException e) {
            log.atError().setCause(e).log("probe failed");
            result = new Outcome.Inconclusive("the probe failed: " + e);
          } finally {
            turns.release();
          }
          outcome.accept(result);
        });
  }

  private interface Network {
    int call() throws IOException;
  }

  private interface Computation<T> {
    T call() throws SSLException;
  }

  /// One probe.
  private final class Asking {

    private final IpAddress address;
    private final Check check;
    private final Socket socket = new Socket();
    private final AtomicBoolean late = new AtomicBoolean();
    private Duration left;
    private boolean connected;

    Asking(IpAddress address, Check check) {
      this.address = address;
      this.check = check;
      this.left = check.timeout();
    }

    Outcome outcome() {
      try (socket) {
        socket.setOption(StandardSocketOptions.SO_LINGER, 0);
        socket.setTcpNoDelay(true);
        network(() -> {
          socket.connect(new InetSocketAddress(address.inet(), check.port()));
          return 0;
        });
        connected = true;
        return converse();
      } catch (IOException e) {
        return late.get() ? Faults.timeout(check.timeout(), connected) : Faults.of(e);
      }
    }

    private Outcome converse() throws IOException {
      TlsCodec codec = computed(() -> new TlsCodec(engine(address, check), conversation()));
      byte[] buffer = new byte[BUFFER];
      int length = 0;
      while (length >= 0) {
        ByteBuffer received = ByteBuffer.wrap(buffer, 0, length);
        TlsCodec.Step step = computed(() -> codec.step(received));
        if (step.end().isPresent()) {
          return step.end().get();
        }
        length =
            network(() -> {
              socket.getOutputStream().write(step.send().array());
              return socket.getInputStream().read(buffer);
            });
      }
      return codec.closed();
    }

    private Conversation conversation() {
      return switch (check.probe()) {
        case Probe.Http http -> new HttpConversation(http, address, check.port());
        case Probe.Grpc grpc -> new GrpcConversation(grpc, address, check.port());
        case Probe.Tcp _, Probe.Udp _, Probe.Reach _ ->
            throw new IllegalArgumentException(check.probe() + " is not asked over TLS");
      };
    }

    /// Waits for the back end, which is what takes the time of the check. A timeout of the socket
    /// would count from byte to byte: a back end that drips is not alive.
    private int network(Network exchange) throws IOException {
      long begun = timeline.nanoTime();
      Timeline.Deferred alarm =
          timeline.after(
              left,
              () -> {
                late.set(true);
                close(socket);
              });
      try {
        return exchange.call();
      } finally {
        alarm.cancel();
        left = left.minusNanos(timeline.nanoTime() - begun);
      }
    }

    /// The time of the check stands still: that this machine is busy is no fault of the back end.
    private <T> T computed(Computation<T> computation) throws SSLException {
      processors.acquireUninterruptibly();
      try {
        return computation.call();
      } finally {
        processors.release();
      }
    }
  }

  private static SSLEngine engine(IpAddress address, Check check) {
    String name = serverName(check.probe());
    // Under this key sessions are resumed, since a full handshake each second is dear. The name is
    // part of it: a resumed session is still the one of the name that it was begun with. No host is
    // called so, so nothing is sent of it.
    String key = address + "|" + name;
    SSLEngine engine = Client.CONTEXT.createSSLEngine(key, check.port());
    engine.setUseClientMode(true);
    engine.setSSLParameters(parameters(engine.getSSLParameters(), check.probe(), name));
    return engine;
  }

  private static String serverName(Probe probe) {
    return switch (probe) {
      case Probe.Http http -> http.serverName();
      case Probe.Grpc grpc -> grpc.serverName();
      case Probe.Tcp _, Probe.Udp _, Probe.Reach _ -> "";
    };
  }

  private static SSLParameters parameters(SSLParameters parameters, Probe probe, String name) {
    if (!name.isEmpty()) {
      parameters.setServerNames(List.of(new SNIHostName(name)));
    }
    parameters.setApplicationProtocols(
        new String[] {probe instanceof Probe.Grpc ? "h2" : "http/1.1"});
    return parameters;
  }

  private static void close(Socket socket) {
    try {
      socket.close();
    } catch (SocketException e) {
      log.atDebug().setCause(e).log("socket of a probe was closed twice");
    } catch (IOException e) {
      log.atWarn().setCause(e).log("socket of a probe could not be closed");
    }
  }
}
