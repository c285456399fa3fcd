package dev.thresher.loadbalancer.webhook;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class BodiesTest {

  private static final int LIMIT = 3 * Bodies.PART;

  private final Bodies bodies = new Bodies(4, Duration.ofMillis(10));

  private static InputStream of(int bytes) {
    return new ByteArrayInputStream(new byte[bytes]);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, Bodies.PART, Bodies.PART + 1, LIMIT, LIMIT + 1})
  void readsTheWholeBodyAndGivesTheRoomBack(int bytes) throws Exception {
    for (int i = 0; i < 3; i++) {
      try (Bodies.Body body = bodies.read(of(bytes), LIMIT)) {
        assertThat(body.bytes()).hasSize(bytes);
      }
    }
  }

  @Test
  void readsOneByteMoreThanTheLimit() throws Exception {
    try (Bodies.Body body = bodies.read(of(100 * LIMIT), LIMIT)) {
      assertThat(body.bytes()).hasSize(LIMIT + 1);
    }
  }

  @Test
  void allTogetherHaveALimitUntilTheyAreClosed() throws Exception {
    try (Bodies.Body first = bodies.read(of(2 * Bodies.PART - 1), LIMIT)) {
      assertThat(first.bytes()).isNotEmpty();
      assertThatThrownBy(() -> bodies.read(of(3 * Bodies.PART - 1), LIMIT))
          .isInstanceOf(Bodies.FullException.class);
    }
    try (Bodies.Body second = bodies.read(of(LIMIT), LIMIT)) {
      assertThat(second.bytes()).hasSize(LIMIT);
    }
  }

  @Test
  void whoGoesAwayTakesNoRoom() throws Exception {
    InputStream cut =
        new InputStream() {
          @Override
          public int read() throws IOException {
            throw new IOException("connection reset");
          }

          @Override
          public int read(byte[] into, int from, int count) throws IOException {
            throw new IOException("connection reset");
          }
        };
    for (int i = 0; i < 5; i++) {
      assertThatThrownBy(() -> bodies.read(cut, LIMIT)).isInstanceOf(IOException.class);
    }
    try (Bodies.Body body = bodies.read(of(LIMIT), LIMIT)) {
      assertThat(body.bytes()).hasSize(LIMIT);
    }
  }
}
