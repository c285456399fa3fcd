package dev.thresher.vip.linux;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LastClosedTest {

  private static final int AF_NETLINK = 16;
  private static final int SOCK_RAW = 3;

  @Test
  void socketsHaveLowerNumbersThanFilesThatWereOpenedBefore(@TempDir Path folder)
      throws IOException {
    // The first one takes the numbers.
    socket().close();
    try (FileChannel before = open(folder.resolve("before"));
        Descriptor socket = socket();
        Descriptor another = socket()) {
      assertThat(socket.number()).isLessThan(numberOf(folder.resolve("before")));
      assertThat(another.number()).isLessThan(numberOf(folder.resolve("before")));
      assertThat(another.number()).isNotEqualTo(socket.number());
      assertThat(before.isOpen()).isTrue();
    }
  }

  @Test
  void aNumberThatIsGivenBackIsNobodyElses(@TempDir Path folder) throws IOException {
    Descriptor socket = socket();
    int number = socket.number();
    assertThat(target(number)).startsWith("socket:");
    socket.close();
    assertThat(target(number)).as("the socket itself is closed").doesNotStartWith("socket:");
    try (FileChannel after = open(folder.resolve("after"))) {
      assertThat(numberOf(folder.resolve("after"))).isGreaterThan(number);
      assertThat(after.isOpen()).isTrue();
    }
    try (Descriptor again = socket()) {
      assertThat(again.number()).isEqualTo(number);
    }
  }

  @Test
  void whenNoneIsLeftASocketIsOpenedAllTheSame() {
    Descriptor[] many = new Descriptor[60];
    Arrays.setAll(many, _ -> socket());
    assertThat(Stream.of(many).map(Descriptor::number)).doesNotHaveDuplicates();
    Stream.of(many).forEach(Descriptor::close);
  }

  private static Descriptor socket() {
    return Descriptor.socket(AF_NETLINK, SOCK_RAW, 0).orThrow();
  }

  private static FileChannel open(Path file) throws IOException {
    return FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
  }

  private static int numberOf(Path file) throws IOException {
    try (Stream<Path> numbers = Files.list(Path.of("/proc/self/fd"))) {
      return numbers
          .filter(number ->
              target(Integer.parseInt(number.getFileName().toString()))
                  .equals(file.toAbsolutePath().toString()))
          .mapToInt(number -> Integer.parseInt(number.getFileName().toString()))
          .findFirst()
          .orElseThrow();
    }
  }

  /// Empty if there is no such file.
  private static String target(int number) {
    try {
      return Files.readSymbolicLink(Path.of("/proc/self/fd/" + number)).toString();
    } catch (IOException e) {
      return "";
    }
  }
}
