package dev.thresher.vip.majority;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.common.net.InetAddresses;
import dev.thresher.runtime.metrics.Metrics;
import dev.thresher.vip.election.AddressGroup;
import dev.thresher.vip.election.NodeLinks;
import dev.thresher.vip.election.Prefix;
import dev.thresher.vip.lease.LeaseMessage;
import dev.thresher.vip.lease.Session;
import dev.thresher.vip.mesh.MeshKeys;
import dev.thresher.vip.sealing.Keyring;
import dev.thresher.vip.sealing.Sealing;
import java.io.IOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.Selector;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// Real datagrams between two nodes that have three networks in common: all of 127.0.0.0/8 is here.
class LeaseMailTest {

  private static final String MANAGEMENT = "127.1.0.0/24";
  private static final String DATA = "127.1.1.0/24";
  private static final Session A = new Session("a", 1);
  private static final Session B = new Session("b", 2);

  private int port;
  private LeaseMail a;
  private LeaseMail b;

  private static NodeLinks links(String... subnets) {
    return new NodeLinks(
        "",
        List.of(
            new NodeLinks.NodeLink(
                "eth", Arrays.stream(subnets).map(Prefix::parse).toList(), false, false)));
  }

  /// Nodes that asked a or b for a proof.
  private final List<String> proven = new ArrayList<>();

  @BeforeEach
  void open() throws IOException {
    try (DatagramSocket free = new DatagramSocket()) {
      port = free.getLocalPort();
    }
    a = mail(A, "127.1.0.1");
    b = mail(B, "127.1.0.2");
  }

  @AfterEach
  void close() {
    a.close();
    b.close();
  }

  private LeaseMail mail(Session me, String address) throws IOException {
    SortedMap<Integer, byte[]> keys = new TreeMap<>();
    keys.put(1, new byte[Keyring.SHORTEST_KEY]);
    var sealing = new Sealing(me.node(), me.process(), new Keyring(keys), new Random(me.process()));
    LeaseMail mail =
        new LeaseMail(sealing, new MeshKeys(new Metrics()), Selector.open(), proven::add);
    mail.bind(List.of(at(address)));
    return mail;
  }

  private InetSocketAddress at(String address) {
    return new InetSocketAddress(InetAddresses.forString(address), port);
  }

  private boolean meet(String dataOfA, String dataOfB) throws IOException {
    NodeLinks ofA = links("127.1.0.1/24", dataOfA);
    NodeLinks ofB = links("127.1.0.2/24", dataOfB);
    List<InetSocketAddress> atA = List.of(at("127.1.0.1"));
    List<InetSocketAddress> atB = List.of(at("127.1.0.2"));
    boolean all = a.lanes(Map.of("b", Lane.to(atA, ofA, atB, ofB)));
    return b.lanes(Map.of("a", Lane.to(atB, ofB, atA, ofA))) && all;
  }

  /// Networks over which b hears a message of a.
  private SortedSet<String> heard() {
    SortedSet<String> networks = new TreeSet<>();
    await()
        .atMost(Duration.ofSeconds(20))
        .until(() -> {
          a.send("b", new LeaseMessage.Alive(A));
          b.receive(System.nanoTime()).ifPresent(mail -> networks.add(mail.network()));
          a.receive(System.nanoTime());
          return !networks.isEmpty();
        });
    for (int i = 0; i < 200; i++) {
      a.send("b", new LeaseMessage.Alive(A));
      b.receive(System.nanoTime()).ifPresent(mail -> networks.add(mail.network()));
    }
    return networks;
  }

  @Test
  void aMessageGoesOverEveryNetworkAndIsHeardThere() throws IOException {
    assertThat(meet("127.1.1.1/24", "127.1.1.2/24")).isTrue();
    assertThat(heard()).containsExactly(MANAGEMENT, DATA);
  }

  /// What it was told before is lost, and may be told again at once.
  @Test
  void whoProvedItselfHearsOfIt() throws IOException {
    meet("127.1.1.1/24", "127.1.1.2/24");
    assertThat(proven).isEmpty();
    heard();
    assertThat(proven).contains("b").doesNotContain("a");
  }

  @Test
  void aNetworkMayComeAndGo() throws IOException {
    assertThat(meet("127.1.1.1/24", "127.1.2.2/24")).isTrue();
    assertThat(heard()).containsExactly(MANAGEMENT);
    assertThat(meet("127.1.1.1/24", "127.1.1.2/24")).isTrue();
    assertThat(heard()).containsExactly(MANAGEMENT, DATA);
    assertThat(meet("127.1.2.1/24", "127.1.1.2/24")).isTrue();
    assertThat(heard()).containsExactly(MANAGEMENT);
  }

  @Test
  void anAddressThatIsNotThereYetIsTriedAgain() throws IOException {
    // Not an address of this machine.
    assertThat(meet("192.0.2.1/24", "192.0.2.2/24")).isFalse();
    assertThat(heard()).containsExactly(MANAGEMENT);
    assertThat(a.dropped().get("unsent")).isPositive();
    assertThat(meet("127.1.1.1/24", "127.1.1.2/24")).isTrue();
    assertThat(heard()).containsExactly(MANAGEMENT, DATA);
  }

  /// The node's own address came after the start.
  @Test
  void aMessageComesAlsoWhereTheNodeListensLater() throws IOException {
    List<InetSocketAddress> later = List.of(at("127.1.3.2"));
    assertThat(b.lanes(Map.of("a", List.of()))).isTrue();
    a.lanes(Map.of("b", Lane.to(List.of(at("127.1.0.1")), links(), later, links())));
    b.isAt(later);
    assertThat(b.lanes(Map.of("a", List.of()))).isTrue();
    assertThat(heard()).containsExactly("");
  }

  @Test
  void aMessageOfManyAddressesComesWhole() throws IOException {
    meet("127.1.1.1/24", "127.1.1.2/24");
    heard();
    LeaseMessage offer = holds(5_000);
    List<LeaseMessage> told = new ArrayList<>();
    await()
        .atMost(Duration.ofSeconds(20))
        .until(() -> {
          a.send("b", offer);
          for (int i = 0; i < 20; i++) {
            b.receive(System.nanoTime())
                .map(LeaseMail.Received::message)
                .filter(LeaseMessage.Holds.class::isInstance)
                .ifPresent(told::add);
          }
          return !told.isEmpty();
        });
    assertThat(told).containsOnly(offer);
  }

  /// The others go on to hear what can be said.
  @Test
  void aMessageThatIsTooLongIsCountedAndNothingEnds() throws IOException {
    meet("127.1.1.1/24", "127.1.1.2/24");
    a.send("b", holds(60_000));
    assertThat(a.dropped().get("too_long")).isEqualTo(1);
    assertThat(heard()).containsExactly(MANAGEMENT, DATA);
  }

  private static LeaseMessage holds(int addresses) {
    SortedMap<InetAddress, Long> epochs = new TreeMap<>(AddressGroup.ORDER);
    for (int i = 0; i < addresses; i++) {
      epochs.put(InetAddresses.forString("2001:db8::" + Integer.toHexString(i)), 1L);
    }
    return new LeaseMessage.Holds(A, 1, epochs, LeaseMessage.Condition.WELL);
  }
}
