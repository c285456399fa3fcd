package dev.thresher.vip.l2;

import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.vip.netlink.Attributes;
import dev.thresher.vip.netlink.NetlinkMessage;
import dev.thresher.vip.nftables.AddressSet;
import dev.thresher.vip.nftables.Batch;
import dev.thresher.vip.nftables.Family;
import dev.thresher.vip.packet.IpBytes;
import dev.thresher.vip.packet.MacAddress;
import dev.thresher.vip.packet.VirtualMac;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.From;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

/// The octets that the kernel is sent. `nftables.hex` has those that a Linux 6.18 kernel took (the
/// tests with real packets show that it understood them): a line is a transaction's name and a
/// message of it.
class GateMessagesTest {

  static Map<String, Batch> transactions() {
    Map<String, Batch> all = new LinkedHashMap<>();
    for (GateRules.Abilities abilities : GateRules.Abilities.DESCENDING) {
      all.put(
          "install-" + (abilities.owned() ? "owned" : "free") + (abilities.early() ? "-early" : ""),
          GateRules.install(abilities));
    }
    all.put("echo", EchoRules.install());
    all.put("answer", GateRules.answer(7));
    all.put("answer-no-more", GateRules.answerNoMore(7));
    all.put("rest", RestRules.install());
    all.put("rest-renew", RestRules.renew());
    all.put("rest-again", RestRules.rest(Set.of(IpBytes.readV4(new byte[] {10, 0, 0, 7}, 0)), 500));
    all.put("egress", EgressRules.install(true));
    all.put("guard", EgressRules.guard("eth0", 7));
    all.put("unguard", EgressRules.unguard(7));
    all.put("arm", EgressRules.arm(3, 393));
    all.put("confirm-first", EgressRules.confirm(3, false));
    all.put("confirm", EgressRules.confirm(4, true));
    all.put("virtual-macs", VirtualMacRules.installLeased());
    all.put("virtual-macs-free", VirtualMacRules.installWithoutLease(false));
    all.put("virtual-macs-guard", VirtualMacRules.guard("eth0", 7));
    all.put("virtual-macs-unguard", VirtualMacRules.unguardChains(7));
    all.put("virtual-macs-forget", VirtualMacRules.unguardSets(7));
    all.put("virtual-macs-confirm", VirtualMacRules.confirm(EgressRules.confirm(4, true), 4));
    Batch take = new Batch();
    Batch leave = new Batch();
    for (InetAddress address : List.of(RealNode.ip(RealNode.VIP4), RealNode.ip(RealNode.VIP6))) {
      MacAddress mac = VirtualMac.of(address);
      VirtualMacRules.take(take, 7, Map.of(address, mac));
      VirtualMacRules.leave(leave, 7, Set.of(address), Set.of(mac));
    }
    all.put("virtual-macs-take", take);
    all.put("virtual-macs-leave", leave);
    all.put("marks", ReturnRules.mark(Map.of(3, 1), false));
    all.put("marks-again", ReturnRules.mark(Map.of(3, 1), true));
    all.put("marks-end", ReturnRules.mark(Map.of(), true));
    all.put("remove", GateRules.remove());
    return all;
  }

  @Test
  void areThoseThatAKernelTook() {
    StringBuilder now = new StringBuilder();
    transactions()
        .forEach((name, batch) ->
            batch
                .messages()
                .forEach(message ->
                    now.append(name)
                        .append(' ')
                        .append(HexFormat.of().formatHex(NetlinkMessage.encode(List.of(message))))
                        .append('\n')));
    assertThat(now.toString()).isEqualTo(recorded());
  }

