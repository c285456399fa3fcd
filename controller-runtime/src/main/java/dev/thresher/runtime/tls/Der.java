package dev.thresher.runtime.tls;

import com.google.common.base.Splitter;
import com.google.common.primitives.Bytes;
import java.io.ByteArrayOutputStream;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;

/// Writes the distinguished encoding rules of ASN.1 (X.690), as far as a certificate needs them.
final class Der {

  private static final DateTimeFormatter UTC_TIME =
      DateTimeFormatter.ofPattern("yyMMddHHmmss'Z'").withZone(ZoneOffset.UTC);
  private static final DateTimeFormatter GENERALIZED_TIME =
      DateTimeFormatter.ofPattern("yyyyMMddHHmmss'Z'").withZone(ZoneOffset.UTC);

  private Der() {}

  static byte[] sequence(byte[]... parts) {
    return primitive(0x30, Bytes.concat(parts));
  }

  static byte[] set(byte[]... parts) {
    return primitive(0x31, Bytes.concat(parts));
  }

  /// Context-specific and constructed: an explicit tag.
  static byte[] tagged(int number, byte[] content) {
    return primitive(0xa0 | number, content);
  }

  static byte[] integer(BigInteger value) {
    return primitive(0x02, value.toByteArray());
  }

  static byte[] bool(boolean value) {
    return primitive(0x01, new byte[] {(byte) (value ? 0xff : 0)});
  }

  static byte[] octets(byte[] content) {
    return primitive(0x04, content);
  }

  /// @param unused bits at the end of the last byte
  static byte[] bitString(byte[] content, int unused) {
    return primitive(0x03, Bytes.concat(new byte[] {(byte) unused}, content));
  }

  static byte[] utf8(String text) {
    return primitive(0x0c, text.getBytes(StandardCharsets.UTF_8));
  }

  /// RFC 5280 4.1.2.5: two-digit years until 2049.
  static byte[] time(Instant time) {
    int year = time.atOffset(ZoneOffset.UTC).getYear();
    return year < 2050
        ? primitive(0x17, UTC_TIME.format(time).getBytes(StandardCharsets.US_ASCII))
        : primitive(0x18, GENERALIZED_TIME.format(time).getBytes(StandardCharsets.US_ASCII));
  }

  static byte[] oid(String dotted) {
    List<Integer> arcs = Splitter.on('.').splitToStream(dotted).map(Integer::valueOf).toList();
    var content = new ByteArrayOutputStream();
    content.write(arcs.get(0) * 40 + arcs.get(1));
    for (int arc : arcs.subList(2, arcs.size())) {
      int digits = Math.max(1, (38 - Integer.numberOfLeadingZeros(arc)) / 7);
      for (int i = digits - 1; i >= 0; i--) {
        content.write(((arc >> (7 * i)) & 0x7f) | (i > 0 ? 0x80 : 0));
      }
    }
    return primitive(0x06, content.toByteArray());
  }

  static byte[] primitive(int tag, byte[] content) {
    var out = new ByteArrayOutputStream(content.length + 4);
    out.write(tag);
    int size = content.length;
    if (size >= 0x80) {
      int bytes = size < 0x100 ? 1 : size < 0x10000 ? 2 : 3;
      out.write(0x80 | bytes);
      for (int i = bytes - 1; i >= 0; i--) {
        out.write(size >> (8 * i));
      }
    } else {
      out.write(size);
    }
    out.writeBytes(content);
    return out.toByteArray();
  }
}
