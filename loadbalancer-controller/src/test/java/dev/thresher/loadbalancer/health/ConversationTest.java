package dev.thresher.loadbalancer.health;

import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.api.address.IpAddress;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// The codecs, byte by byte.
final class ConversationTest {

  private static final IpAddress FOUR = IpAddress.parse("10.0.0.5");
  private static final IpAddress SIX = IpAddress.parse("2001:db8::5");

  private static Probe.Http http(String host, StatusRange... statuses) {
    return new Probe.Http(false, "/healthz?full=1", host, "", List.of(statuses));
  }

  /// Fed whole, and byte by byte: both must say the same.
  private static String told(Conversation whole, Conversation single, byte[] answer) {
    Optional<Outcome> atOnce = whole.received(ByteBuffer.wrap(answer));
    Optional<Outcome> slowly = Optional.empty();
    for (int i = 0; i < answer.length && slowly.isEmpty(); i++) {
      slowly = single.received(ByteBuffer.wrap(answer, i, 1));
    }
    assertThat(slowly).isEqualTo(atOnce);
    return switch (atOnce.orElse(null)) {
      case null -> "waits";
      case Outcome.Passed() -> "passed";
      case Outcome.Failed(String reason, String message) -> reason + ": " + message;
      case Outcome.Inconclusive(String message) -> message;
    };
  }

  @ParameterizedTest
  @CsvSource({"'', 10.0.0.5:8080", "app.example, app.example"})
  void asksOverHttp(String host, String expected) {
    byte[] sent = new HttpConversation(http(host), FOUR, 8080).greeting();
    assertThat(new String(sent, StandardCharsets.US_ASCII))
        .isEqualTo(
            "GET /healthz?full=1 HTTP/1.1\r\nHost: "
                + expected
                + "\r\nUser-Agent: thresher-loadbalancer-controller\r\nAccept: */*\r\n"
                + "Connection: close\r\n\r\n");
  }

  @Test
  void writesAnIpv6AddressInBrackets() {
    byte[] sent = new HttpConversation(http(""), SIX, 80).greeting();
    assertThat(new String(sent, StandardCharsets.US_ASCII))
        .contains("\r\nHost: [2001:db8::5]:80\r\n");
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      value = {
        "HTTP/1.1 200 OK~                         | passed",
        "HTTP/1.0 204~                            | passed",
        "HTTP/1.1 399 Odd~                        | passed",
        "HTTP/1.1 200 OK                          | waits",
        "HTTP/1.1 100 Continue~~HTTP/1.1 200 OK~  | passed",
        "HTTP/1.1 103 Early~Link: x~~HTTP/1.1 500 | waits",
        "HTTP/1.1 503 Service Unavailable~ | UnexpectedStatus: answered GET /healthz?full=1 with"
            + " HTTP status 503, want 200-399",
        "HTTP/1.1 103 Early~Link: x~~HTTP/1.1 404 ~ | UnexpectedStatus: answered GET"
            + " /healthz?full=1 with HTTP status 404, want 200-399",
        "SSH-2.0-OpenSSH_9.9~          | NotHttp: answered something that is not HTTP/1.1",
        "HTTP/2 200~                   | NotHttp: answered something that is not HTTP/1.1",
        "HTTP/1.1 200OK~               | NotHttp: answered something that is not HTTP/1.1",
        "~                             | NotHttp: answered something that is not HTTP/1.1",
      })
  void readsTheStatus(String answer, String expected) {
    byte[] bytes = answer.replace("~", "\r\n").getBytes(StandardCharsets.ISO_8859_1);
    assertThat(
            told(
                new HttpConversation(http("", StatusRange.HEALTHY), FOUR, 80),
                new HttpConversation(http("", StatusRange.HEALTHY), FOUR, 80),
                bytes))
        .isEqualTo(expected);
  }

  @Test
  void takesTheStatusesThatAreWanted() {
    var probe = http("", new StatusRange(200, 200), new StatusRange(418, 420));
    for (String status : List.of("200", "418", "420")) {
      assertThat(
              new HttpConversation(probe, FOUR, 80)
                  .received(
                      ByteBuffer.wrap(
                          ("HTTP/1.1 " + status + "\n").getBytes(StandardCharsets.US_ASCII))))
          .contains(Outcome.PASSED);
    }
    assertThat(
            new HttpConversation(probe, FOUR, 80)
                .received(ByteBuffer.wrap("HTTP/1.1 201\n".getBytes(StandardCharsets.US_ASCII))))
        .contains(
            new Outcome.Failed(
                "UnexpectedStatus",
                "answered GET /healthz?full=1 with HTTP status 201, want 200, 418-420"));
  }

  @Test
  void doesNotReadForEver() {
    var conversation = new HttpConversation(http(""), FOUR, 80);
    ByteBuffer noise = ByteBuffer.wrap("x".repeat(20_000).getBytes(StandardCharsets.US_ASCII));
    assertThat(conversation.received(noise)).isPresent();
  }

