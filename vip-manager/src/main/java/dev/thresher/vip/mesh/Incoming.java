package dev.thresher.vip.mesh;

import java.io.IOException;
import java.nio.channels.SelectionKey;
import org.jspecify.annotations.Nullable;

/// A connection that a peer keeps to this node: it is greeted at once, so that whoever connects
/// knows that this process lives; where greetings are proven, after the peer has proven its own.
/// Confined to the mesh's thread.
final class Incoming {

  private static final long SILENCE_NANOS = 15_000_000_000L;

  /// For a peer to prove its greeting.
  private static final long PROOF_NANOS = 5_000_000_000L;

  private final TcpMesh mesh;
  private final Wire wire;
  private String node = "";
  private long heardAt;
  private @Nullable Handshake handshake;

  Incoming(TcpMesh mesh, Wire wire, long now) {
    this.mesh = mesh;
    this.wire = wire;
    heardAt = now;
  }

  /// Says the first word: the greeting, or the challenge before it, as soon as there are keys.
  void begin(long now) {
    if (!mesh.proves()) {
      send(mesh.hello());
    } else if (handshake == null && mesh.seal().isPresent()) {
      heardAt = now;
      handshake = mesh.handshake(Handshake.Side.ACCEPTED, mesh.seal().get());
      send(handshake.challenge());
    }
  }

  /// The session has changed.
  void greetAgain() {
    if (!mesh.proves()) {
      send(mesh.hello());
    } else if (isBelieved()) {
      greetWithProof();
    }
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
    } catch (Handshake.UnprovenException e) {
      mesh.unproven(remote(), e.reason, now);
      close();
    }
  }

  /// Closes the connection of a peer that has said nothing for too long.
  void sweep(long now) {
    boolean proving = mesh.proves() && !isBelieved();
    if (now - heardAt <= (proving ? PROOF_NANOS : SILENCE_NANOS)) {
      return;
    }
    if (proving) {
      mesh.unproven(remote(), Handshake.Reason.NOT_GREETED, now);
    }
    close();
  }

  void close() {
    mesh.forget(this);
    wire.close();
  }

  private boolean isBelieved() {
    return handshake != null && handshake.believed();
  }

  private void greetWithProof() {
    if (handshake != null && mesh.seal().isPresent()) {
      send(handshake.prove(mesh.hello(), mesh.seal().get()));
    }
  }

  private void read(long now)
      throws IOException, MeshCodec.MalformedException, Handshake.UnprovenException {
    Wire.Read read = wire.read();
    for (MeshMessage message : read.messages()) {
      heardAt = now;
      if (mesh.proves()) {
        hearProven(message);
      } else {
        hear(message);
      }
    }
    if (read.cut()) {
      throw new MeshCodec.MalformedException("the connection ended in the middle of a frame");
    }
    if (read.ended()) {
      close();
    }
  }

  private void hearProven(MeshMessage message)
      throws MeshCodec.MalformedException, Handshake.UnprovenException {
    Handshake shaking = handshake;
    if (shaking == null || mesh.seal().isEmpty()) {
      // Nothing is read before there are keys.
      throw new Handshake.UnprovenException(Handshake.Reason.NOT_GREETED);
    }
    switch (message) {
      case MeshMessage.Challenge challenge -> shaking.challenged(challenge);
      case MeshMessage.Proven greeting -> {
        boolean first = !shaking.believed();
        shaking.believe(greeting, mesh.seal().get());
        node = greeting.hello().node();
        if (first) {
          greetWithProof();
        }
      }
      case MeshMessage.Hello _ -> throw new Handshake.UnprovenException(Handshake.Reason.PLAIN);
      case MeshMessage.Ping _, MeshMessage.Pong _, MeshMessage.RecordAt _ -> hear(message);
    }
  }

  private void hear(MeshMessage message) throws MeshCodec.MalformedException {
    if (message instanceof MeshMessage.Challenge || message instanceof MeshMessage.Proven) {
      // Of a node that has keys; its greeting without a proof is what is missed here.
      return;
    }
    if (node.isEmpty() && !(message instanceof MeshMessage.Hello)) {
      throw new MeshCodec.MalformedException("the first message must be a greeting");
    }
    switch (message) {
      case MeshMessage.Hello hello -> node = hello.node();
      case MeshMessage.Ping(var number) -> send(new MeshMessage.Pong(number));
      case MeshMessage.Pong _, MeshMessage.Challenge _, MeshMessage.Proven _ -> {}
      case MeshMessage.RecordAt(var version) -> mesh.report(new MeshEvent.RecordAt(node, version));
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
