package dev.thresher.vip.mesh;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/// One connection: frames in, frames out. Confined to the mesh's thread.
final class Wire {

  /// A peer that does not read gets no more than this queued.
  private static final int MAX_QUEUED = 64;

  /// What a read brought.
  ///
  /// @param ended the peer will send nothing more
  /// @param cut it ended in the middle of a frame
  record Read(List<MeshMessage> messages, boolean ended, boolean cut) {}

  final SocketChannel channel;
  final SelectionKey key;
  private final ByteBuffer in = ByteBuffer.allocate(4 * (2 + MeshCodec.MAX_FRAME));
  private final Deque<ByteBuffer> out = new ArrayDeque<>();
  private boolean spoken;

  Wire(SocketChannel channel, SelectionKey key) {
    this.channel = channel;
    this.key = key;
  }

  /// Takes what is there.
  ///
  /// @throws IOException on a reset after which nothing is left to read
  /// @throws MeshCodec.MalformedException if the bytes are no frames
  Read read() throws IOException, MeshCodec.MalformedException {
    List<MeshMessage> messages = new ArrayList<>();
    // Bounded: one peer that floods must not keep the others waiting.
    for (int round = 0; round < 4; round++) {
      int count = count(messages);
      spoken |= count > 0;
      in.flip();
      for (var message = MeshCodec.decode(in);
          message.isPresent();
          message = MeshCodec.decode(in)) {
        messages.add(message.get());
      }
      in.compact();
      if (count < 0) {
        return new Read(messages, true, in.position() > 0);
      }
      if (count == 0) {
        break;
      }
    }
    return new Read(messages, false, false);
  }

  /// Bytes read, -1 at the end. What was said before a reset is not lost by it.
  private int count(List<MeshMessage> messages) throws IOException {
    try {
      return channel.read(in);
    } catch (IOException e) {
      if (messages.isEmpty()) {
        throw e;
      }
      TcpMesh.LOG.atDebug().setCause(e).log("peer is gone after its last words");
      return -1;
    }
  }

  /// Whether a process has said anything on this connection, also if nobody has read it yet: then
  /// somebody listened there, and a reset may be that process' own.
  boolean spoken() {
    if (!spoken) {
      try {
        spoken = channel.read(in) > 0;
      } catch (IOException e) {
        TcpMesh.LOG.atDebug().setCause(e).log("peer is gone without a word");
      }
    }
    return spoken;
  }

  /// Sends, or queues what the socket does not take.
  ///
  /// @return false if the peer has stopped reading
  boolean send(MeshMessage message) throws IOException {
    if (out.size() >= MAX_QUEUED) {
      return false;
    }
    out.add(MeshCodec.encode(message));
    flush();
    return true;
  }

  void flush() throws IOException {
    while (!out.isEmpty()) {
      ByteBuffer next = out.peek();
      channel.write(next);
      if (next.hasRemaining()) {
        break;
      }
      out.remove();
    }
    if (key.isValid()) {
      key.interestOps(
          out.isEmpty() ? SelectionKey.OP_READ : SelectionKey.OP_READ | SelectionKey.OP_WRITE);
    }
  }

  void close() {
    key.cancel();
    try {
      channel.close();
    } catch (IOException e) {
      // A socket that fails to close is closed as far as this process is concerned.
      TcpMesh.LOG.atDebug().setCause(e).log("closing a mesh connection failed");
    }
  }
}
