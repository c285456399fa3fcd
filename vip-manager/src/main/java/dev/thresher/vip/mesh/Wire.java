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
  record Read(List<MeshMessage> messages, boolean ended) {}

  final SocketChannel channel;
  final SelectionKey key;
  private final ByteBuffer in = ByteBuffer.allocate(4 * (2 + MeshCodec.MAX_FRAME));
  private final Deque<ByteBuffer> out = new ArrayDeque<>();

  Wire(SocketChannel channel, SelectionKey key) {
    this.channel = channel;
    this.key = key;
  }

  /// Takes what is there.
  ///
  /// @throws IOException on a reset
  /// @throws MeshCodec.MalformedException if the bytes are no frames
  Read read() throws IOException, MeshCodec.MalformedException {
    List<MeshMessage> messages = new ArrayList<>();
    // Bounded: one peer that floods must not keep the others waiting.
    for (int round = 0; round < 4; round++) {
      int count = channel.read(in);
      in.flip();
      for (var message = MeshCodec.decode(in);
          message.isPresent();
          message = MeshCodec.decode(in)) {
        messages.add(message.get());
      }
      in.compact();
      if (count < 0) {
        return new Read(messages, true);
      }
      if (count == 0) {
        break;
      }
    }
    return new Read(messages, false);
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