  private static String recorded() {
    try (BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(
                Objects.requireNonNull(GateMessagesTest.class.getResourceAsStream("nftables.hex")),
                StandardCharsets.US_ASCII))) {
      return lines.lines().map(line -> line + "\n").collect(Collectors.joining());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Provide
  Arbitrary<Set<InetAddress>> addresses() {
    return Arbitraries.bytes()
        .array(byte[].class)
        .ofSize(16)
        .map(octets -> (InetAddress) IpBytes.readV6(octets, 0))
        .set()
        .ofMaxSize(40);
  }

  @Property(tries = 300)
  void elementsAreReadAsTheyWereWritten(@ForAll @From("addresses") Set<InetAddress> six) {
    check(GateRules.HELD6, Family.INET, six);
    check(
        GateRules.HELD4,
        Family.ARP,
        six.stream().map(one -> IpBytes.readV4(one.getAddress(), 12)).collect(Collectors.toSet()));
  }

  private static void check(AddressSet set, Family family, Set<? extends InetAddress> addresses) {
    if (addresses.isEmpty()) {
      return;
    }
    Batch batch = new Batch().elements(family, GateRules.TABLE, set, List.copyOf(addresses));
    byte[] octets = NetlinkMessage.encode(batch.messages());
    List<NetlinkMessage> messages = NetlinkMessage.decode(octets, octets.length);
    assertThat(messages).hasSize(3);
    ByteBuffer body = messages.get(1).body();
    Attributes read = Attributes.read(body.position(body.position() + 4));
    assertThat(read.string(2)).contains(set.name());
    List<ByteBuffer> elements = read.nested(3).orElseThrow().all(1);
    Set<InetAddress> found =
        elements.stream()
            .map(element -> Attributes.read(element).nested(1).orElseThrow())
            .map(key -> key.bytes(1).orElseThrow())
            .map(key -> key.length == 4 ? IpBytes.readV4(key, 0) : IpBytes.readV6(key, 0))
            .collect(Collectors.toSet());
    assertThat(elements).hasSize(addresses.size());
    assertThat(found).isEqualTo(addresses);
  }

  @Property(tries = 300)
  void macsAreReadAsTheyWereWritten(@ForAll @From("addresses") Set<InetAddress> six) {
    if (six.isEmpty()) {
      return;
    }
    Map<InetAddress, MacAddress> macs =
        six.stream().collect(Collectors.toMap(one -> one, VirtualMac::of));
    Batch batch = new Batch();
    VirtualMacRules.take(batch, 7, macs);
    byte[] octets = NetlinkMessage.encode(batch.messages());
    List<NetlinkMessage> messages = NetlinkMessage.decode(octets, octets.length);
    assertThat(messages).as("a set and a map, and what frames them").hasSize(4);
    assertThat(
            elements(messages.get(1)).stream()
                .map(element -> element.nested(1).orElseThrow().bytes(1).orElseThrow())
                .map(mac -> MacAddress.read(mac, 0))
                .collect(Collectors.toSet()))
        .isEqualTo(Set.copyOf(macs.values()));
    assertThat(
            elements(messages.get(2)).stream()
                .collect(
                    Collectors.toMap(
                        element ->
                            (InetAddress)
                                IpBytes.readV6(
                                    element.nested(1).orElseThrow().bytes(1).orElseThrow(), 0),
                        element ->
                            MacAddress.read(
                                element.nested(2).orElseThrow().bytes(1).orElseThrow(), 0))))
        .isEqualTo(macs);
  }

  private static List<Attributes> elements(NetlinkMessage message) {
    ByteBuffer body = message.body();
    return Attributes.read(body.position(body.position() + 4))
        .nested(3)
        .orElseThrow()
        .all(1)
        .stream()
        .map(Attributes::read)
        .toList();
  }

  @Test
  void aSetOfAnySizeFitsIntoAttributes() {
    for (int count : IntStream.of(1, 999, 1000, 1001, 5000).toArray()) {
      Set<InetAddress> many =
          IntStream.range(0, count)
              .mapToObj(i -> IpBytes.readV4(new byte[] {10, 0, (byte) (i >> 8), (byte) i}, 0))
              .collect(Collectors.toSet());
      Batch batch = new Batch().elements(Family.INET, GateRules.TABLE, GateRules.HELD4, many);
      byte[] octets = NetlinkMessage.encode(batch.messages());
      assertThat(NetlinkMessage.decode(octets, octets.length)).hasSize(2 + (count + 999) / 1000);
    }
  }
}
