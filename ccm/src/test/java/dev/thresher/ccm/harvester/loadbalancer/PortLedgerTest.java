package dev.thresher.ccm.harvester.loadbalancer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.api.ObjectKey;
import dev.thresher.ccm.harvester.loadbalancer.PortLedger.Answer;
import dev.thresher.ccm.harvester.loadbalancer.PortLedger.Holder;
import dev.thresher.ccm.harvester.loadbalancer.PortLedger.Port;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class PortLedgerTest {

  private static final Holder OWNER = holder("owner", "TCP 80");

  private final PortLedger ledger = new PortLedger();

  private static Holder holder(String name, String... ports) {
    return new Holder(
        name,
        ObjectKey.of("default", name),
        Arrays.stream(ports).map(PortLedgerTest::port).collect(Collectors.toSet()));
  }

  private static Port port(String text) {
    String[] parts = text.split(" ", -1);
    return new Port(parts[0], Integer.parseInt(parts[1]));
  }

  private static final Answer GRANTED = new Answer.Granted();

  private Answer claim(Holder comer, Holder... present) {
    return ledger.claim(OWNER, comer, () -> List.of(present));
  }

  private static Answer with(String port, String name) {
    return new Answer.Taken(port(port), ObjectKey.of("default", name));
  }

  @Test
  void tcpAndUdpAreTwoPorts() {
    assertThat(claim(holder("a", "UDP 80"))).isEqualTo(GRANTED);
    assertThat(claim(holder("b", "TCP 80"))).isEqualTo(with("TCP 80", "owner"));
    assertThat(claim(holder("c", "UDP 80"))).isEqualTo(with("UDP 80", "a"));
  }

  @Test
  void sctpIsAThirdPortBesideTheOtherTwo() {
    assertThat(claim(holder("a", "SCTP 80", "UDP 80"))).isEqualTo(GRANTED);
    assertThat(claim(holder("b", "SCTP 80"))).isEqualTo(with("SCTP 80", "a"));
    assertThat(claim(holder("c", "SCTP 81", "TCP 81"))).isEqualTo(GRANTED);
  }

  @Test
  void aPortIsTakenBeforeAnyCacheShowsIt() {
    assertThat(claim(holder("a", "TCP 443"))).isEqualTo(GRANTED);
    assertThat(claim(holder("b", "TCP 443"))).isEqualTo(with("TCP 443", "a"));
    ledger.release("a");
    assertThat(claim(holder("b", "TCP 443"))).isEqualTo(GRANTED);
  }

  @Test
  void whoHoldsTheAddressAccordingToTheCacheCounts() {
    assertThat(claim(holder("b", "TCP 443"), holder("a", "TCP 443")))
        .isEqualTo(with("TCP 443", "a"));
  }

  @Test
  void whatTheCacheShowsIsNewerThanWhatIsWrittenDown() {
    assertThat(claim(holder("a", "TCP 443"))).isEqualTo(GRANTED);
    assertThat(claim(holder("b", "TCP 443"), holder("a", "TCP 8443"))).isEqualTo(GRANTED);
  }

  @Test
  void whoCameFirstStays() {
    Holder first = holder("a", "TCP 443");
    assertThat(claim(first)).isEqualTo(GRANTED);
    assertThat(claim(first, holder("b", "TCP 443"))).isEqualTo(GRANTED);
    Answer withOwner = ledger.claim(holder("owner", "TCP 443"), first, List::of);
    assertThat(withOwner).isEqualTo(with("TCP 443", "owner"));
  }

  @Test
  void twoAddressesAreTwoLedgers() {
    Holder other = holder("other");
    assertThat(claim(holder("a", "TCP 443"))).isEqualTo(GRANTED);
    assertThat(ledger.claim(other, holder("b", "TCP 443"), List::of)).isEqualTo(GRANTED);
    // One that goes over to another address leaves its ports behind.
    assertThat(ledger.claim(other, holder("a", "TCP 8443"), List::of)).isEqualTo(GRANTED);
    assertThat(claim(holder("c", "TCP 443"))).isEqualTo(GRANTED);
  }

  @Test
  void anAddressIsGivenBackOnlyWhenNobodyIsThereAndNobodyComesAnyMore() {
    Holder a = holder("a", "TCP 443");
    assertThat(claim(a)).isEqualTo(GRANTED);
    assertThat(ledger.close("owner")).containsExactly(a.service());
    assertThat(claim(holder("b", "TCP 8443"))).isEqualTo(GRANTED);
    ledger.release("a");
    ledger.release("b");
    assertThat(ledger.close("owner")).isEmpty();
    assertThat(claim(a)).isEqualTo(new Answer.Closed());
    assertThat(ledger.close("owner")).isEmpty();
    ledger.open("owner");
    assertThat(claim(a)).isEqualTo(GRANTED);
  }

  @Test
  void ofManyThatComeAtOnceOneGetsThePort() throws InterruptedException {
    int comers = 32;
    var start = new CountDownLatch(1);
    var winners = new ConcurrentLinkedQueue<String>();
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < comers; i++) {
      String name = "s" + i;
      threads.add(
          Thread.ofVirtual()
              .start(() -> {
                try {
                  start.await();
                } catch (InterruptedException e) {
                  throw new IllegalStateException(e);
                }
                if (claim(holder(name, "TCP 443")).equals(GRANTED)) {
                  winners.add(name);
                }
              }));
    }
    start.countDown();
    for (Thread thread : threads) {
      thread.join();
    }
    assertThat(winners).hasSize(1);
  }
}