  @ParameterizedTest
  @CsvSource({"200, 200", "200-299, 200-299", "100-599, 100-599"})
  void readsStatuses(String text, String range) {
    assertThat(StatusRange.tryParse(text)).map(StatusRange::toString).contains(range);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "99", "600", "2xx", "299-200", "200-", "-200", "200 - 299", "200,201"})
  void refusesWhatIsNoStatus(String text) {
    assertThat(StatusRange.tryParse(text)).isEmpty();
  }

  private static Conversation grpc(String service) {
    return new GrpcConversation(new Probe.Grpc(false, service, "grpc.example"), FOUR, 50051);
  }

  /// The bytes as RFC 9113 and RFC 7541 lay them out, written down by hand.
  @Test
  void asksOverGrpc() {
    String expected =
        hex("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
            // SETTINGS, empty
            + "000000 04 00 00000000"
            // HEADERS, END_HEADERS, stream 1
            + "000085 01 04 00000001"
            + header(":method", "POST")
            + header(":scheme", "http")
            + header(":path", "/grpc.health.v1.Health/Check")
            + header(":authority", "grpc.example")
            + header("te", "trailers")
            + header("content-type", "application/grpc")
            // DATA, END_STREAM, stream 1: not compressed, 5 bytes: field 1, 3 bytes
            + "00000a 00 01 00000001 00 00000005 0a 03"
            + hex("abc");
    assertThat(HexFormat.of().formatHex(grpc("abc").greeting()))
        .isEqualTo(expected.replace(" ", ""));
  }

  private static String hex(String text) {
    return HexFormat.of().formatHex(text.getBytes(StandardCharsets.US_ASCII));
  }

  private static String header(String name, String value) {
    return String.format("00%02x%s%02x%s", name.length(), hex(name), value.length(), hex(value));
  }

  private static final String SETTINGS = "000006 04 00 00000000 0003 00000064 ";
  private static final String RESPONSE_HEADERS = "000001 01 04 00000001 88 ";
  private static final String TRAILERS = "000001 01 05 00000001 88 ";

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      value = {
        // Field 1, value 1: SERVING.
        "S H 000007 00 00 00000001 00 00000002 08 01 T      | passed",
        // The same with padding, in two frames, after WINDOW_UPDATE and PING.
        "S 000004 08 00 00000000 00010000 000008 06 00 00000000 0102030405060708 H"
            + " 00000a 00 08 00000001 02 00 00000002 08 01 0000 | passed",
        "S H 000005 00 00 00000001 00 00000002 000002 00 01 00000001 08 01 | passed",
        "S H 000007 00 00 00000001 00 00000002 08 02 T"
            + " | NotServing: answered /grpc.health.v1.Health/Check with NOT_SERVING",
        "S H 000007 00 00 00000001 00 00000002 08 03 T"
            + " | NotServing: answered /grpc.health.v1.Health/Check with SERVICE_UNKNOWN",
        "S H 000005 00 00 00000001 00 00000000 T"
            + " | NotServing: answered /grpc.health.v1.Health/Check with UNKNOWN",
        "S H                                           | waits",
        "S H 000007 00 00 00000003 00 00000002 08 01   | waits",
        "S T | NotServing: ended /grpc.health.v1.Health/Check without an answer: it has no health"
            + " service, or none named \"abc\"",
        "S 000004 03 00 00000001 00000007 | NotServing: ended /grpc.health.v1.Health/Check without"
            + " an answer: it has no health service, or none named \"abc\"",
        "S 000008 07 00 00000000 00000000 00000001 | NotServing: ended /grpc.health.v1.Health/Check"
            + " without an answer: it has no health service, or none named \"abc\"",
        "485454502f312e3120343030 | NotHttp2: answered something that is not HTTP/2",
        "S H 000005 00 00 00000001 01 00000002 | NotServing: answered"
            + " /grpc.health.v1.Health/Check with a message that is not read",
      })
  void readsTheAnswerOfGrpc(String frames, String expected) {
    String text =
        frames
            .replace("S", SETTINGS)
            .replace("H", RESPONSE_HEADERS)
            .replace("T", TRAILERS)
            .replace(" ", "");
    assertThat(told(grpc("abc"), grpc("abc"), HexFormat.of().parseHex(text))).isEqualTo(expected);
  }

  @Test
  void survivesAnything() {
    var random = new Random(5);
    for (int i = 0; i < 20_000; i++) {
      var bytes = new ByteArrayOutputStream();
      if (random.nextBoolean()) {
        bytes.writeBytes(HexFormat.of().parseHex(SETTINGS.replace(" ", "")));
        bytes.writeBytes(
            new byte[] {
              0,
              0,
              (byte) random.nextInt(40),
              (byte) random.nextInt(3),
              (byte) random.nextInt(16),
              0,
              0,
              0,
              1
            });
      }
      byte[] noise = new byte[random.nextInt(60)];
      random.nextBytes(noise);
      bytes.writeBytes(noise);
      // Both must end or wait, never throw.
      grpc("").received(ByteBuffer.wrap(bytes.toByteArray()));
      new HttpConversation(http(""), SIX, 80).received(ByteBuffer.wrap(bytes.toByteArray()));
    }
    assertThat(grpc("").closed()).isInstanceOf(Outcome.Failed.class);
  }
}
