package dev.thresher.loadbalancer.health;

import dev.thresher.api.address.IpAddress;
import dev.thresher.api.address.IpFamily;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/// One request over HTTP/1.1 (RFC 9112) and the status of its answer. Headers and body of the
/// answer are not looked at; an interim answer (status 1xx) is passed over with its headers.
final class HttpConversation implements Conversation {

  private static final String USER_AGENT = "thresher-loadbalancer-controller";

  /// More than any interim answer and a status line have.
  private static final int LONGEST = 16_384;

  private static final Pattern STATUS_LINE =
      Pattern.compile("HTTP/1\\.[0-9] ([1-5][0-9]{2})( .*)?");

  private final Probe.Http probe;
  private final String host;
  private final StringBuilder text = new StringBuilder();

  HttpConversation(Probe.Http probe, IpAddress address, int port) {
    this.probe = probe;
    this.host = probe.host().isEmpty() ? authority(address, port) : probe.host();
  }

  /// The header `Host` for an address: IPv6 in brackets, the port always.
  static String authority(IpAddress address, int port) {
    return (address.family() == IpFamily.IPV6 ? "[" + address + "]" : address.toString())
        + ":"
        + port;
  }

  @Override
  public byte[] greeting() {
    String request =
        "GET "
            + probe.path()
            + " HTTP/1.1\r\nHost: "
            + host
            + "\r\nUser-Agent: "
            + USER_AGENT
            + "\r\nAccept: */*\r\nConnection: close\r\n\r\n";
    return request.getBytes(StandardCharsets.US_ASCII);
  }

  @Override
  public Optional<Outcome> received(ByteBuffer bytes) {
    text.append(StandardCharsets.ISO_8859_1.decode(bytes));
    while (true) {
      int end = text.indexOf("\n");
      if (end < 0) {
        return text.length() > LONGEST ? Optional.of(notHttp()) : Optional.empty();
      }
      int length = end > 0 && text.charAt(end - 1) == '\r' ? end - 1 : end;
      Matcher line = STATUS_LINE.matcher(text.substring(0, length));
      if (!line.matches()) {
        return Optional.of(notHttp());
      }
      int status = Integer.parseInt(line.group(1));
      if (status >= 200) {
        return Optional.of(judge(status));
      }
      int rest = text.indexOf("\r\n\r\n");
      if (rest < 0) {
        return text.length() > LONGEST ? Optional.of(notHttp()) : Optional.empty();
      }
      text.delete(0, rest + 4);
    }
  }

  @Override
  public Outcome closed() {
    return new Outcome.Failed(
        "ConnectionClosed", "closed the connection before it had sent an HTTP status");
  }

  private Outcome judge(int status) {
    return probe.statuses().stream().anyMatch(range -> range.contains(status))
        ? Outcome.PASSED
        : new Outcome.Failed(
            "UnexpectedStatus",
            "answered GET "
                + probe.path()
                + " with HTTP status "
                + status
                + ", want "
                + list(probe.statuses()));
  }

  private static Outcome notHttp() {
    return new Outcome.Failed("NotHttp", "answered something that is not HTTP/1.1");
  }

  private static String list(List<StatusRange> ranges) {
    return ranges.stream().map(StatusRange::toString).collect(Collectors.joining(", "));
  }
}
