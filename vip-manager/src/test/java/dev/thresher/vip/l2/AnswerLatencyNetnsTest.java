package dev.thresher.vip.l2;

import static dev.thresher.vip.l2.RealNode.VIP4;
import static dev.thresher.vip.l2.RealNode.VIP6;
import static dev.thresher.vip.l2.RealNode.holdBoth;
import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.vip.netns.Child;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/// How long a client waits for the answer to who-has and to a solicitation. Prints the figures; the
/// bounds only catch what is broken, because the machine may be busy.
@Tag("netns")
class AnswerLatencyNetnsTest {

  @Test
  void answersEveryQuestionSoon() {
    try (RealNode lab = new RealNode()) {
      Child process = lab.enforce();
      holdBoth(process);
      Child asker =
          lab.namespaces.start(
              lab.client,
              LatencyProbe.class,
              "-Dinterface=c0",
              "-Dv4=" + VIP4,
              "-Dv6=" + VIP6,
              "-Dcount=" + Integer.getInteger("latency.count", 1000));
      for (String kind : new String[] {"ARP", "NDP"}) {
        String line = asker.await(kind);
        System.out.println("LATENCY " + line);
        assertThat(line).contains("unanswered=0");
        assertThat(Integer.parseInt(line.replaceAll(".*p50=([0-9]+)us.*", "$1")))
            .as("median in microseconds")
            .isLessThan(50_000);
      }
    }
  }
}
