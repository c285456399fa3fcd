package dev.thresher.vip.l2;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.thresher.vip.netlink.Attributes;
import dev.thresher.vip.netlink.NetlinkMessage;
import dev.thresher.vip.nftables.AddressSet;
import dev.thresher.vip.nftables.Batch;
import dev.thresher.vip.nftables.Family;
import dev.thresher.vip.packet.IpBytes;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// The shape of the transactions; what the kernel makes of them is tested with real packets.
class GateRulesTest {
  private static final int BEGIN = 0x10;
  private static final int END = 0x11;
  private static final int NEW_TABLE = 0xa00;
  private static final int DELETE_TABLE = 0xa02;
  private static final int NEW_ELEMENT = 0xa0c;

  static List<GateRules.Abilities> abilities() {
    return GateRules.Abilities.DESCENDING;
  }

  @ParameterizedTest
  @MethodSource("abilities")
  void replacesItsOwnTablesInOneTransaction(GateRules.Abilities abilities) {
    List<NetlinkMessage> messages = GateRules.install(abilities).messages();
    assertThat(messages.getFirst().type()).isEqualTo(BEGIN);
    assertThat(messages.getLast().type()).isEqualTo(END);
    assertThat(messages.stream().filter(m -> (m.flags() & NetlinkMessage.ACK) != 0))
        .as("only the last change is acknowledged: then all are done")
        .containsExactly(messages.get(messages.size() - 2));
    assertThat(
            messages.stream()
                .filter(m -> m.type() == NEW_TABLE || m.type() == DELETE_TABLE)
                .map(NetlinkMessage::type))
        .as("made so that it can be deleted, deleted, made anew, in both families")
        .containsExactly(NEW_TABLE, DELETE_TABLE, NEW_TABLE, NEW_TABLE, DELETE_TABLE, NEW_TABLE);
    for (NetlinkMessage message : messages.subList(1, messages.size() - 1)) {
      assertThat(Attributes.read(message.body().position(4)).string(1))
          .as("no message names another table")
          .contains(GateRules.TABLE);
    }
  }

  @Test
  void splitsManyElementsIntoMessagesThatFit() {
    List<InetAddress> many = new ArrayList<>();
    IntStream.range(0, 2500)
        .forEach(i -> {
          byte[] octets = new byte[16];
          octets[0] = 0x20;
          octets[14] = (byte) (i >>> 8);
          octets[15] = (byte) i;
          many.add(IpBytes.readV6(octets, 0));
        });
    Batch batch = new Batch().elements(Family.INET, GateRules.TABLE, GateRules.HELD6, many);
    assertThat(batch.messages().stream().filter(m -> m.type() == NEW_ELEMENT)).hasSize(3);
  }

  @Test
  void refusesAnAddressOfTheWrongFamilyAndEmptyTransactions() {
    AddressSet six = GateRules.HELD6;
    Batch batch = new Batch();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> batch.elements(Family.INET, GateRules.TABLE, six, List.of(IpBytes.ANY4)))
        .withMessageContaining("held6")
        .withMessageContaining("0.0.0.0");
    assertThatIllegalStateException().isThrownBy(() -> new Batch().messages());
  }
}
