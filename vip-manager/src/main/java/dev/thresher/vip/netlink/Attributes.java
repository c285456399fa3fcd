package dev.thresher.vip.netlink;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/// The attributes of a message, as read: the last of a type wins; flags in the type are ignored.
public final class Attributes {
  private static final int TYPE_MASK = 0x3fff;

  private record Attribute(int type, ByteBuffer value) {}

  private final List<Attribute> attributes;

  private Attributes(List<Attribute> attributes) {
    this.attributes = attributes;
  }

  /// Reads attributes from the buffer's position to its limit.
  ///
  /// @throws MalformedNetlinkException if a length does not fit
  public static Attributes read(ByteBuffer buffer) {
    ByteBuffer in = buffer.duplicate().order(ByteOrder.LITTLE_ENDIAN);
    List<Attribute> attributes = new ArrayList<>();
    while (in.remaining() >= 4) {
      int start = in.position();
      int length = in.getShort() & 0xffff;
      int type = in.getShort() & TYPE_MASK;
      if (length < 4 || length > in.limit() - start) {
        throw new MalformedNetlinkException(
            "netlink attribute " + type + " at offset " + start + " claims length " + length);
      }
      attributes.add(
          new Attribute(type, in.slice(start + 4, length - 4).order(ByteOrder.LITTLE_ENDIAN)));
      in.position(Math.min(in.limit(), start + NetlinkMessage.align(length)));
    }
    return new Attributes(attributes);
  }

  /// The value of a type.
  public Optional<ByteBuffer> get(int type) {
    for (int i = attributes.size() - 1; i >= 0; i--) {
      if (attributes.get(i).type == type) {
        return Optional.of(attributes.get(i).value.duplicate().order(ByteOrder.LITTLE_ENDIAN));
      }
    }
    return Optional.empty();
  }

  /// All values of a type that may stand several times, in order.
  public List<ByteBuffer> all(int type) {
    return attributes.stream()
        .filter(attribute -> attribute.type == type)
        .map(attribute -> attribute.value.duplicate().order(ByteOrder.LITTLE_ENDIAN))
        .toList();
  }

  /// The octets of a type.
  public Optional<byte[]> bytes(int type) {
    return get(type)
        .map(value -> {
          byte[] octets = new byte[value.remaining()];
          value.get(octets);
          return octets;
        });
  }

  /// A 32-bit number in host order; empty if absent or of another size.
  public OptionalInt hostInt(int type) {
    return get(type).filter(value -> value.remaining() == 4).stream()
        .mapToInt(ByteBuffer::getInt)
        .findFirst();
  }

  /// A zero-terminated string.
  public Optional<String> string(int type) {
    return bytes(type)
        .map(octets -> {
          int end = 0;
          while (end < octets.length && octets[end] != 0) {
            end++;
          }
          return new String(octets, 0, end, StandardCharsets.UTF_8);
        });
  }

  /// The attributes inside one.
  public Optional<Attributes> nested(int type) {
    return get(type).map(Attributes::read);
  }
}
