package dev.thresher.runtime.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Base64;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class BearerTokenTest {

  static String jwt(String claims) {
    return "e30."
        + Base64.getUrlEncoder()
            .withoutPadding()
            .encodeToString(claims.getBytes(StandardCharsets.UTF_8))
        + ".c2ln";
  }

  @Test
  void readsTheEndOfATokenThatHasOne() {
    assertThat(BearerToken.expiry(jwt("{\"sub\":\"x\",\"exp\":1700000000}")))
        .contains(Instant.ofEpochSecond(1_700_000_000));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "opaque", "a.b.c", "e30.e30.e30", "e30.W10.x", "e30.eyJleHAiOiJ4In0.x"})
  void anyOtherHasNone(String token) {
    assertThat(BearerToken.expiry(token)).isEmpty();
  }
}
