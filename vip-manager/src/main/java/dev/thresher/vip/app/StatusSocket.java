package dev.thresher.vip.app;

import dev.thresher.runtime.lifecycle.Component;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Tells whoever opens a socket on this node what this process knows, and closes it. Only the owner
/// of the process may open it.
///
/// A program without this socket does its work: what stands in its way is a warning.
final class StatusSocket implements Component {

  private static final Logger LOG = LoggerFactory.getLogger(StatusSocket.class);

  private final Path path;
  private final Supplier<String> report;
  private @Nullable ServerSocketChannel server;

  /// @param report made anew for each question; any thread
  StatusSocket(Path path, Supplier<String> report) {
    this.path = path;
    this.report = report;
  }

  /// What the process behind a socket says.
  ///
  /// @throws IOException if nobody is there, or this user may not ask
  static String ask(Path path) throws IOException {
    try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(path))) {
      ByteBuffer buffer = ByteBuffer.allocate(64 * 1024);
      var text = new java.io.ByteArrayOutputStream();
      while (channel.read(buffer) >= 0) {
        text.write(buffer.array(), 0, buffer.position());
        buffer.clear();
      }
      return text.toString(StandardCharsets.UTF_8);
    }
  }

  @Override
  public String name() {
    return "status";
  }

  @Override
  public void start() {
    try {
      open();
    } catch (IOException | UnsupportedOperationException e) {
      LOG.atWarn()
          .addKeyValue("socket", path)
          .addKeyValue("error", e.toString())
          .log("vip-manager status cannot ask this process; vip_status_socket says where");
    }
  }

  private void open() throws IOException {
    Path folder = path.toAbsolutePath().getParent();
    if (folder != null) {
      Files.createDirectories(
          folder,
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    }
    if (Files.exists(path)) {
      if (answers()) {
        throw new IOException("another process answers there");
      }
      Files.delete(path);
    }
    ServerSocketChannel opened = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    opened.bind(UnixDomainSocketAddress.of(path));
    Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rw-------"));
    server = opened;
    Thread.ofVirtual().name("vip-status").start(() -> serve(opened));
  }

  private boolean answers() {
    try {
      return !ask(path).isEmpty();
    } catch (IOException e) {
      return false;
    }
  }

  private void serve(ServerSocketChannel opened) {
    while (true) {
      try (SocketChannel client = opened.accept()) {
        ByteBuffer text = ByteBuffer.wrap(report.get().getBytes(StandardCharsets.UTF_8));
        while (text.hasRemaining()) {
          client.write(text);
        }
      } catch (ClosedChannelException e) {
        return;
      } catch (IOException e) {
        LOG.atInfo().addKeyValue("error", e.toString()).log("a status was not read to its end");
      }
    }
  }

  @Override
  public void stop() {
    ServerSocketChannel opened = server;
    if (opened == null) {
      return;
    }
    try {
      opened.close();
      Files.deleteIfExists(path);
    } catch (IOException e) {
      LOG.atInfo().addKeyValue("error", e.toString()).log("the status socket stays");
    }
  }
}
