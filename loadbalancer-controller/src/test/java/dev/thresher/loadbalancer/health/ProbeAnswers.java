package dev.thresher.loadbalancer.health;

import io.grpc.InsecureServerCredentials;
import io.grpc.okhttp.OkHttpServerBuilder;
import io.grpc.protobuf.services.HealthStatusManager;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.logging.LogManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;

/// Answers at every loopback address, for [ProbeLoad]; the port is its first line.
final class ProbeAnswers {

  private static final byte[] ANSWER =
      "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
          .getBytes(StandardCharsets.US_ASCII);
  private static final int BACKLOG = 4096;

  private ProbeAnswers() {}

  /// @param targets how many addresses are asked
  static void to(String kind, int targets)
      throws IOException, GeneralSecurityException, InterruptedException {
    switch (kind) {
      case "tcp", "http" -> connections(new ServerSocket());
      case "https" -> connections(tls().getServerSocketFactory().createServerSocket());
      case "grpc" -> grpc();
      case "udp" -> datagrams(targets);
      default -> throw new IllegalArgumentException("no answers to \"" + kind + "\"");
    }
  }

  private static InetAddress everywhere() {
    return InetAddress.ofLiteral("0.0.0.0");
  }

  private static void connections(ServerSocket listening) throws IOException {
    try (listening) {
      listening.bind(new InetSocketAddress(everywhere(), 0), BACKLOG);
      System.out.println(listening.getLocalPort());
      while (true) {
        Socket client = listening.accept();
        Thread.ofVirtual().start(() -> answer(client));
      }
    }
  }

  private static void answer(Socket client) {
    try (client) {
      if (client.getInputStream().read(new byte[1024]) > 0) {
        client.getOutputStream().write(ANSWER);
      }
    } catch (IOException e) {
      // A probe over TCP resets; there is nobody left to tell.
      Thread.currentThread().setName("reset");
    }
  }

  /// The server tells of each connection that is reset, which is how a probe ends.
  private static void grpc() throws IOException, InterruptedException {
    LogManager.getLogManager().reset();
    var server =
        OkHttpServerBuilder.forPort(
                new InetSocketAddress(everywhere(), 0), InsecureServerCredentials.create())
            .addService(new HealthStatusManager().getHealthService())
            .build()
            .start();
    System.out.println(server.getPort());
    server.awaitTermination();
  }

  /// A socket for each address: the kernel answers for one that is bound to none with another.
  private static void datagrams(int targets) throws IOException {
    try (var selector = Selector.open()) {
      int port = 0;
      for (int i = 0; i < targets; i++) {
        var channel = DatagramChannel.open(StandardProtocolFamily.INET);
        channel.bind(new InetSocketAddress(ProbeLoad.target(i).inet(), port));
        port = ((InetSocketAddress) channel.getLocalAddress()).getPort();
        channel.configureBlocking(false);
        channel.register(selector, SelectionKey.OP_READ);
      }
      System.out.println(port);
      var buffer = ByteBuffer.allocate(1024);
      while (true) {
        selector.select(key -> answer((DatagramChannel) key.channel(), buffer));
      }
    }
  }

  private static void answer(DatagramChannel channel, ByteBuffer buffer) {
    try {
      SocketAddress from = channel.receive(buffer.clear());
      if (from != null) {
        channel.send(buffer.flip(), from);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static SSLContext tls() throws IOException, GeneralSecurityException {
    KeyStore keys = KeyStore.getInstance("PKCS12");
    try (InputStream in = ProbeAnswers.class.getResourceAsStream("/tls/server.p12")) {
      keys.load(in, "test".toCharArray());
    }
    var managers = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    managers.init(keys, "test".toCharArray());
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(managers.getKeyManagers(), null, null);
    return context;
  }
}
