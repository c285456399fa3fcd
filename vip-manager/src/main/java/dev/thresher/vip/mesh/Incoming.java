package dev.thresher.vip.mesh;

import java.io.IOException;
import java.nio.channels.SelectionKey;

/// A connection that a peer keeps to this node: it is greeted at once, so that whoever connects
/// knows that this process lives. Confined to the mesh's thread.
final class Incoming {

  private static final long SILENCE_NANOS = 15_000_000_000L;

  private final TcpMesh mesh;
  private final Wire wire;
  private String node = "";
  private long heardAt;

  Incoming(TcpMesh mesh, Wire wire, long now) {
    this.mesh = mesh;
    this.wire = wire;
    heardAt = now;
  }

  void send(MeshMessage message) {
    try {
      if (!wire.send(message)) {
        close();
      }
    } catch (IOException e) {
      TcpMesh.LOG.atDebug().addKeyValue("node", node).setCause(e).log("peer is gone");
      close();
    }
  }

  void ready(SelectionKey key, long now) {
    try {
      if (key.isWritable()) {
        wire.flush();
      }
      if (key.isReadable()) {
        read(now);
      }
    } catch (IOException e) {
      TcpMesh.LOG.atDebug().addKeyValue("node", node).setCause(e).log("peer is gone");
      close();
    } catch (MeshCodec.MalformedException e) {
      mesh.malformed(node.isEmpty() ? remote() : node, e);
      close();
    }
  }

  boolean silent(long now) {
    return now - heardAt > SILENCE_NANOS;
  }

  void close() {
    mesh.forget(this);
    wire.close();
  }

  private void read(long now) throws IOException, MeshCodec.MalformedException {
    Wire.Read read = wire.read();
    for (MeshMessage message : read.messages()) {
      heardAt = now;
      if (node.isEmpty() && !(message instanceof MeshMessage.Hello)) {
        throw new MeshCodec.MalformedException("the first message must be a greeting");
      }
      switch (message) {
        case MeshMessage.Hello hello -> node = hello.node();
        case MeshMessage.Ping(var number) -> send(new MeshMessage.Pong(number));
        case MeshMessage.Pong _ -> {}
        case MeshMessage.RecordAt(var version) ->
            mesh.report(new MeshEvent.RecordAt(node, version));
      }
    }
    if (read.ended()) {
      close();
    }
  }

  private String remote() {
    try {
      return String.valueOf(wire.channel.getRemoteAddress());
    } catch (IOException e) {
      return "unknown";
    }
  }
}
