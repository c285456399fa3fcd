package dev.thresher.vip.packet;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.From;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// `frames.hex`: what a kernel put on a cable.
class FrameCorpusTest {

  record Line(String kind, String likeness, String hex) {
    byte[] frame() {
      return HexFormat.of().parseHex(hex);
    }

    @Override
    public String toString() {
      return kind + " of " + hex.length() / 2 + " octets, " + likeness;
    }
  }

  static List<Line> lines() {
    try (BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(
                Objects.requireNonNull(FrameCorpusTest.class.getResourceAsStream("frames.hex")),
                StandardCharsets.US_ASCII))) {
      return lines
          .lines()
          .filter(line -> !line.startsWith("#"))
          .map(line -> line.split(" ", -1))
          .map(words -> new Line(words[0], words[1], words[2]))
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("lines")
  void isReadAsWhatItIsAndWrittenAgain(Line line) {
    Optional<Frame> read = Frame.decode(line.frame(), line.frame().length);
    assertThat(read.map(FrameCorpusTest::kind).orElse("other")).isEqualTo(line.kind());
    read.ifPresent(frame -> {
      byte[] again = frame.encode();
      assertThat(Frame.decode(again, again.length)).contains(frame);
      if (line.likeness().equals("exact")) {
        assertThat(again).isEqualTo(line.frame());
      }
    });
  }

  private static String kind(Frame frame) {
    return switch (frame) {
      case Frame.Arp _ -> "arp";
      case Frame.Solicitation _ -> "solicitation";
      case Frame.Advertisement _ -> "advertisement";
      case Frame.Echo4 _ -> "echo4";
      case Frame.Echo6 _ -> "echo6";
    };
  }

  @Provide
  Arbitrary<Line> line() {
    return Arbitraries.of(lines());
  }

  /// What stands behind a frame in the buffer is not read, and a frame that was cut off is nothing
  /// or, where only what needs no octets is lost, itself.
  @Property(tries = 3000)
  void nothingBehindTheFrameIsRead(
      @ForAll @From("line") Line line, @ForAll int cut, @ForAll byte behind) {
    int length = Math.floorMod(cut, line.frame().length + 1);
    byte[] alone = Arrays.copyOf(line.frame(), length);
    byte[] buffer = Arrays.copyOf(line.frame(), line.frame().length + 64);
    Arrays.fill(buffer, length, buffer.length, behind);
    assertThat(Frame.decode(buffer, length)).isEqualTo(Frame.decode(alone, length));
  }
}
