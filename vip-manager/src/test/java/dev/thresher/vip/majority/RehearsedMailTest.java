package dev.thresher.vip.majority;

import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.vip.lease.Rehearsal;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class RehearsedMailTest {

  private final RehearsedMail mail = new RehearsedMail();

  @Test
  void whatIsCarriedIsReadAsItWas() {
    for (String text : new String[] {"one", "another"}) {
      ByteBuffer message = ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
      assertThat(StandardCharsets.UTF_8.decode(mail.carry(message)).toString()).isEqualTo(text);
    }
  }

  @Test
  void everyHandOverOfTheRehearsalSucceedsBySealedMail() {
    assertThat(Rehearsal.run(30, mail::carry)).isEqualTo(30);
  }
}
