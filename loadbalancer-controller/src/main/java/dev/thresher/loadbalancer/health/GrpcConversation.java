package dev.thresher.loadbalancer.health;

import dev.thresher.api.address.IpAddress;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/// One call of `grpc.health.v1.Health/Check` over HTTP/2 with prior knowledge (RFC 9113).
///
/// A call needs so little of HTTP/2 that it is written out here: the JDK's client upgrades from
/// HTTP/1.1 when there is no TLS, which gRPC servers do not know. The request is one flight of
/// preface, SETTINGS, HEADERS and DATA; of the answer only the message counts, so headers are
/// passed over without decoding them. An error of gRPC comes without a message: the stream ends.
final class GrpcConversation implements Conversation {

  private static final String PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
  private static final String PATH = "/grpc.health.v1.Health/Check";

  private static final int DATA = 0;
  private static final int HEADERS = 1;
  private static final int RST_STREAM = 3;
  private static final int SETTINGS = 4;
  private static final int GOAWAY = 7;

  private static final int END_STREAM = 0x1;
  private static final int END_HEADERS = 0x4;
  private static final int PADDED = 0x8;

  private static final int STREAM = 1;
  private static final int FRAME_HEADER = 9;
  private static final int MESSAGE_HEADER = 5;

  /// The largest frame that a peer may send unless it is told otherwise.
  private static final int LARGEST_FRAME = 16_384;

  private final Probe.Grpc probe;
  private final String authority;
  private final ByteArrayOutputStream pending = new ByteArrayOutputStream();
  private final ByteArrayOutputStream message = new ByteArrayOutputStream();
  private boolean begun;

  GrpcConversation(Probe.Grpc probe, IpAddress address, int port) {
    this.probe = probe;
    this.authority =
        probe.serverName().isEmpty()
            ? HttpConversation.authority(address, port)
            : probe.serverName();
  }

  @Override
  public byte[] greeting() {
    var out = new ByteArrayOutputStream();
    out.writeBytes(PREFACE.getBytes(StandardCharsets.US_ASCII));
    frame(out, SETTINGS, 0, 0, new byte[0]);
    frame(out, HEADERS, END_HEADERS, STREAM, headers());
    frame(out, DATA, END_STREAM, STREAM, request());
    return out.toByteArray();
  }

  /// HPACK (RFC 7541): every header as a literal that enters no table, its name spelled out.
  private byte[] headers() {
    var out = new ByteArrayOutputStream();
    header(out, ":method", "POST");
    header(out, ":scheme", probe.tls() ? "https" : "http");
    header(out, ":path", PATH);
    header(out, ":authority", authority);
    header(out, "te", "trailers");
    header(out, "content-type", "application/grpc");
    return out.toByteArray();
  }

  /// `HealthCheckRequest { string service = 1; }`, not compressed.
  private byte[] request() {
    byte[] service = probe.service().getBytes(StandardCharsets.UTF_8);
    var body = new ByteArrayOutputStream();
    if (service.length > 0) {
      body.write((1 << 3) | 2);
      varint(body, service.length);
      body.writeBytes(service);
    }
    ByteBuffer framed = ByteBuffer.allocate(MESSAGE_HEADER + body.size());
    framed.put((byte) 0).putInt(body.size()).put(body.toByteArray());
    return framed.array();
  }

  @Override
  public Optional<Outcome> received(ByteBuffer bytes) {
    byte[] chunk = new byte[bytes.remaining()];
    bytes.get(chunk);
    pending.writeBytes(chunk);
    ByteBuffer all = ByteBuffer.wrap(pending.toByteArray());
    while (all.remaining() >= FRAME_HEADER) {
      all.mark();
      int length = ((all.get() & 0xff) << 16) | ((all.get() & 0xff) << 8) | (all.get() & 0xff);
      int type = all.get() & 0xff;
      int flags = all.get() & 0xff;
      int stream = all.getInt() & 0x7fff_ffff;
      // The first frame of a server is SETTINGS: anything else is no HTTP/2.
      if (length > LARGEST_FRAME || (!begun && type != SETTINGS)) {
        return Optional.of(new Outcome.Failed("NotHttp2", "answered something that is not HTTP/2"));
      }
      begun = true;
      if (all.remaining() < length) {
        all.reset();
        break;
      }
      ByteBuffer payload = all.slice(all.position(), length);
      all.position(all.position() + length);
      Optional<Outcome> end = frame(type, flags, stream, payload);
      if (end.isPresent()) {
        return end;
      }
    }
    pending.reset();
    pending.write(all.array(), all.position(), all.remaining());
    return Optional.empty();
  }

