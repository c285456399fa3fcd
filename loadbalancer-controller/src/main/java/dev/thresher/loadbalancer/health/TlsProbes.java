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
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Probes over TLS, each on a virtual thread of its own: a handshake is computation, which a
/// non-blocking loop would only hold up.
///
/// Certificates are not verified: back ends have those of their guests, whose authorities the host
/// does not know, and a check tells nobody anything that is secret. Thread-safe.
final class TlsProbes {

  private static final Logger log = LoggerFactory.getLogger(TlsProbes.class);

  /// Handshakes at a time.
  private static final int MOST = 64;

  private static final int BUFFER = 8192;

  private final Timeline timeline;
  private final Semaphore permits = new Semaphore(MOST);

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
          permits.acquireUninterruptibly();
          Outcome result;
          try {
            result = ask(address, check);
          } catch (RuntimeException e) {
            log.atError().setCause(e).log("probe failed");
            result = new Outcome.Inconclusive("the probe failed: " + e);
          } finally {
            permits.release();
          }
          outcome.accept(result);
        });
  }

  private Outcome ask(IpAddress address, Check check) {
    var late = new AtomicBoolean();
    boolean connected = false;
    try (Socket socket = new Socket()) {
      socket.setOption(StandardSocketOptions.SO_LINGER, 0);
      socket.setTcpNoDelay(true);
      // A timeout of the socket would count from byte to byte: a back end that drips is not alive.
      Timeline.Deferred alarm =
          timeline.after(
              check.timeout(),
              () -> {
                late.set(true);
                close(socket);
              });
      try {
        socket.connect(new InetSocketAddress(address.inet(), check.port()));
        connected = true;
        return converse(socket, address, check);
      } finally {
        alarm.cancel();
      }
    } catch (IOException e) {
      return late.get() ? Faults.timeout(check.timeout(), connected) : Faults.of(e);
    }
  }

  private Outcome converse(Socket socket, IpAddress address, Check check) throws IOException {
    Conversation conversation =
        switch (check.probe()) {
          case Probe.Http http -> new HttpConversation(http, address, check.port());
          case Probe.Grpc grpc -> new GrpcConversation(grpc, address, check.port());
          case Probe.Tcp _, Probe.Udp _, Probe.Reach _ ->
              throw new IllegalArgumentException(check.probe() + " is not asked over TLS");
        };
    String name = serverName(check.probe());
    // Under this key sessions are resumed, since a full handshake each second is dear. The name is
    // part of it: a resumed session is still the one of the name that it was begun with. No host is
    // called so, so nothing is sent of it.
    String key = address + "|" + name;
    var tls =
        (SSLSocket)
            Client.CONTEXT.getSocketFactory().createSocket(socket, key, check.port(), false);
    tls.setSSLParameters(parameters(tls.getSSLParameters(), check.probe(), name));
    tls.startHandshake();
    tls.getOutputStream().write(conversation.greeting());
    byte[] buffer = new byte[BUFFER];
    while (true) {
      int length = tls.getInputStream().read(buffer);
      if (length < 0) {
        return conversation.closed();
      }
      Optional<Outcome> end = conversation.received(ByteBuffer.wrap(buffer, 0, length));
      if (end.isPresent()) {
        return end.get();
      }
    }
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
