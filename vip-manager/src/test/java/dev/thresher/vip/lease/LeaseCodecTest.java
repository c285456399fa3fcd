package dev.thresher.vip.lease;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.thresher.vip.election.AddressGroup;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class LeaseCodecTest {

  private static final Session FROM = new Session("node-1", 0x1234_5678_9abc_def0L);
  private static final Session TO = new Session("node-ä", -1);
  private static final RecordMark MARK = new RecordMark(77, 12);

  private static final List<LeaseMessage> MESSAGES =
      List.of(
          new LeaseMessage.Heartbeat(
              FROM, 9, MARK, 400_000_000L, 3, -5, LeaseMessage.Footing.SILENT),
          new LeaseMessage.Heartbeat(
              FROM, 9, MARK, 400_000_000L, 3, -5, LeaseMessage.Footing.READY),
          new LeaseMessage.Offer(FROM, OfferedSet.NOTHING),
          new LeaseMessage.Offer(FROM, OfferedSet.of(8, epochs())),
          new LeaseMessage.Ack(FROM, TO, 9, MARK, 3, List.of()),
          new LeaseMessage.Ack(
              FROM,
              TO,
              9,
              MARK,
              3,
              List.of(
                  new Refusal(LeaseWorld.ADDRESSES.get(0), "node-2", 4, 17),
                  new Refusal(LeaseWorld.ADDRESSES.get(1), "node-3", 5, -1))),
          new LeaseMessage.NeedOffer(FROM, TO, 3),
          new LeaseMessage.Freed(FROM, TO, epochs()),
          new LeaseMessage.Voters(FROM, LeaseWorld.record(List.of("a", "b"), true, 400, 1500)),
          new LeaseMessage.HandOver(FROM, epochs()),
          new LeaseMessage.InLine(FROM, TO, epochs()),
          new LeaseMessage.Alive(FROM),
          new LeaseMessage.Holds(FROM, 4, epochs(), LeaseMessage.Condition.LEAVING),
          new LeaseMessage.Holds(FROM, 5, epochs(), LeaseMessage.Condition.DEAF),
          new LeaseMessage.Hears(FROM, 3, new TreeMap<>(Map.of("node-ä", 7L, "node-3", -1L))),
          new LeaseMessage.Misses(
              FROM,
              3,
              new TreeMap<>(
                  Map.of(
                      "192.0.2.0/24",
                      new TreeSet<>(List.of("node-ä", "node-3")),
                      "2001:db8::/64",
                      new TreeSet<>()))),
          new LeaseMessage.NeedVoters(FROM, MARK));

  private static SortedMap<InetAddress, Long> epochs() {
    SortedMap<InetAddress, Long> epochs = new TreeMap<>(AddressGroup.ORDER);
    epochs.put(LeaseWorld.ADDRESSES.get(0), 4L);
    epochs.put(LeaseWorld.ADDRESSES.get(1), Long.MAX_VALUE);
    return epochs;
  }

  private static LeaseMessage decode(byte[] bytes) throws LeaseCodec.MalformedException {
    return LeaseCodec.decode(ByteBuffer.wrap(bytes));
  }

  @Test
  void whatIsWrittenIsRead() throws LeaseCodec.MalformedException {
    for (LeaseMessage message : MESSAGES) {
      assertThat(decode(LeaseCodec.encode(message))).isEqualTo(message);
    }
  }

  @Test
  void laterFieldsAreIgnored() throws LeaseCodec.MalformedException {
    for (LeaseMessage message : MESSAGES) {
      byte[] bytes = LeaseCodec.encode(message);
      assertThat(decode(Arrays.copyOf(bytes, bytes.length + 7))).isEqualTo(message);
    }
  }

  @Test
  void aHeartbeatOfAnEarlierFormatSaysNothingOfItsSendersPromises()
      throws LeaseCodec.MalformedException {
    byte[] bytes = LeaseCodec.encode(MESSAGES.getFirst());
    assertThat(decode(Arrays.copyOf(bytes, bytes.length - 1)))
        .isEqualTo(
            new LeaseMessage.Heartbeat(
                FROM, 9, MARK, 400_000_000L, 3, -5, LeaseMessage.Footing.HEARSAY));
  }

  @Test
  void everyTruncationIsNoticed() {
    for (LeaseMessage message : MESSAGES) {
      byte[] bytes = LeaseCodec.encode(message);
      for (int length = 0; length < bytes.length; length++) {
        byte[] cut = Arrays.copyOf(bytes, length);
        if (message instanceof LeaseMessage.Heartbeat && length == bytes.length - 1) {
          // As an earlier format had it.
          continue;
        }
        assertThatExceptionOfType(LeaseCodec.MalformedException.class)
            .as("%d of %d bytes of %s", length, bytes.length, message)
            .isThrownBy(() -> decode(cut));
      }
    }
  }

  @Test
  void noiseIsReadOrRefusedAndNeverMore() {
    Random random = new Random(3);
    int read = 0;
    for (int i = 0; i < 60_000; i++) {
      byte[] bytes = LeaseCodec.encode(MESSAGES.get(random.nextInt(MESSAGES.size())));
      for (int change = random.nextInt(5); change >= 0; change--) {
        bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
      }
      try {
        LeaseMessage message = decode(bytes);
        assertThat(message.from().node()).isNotEmpty();
        read++;
      } catch (LeaseCodec.MalformedException e) {
        assertThat(e.getMessage()).isNotBlank();
      }
    }
    assertThat(read).isGreaterThan(1_000);
  }

  @Test
  void asManyAddressesAsPromisedAreTold() throws Exception {
    LeaseMessage offer = full(LeaseCodec.MOST_ADDRESSES);
    assertThat(LeaseCodec.encode(offer).length).isLessThanOrEqualTo(LeaseCodec.LONGEST);
    assertThat(decode(LeaseCodec.encode(offer))).isEqualTo(offer);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> LeaseCodec.encode(full(2 * LeaseCodec.MOST_ADDRESSES)))
        .withMessageContaining("960000 bytes");
  }

  @Test
  void asManyRefusalsAsAddressesAreTold() throws Exception {
    List<Refusal> refusals = new ArrayList<>();
    for (int i = 0; i < LeaseCodec.MOST_ADDRESSES; i++) {
      InetAddress address = InetAddress.getByName("2001:db8::" + Integer.toHexString(i));
      refusals.add(new Refusal(address, "node01.cluster.example.com", i, 7));
    }
    LeaseMessage ack = new LeaseMessage.Ack(FROM, TO, 9, MARK, 3, refusals);
    assertThat(decode(LeaseCodec.encode(ack))).isEqualTo(ack);
  }

  private static LeaseMessage full(int count) throws UnknownHostException {
    Map<InetAddress, Long> epochs = new HashMap<>();
    for (int i = 0; i < count; i++) {
      epochs.put(InetAddress.getByName("2001:db8::" + Integer.toHexString(i)), (long) i);
    }
    return new LeaseMessage.Offer(FROM, OfferedSet.of(1, epochs));
  }
}
