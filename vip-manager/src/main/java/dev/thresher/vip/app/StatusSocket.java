package dev.thresher.vip.app;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.thresher.runtime.lifecycle.Component;
import java.io.ByteArrayOutputStream;
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
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Answers whoever opens a socket on this node and writes a [Question] in lower case, for some with
/// an argument behind a blank, and closes it. Only the owner of the process may open it.
///
/// A program without this socket does its work: what stands in its way is a warning.
final class StatusSocket implements Component {

  private static final Logger LOG = LoggerFactory.getLogger(StatusSocket.class);

  /// What may be asked. Each is answered by the same report, those of a rebalancing with it beside.
  enum Question {
    /// What is known; with an address as argument, also whom the kernel takes for its owner.
    STATUS,
    /// Hand over what other nodes can hold, and take nothing that they can.
    DRAIN,
    /// No more of that.
    UNDRAIN,
    /// What would be handed over so that addresses are spread again.
    PLAN,
    /// Hand over one of these: the argument is an address.
    REBALANCE
  }

  /// One question.
  ///
  /// @param argument empty unless the question needs one
  record Asked(Question question, String argument) {
    static Asked of(Question question) {
      return new Asked(question, "");
    }

    private String text() {
      String word = question.name().toLowerCase(Locale.ROOT);
      return argument.isEmpty() ? word : word + " " + argument;
    }

    private static Optional<Asked> parse(String text) {
      String[] words = text.strip().split(" ", 2);
      for (Question question : Question.values()) {
        if (question.name().toLowerCase(Locale.ROOT).equals(words[0])) {
          return Optional.of(new Asked(question, words.length > 1 ? words[1] : ""));
        }
      }
      return Optional.empty();
    }
  }

  private static final int LONGEST_QUESTION = 64;

  private final Path path;
  private final Function<Asked, String> answers;
  private @Nullable ServerSocketChannel server;

  /// @param answers any thread
  StatusSocket(Path path, Function<Asked, String> answers) {
    this.path = path;
    this.answers = answers;
  }

  /// What the process behind a socket says.
  ///
  /// @throws IOException if nobody is there, or this user may not ask
  static String ask(Path path, Asked question) throws IOException {
    try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(path))) {
      channel.write(ByteBuffer.wrap(question.text().getBytes(US_ASCII)));
      channel.shutdownOutput();
      ByteBuffer buffer = ByteBuffer.allocate(64 * 1024);
      var text = new ByteArrayOutputStream();
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
      return !ask(path, Asked.of(Question.STATUS)).isEmpty();
    } catch (IOException e) {
      return false;
    }
  }

  private void serve(ServerSocketChannel opened) {
    while (true) {
      try {
        SocketChannel client = opened.accept();
        Thread.ofVirtual().name("vip-status-client").start(() -> serve(client));
      } catch (ClosedChannelException e) {
        return;
      } catch (IOException e) {
        LOG.atWarn().addKeyValue("error", e.toString()).log("the status socket cannot be asked");
        return;
      }
    }
  }

  private void serve(SocketChannel client) {
    try (client) {
      Optional<Asked> asked = question(client);
      ByteBuffer text =
          ByteBuffer.wrap(
              asked.isPresent()
                  ? answers.apply(asked.get()).getBytes(StandardCharsets.UTF_8)
                  : new byte[0]);
      while (text.hasRemaining()) {
        client.write(text);
      }
    } catch (IOException e) {
      LOG.atInfo().addKeyValue("error", e.toString()).log("a status was not read to its end");
    }
  }

  private static Optional<Asked> question(SocketChannel client) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(LONGEST_QUESTION);
    int read = 0;
    while (buffer.hasRemaining() && read >= 0) {
      read = client.read(buffer);
    }
    return Asked.parse(new String(buffer.array(), 0, buffer.position(), US_ASCII));
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
