package dev.thresher.vip.linux;

import dev.thresher.vip.netlink.NetlinkMessage;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;

/// `rtnetlink.hex`: the dumps of a Linux 6.18 kernel of a namespace with a cable `d0`, a bridge
/// `br7` with port `d1`, and a TUN device. A line is a kind, then the octets of a datagram.
final class Recorded {
  private Recorded() {}

  /// The messages of one kind, in order.
  static List<NetlinkMessage> messages(String kind) {
    return datagrams(kind).stream()
        .flatMap(octets -> NetlinkMessage.decode(octets, octets.length).stream())
        .toList();
  }

  /// The datagrams whose kind begins so; all for an empty one.
  static List<byte[]> datagrams(String kind) {
    InputStream resource =
        Objects.requireNonNull(Recorded.class.getResourceAsStream("rtnetlink.hex"));
    try (BufferedReader lines =
        new BufferedReader(new InputStreamReader(resource, StandardCharsets.US_ASCII))) {
      return lines
          .lines()
          .map(line -> line.split(" ", 2))
          .filter(words -> words.length == 2 && words[0].startsWith(kind))
          .map(words -> HexFormat.of().parseHex(words[1]))
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