  private Optional<Outcome> frame(int type, int flags, int stream, ByteBuffer payload) {
    if (type == GOAWAY) {
      return Optional.of(refused());
    }
    if (stream != STREAM) {
      return Optional.empty();
    }
    if (type == RST_STREAM) {
      return Optional.of(refused());
    }
    if (type == DATA) {
      if ((flags & PADDED) != 0 && payload.hasRemaining()) {
        int padding = payload.get() & 0xff;
        payload.limit(Math.max(payload.position(), payload.limit() - padding));
      }
      byte[] data = new byte[payload.remaining()];
      payload.get(data);
      message.writeBytes(data);
      Optional<Outcome> outcome = judge(ByteBuffer.wrap(message.toByteArray()));
      if (outcome.isPresent()) {
        return outcome;
      }
    }
    boolean ends = (type == DATA || type == HEADERS) && (flags & END_STREAM) != 0;
    return ends ? Optional.of(refused()) : Optional.empty();
  }

  /// `HealthCheckResponse { ServingStatus status = 1; }`; a status of 0 is not written.
  private Optional<Outcome> judge(ByteBuffer answer) {
    if (answer.remaining() < MESSAGE_HEADER) {
      return Optional.empty();
    }
    boolean compressed = answer.get() != 0;
    int length = answer.getInt();
    if (compressed || length < 0 || length > LARGEST_FRAME) {
      return Optional.of(
          new Outcome.Failed(
              "NotServing", "answered " + PATH + " with a message that is not read"));
    }
    if (answer.remaining() < length) {
      return Optional.empty();
    }
    int status = 0;
    int end = answer.position() + length;
    while (answer.position() < end) {
      int tag = answer.get() & 0xff;
      if (tag != 1 << 3) {
        break;
      }
      status = 0;
      int shift = 0;
      byte part;
      do {
        part = answer.position() < end ? answer.get() : 0;
        status |= (part & 0x7f) << shift;
        shift += 7;
      } while (part < 0 && shift < 32);
    }
    String word =
        switch (status) {
          case 0 -> "UNKNOWN";
          case 1 -> "SERVING";
          case 2 -> "NOT_SERVING";
          case 3 -> "SERVICE_UNKNOWN";
          default -> Integer.toString(status);
        };
    return Optional.of(
        status == 1
            ? Outcome.PASSED
            : new Outcome.Failed("NotServing", "answered " + PATH + " with " + word));
  }

  private Outcome refused() {
    return new Outcome.Failed(
        "NotServing",
        "ended "
            + PATH
            + " without an answer: it has no health service"
            + (probe.service().isEmpty() ? "" : ", or none named \"" + probe.service() + "\""));
  }

  @Override
  public Outcome closed() {
    return new Outcome.Failed("ConnectionClosed", "closed the connection without an answer");
  }

  private static void header(ByteArrayOutputStream out, String name, String value) {
    out.write(0);
    string(out, name);
    string(out, value);
  }

  /// A string literal without Huffman coding, its length as an integer with a 7-bit prefix.
  private static void string(ByteArrayOutputStream out, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    if (bytes.length < 127) {
      out.write(bytes.length);
    } else {
      out.write(127);
      varint(out, bytes.length - 127);
    }
    out.writeBytes(bytes);
  }

  private static void varint(ByteArrayOutputStream out, int value) {
    int rest = value;
    while (rest > 127) {
      out.write((rest & 0x7f) | 0x80);
      rest >>>= 7;
    }
    out.write(rest);
  }

  private static void frame(
      ByteArrayOutputStream out, int type, int flags, int stream, byte[] payload) {
    out.writeBytes(
        ByteBuffer.allocate(FRAME_HEADER)
            .put((byte) (payload.length >>> 16))
            .putShort((short) payload.length)
            .put((byte) type)
            .put((byte) flags)
            .putInt(stream)
            .array());
    out.writeBytes(payload);
  }
}
