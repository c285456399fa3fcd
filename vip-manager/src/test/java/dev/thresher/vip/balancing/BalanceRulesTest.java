package dev.thresher.vip.balancing;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.net.InetAddresses;
import dev.thresher.vip.balancing.BalanceRules.Plan;
import dev.thresher.vip.netlink.Attributes;
import dev.thresher.vip.netlink.NetlinkMessage;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/// The shape of the transactions; what the kernel makes of them is tested with real packets.
class BalanceRulesTest {
  private static final int NEW_RULE = 0xa06;
  private static final InetAddress VIP4 = InetAddresses.forString("192.0.2.77");
  private static final InetAddress VIP6 = InetAddresses.forString("2001:db8::77");

  private static Plan plan(Set<InetAddress> addresses, String... servers) {
    return new Plan(
        addresses,
        6443,
        Arrays.stream(servers)
            .map(server -> new InetSocketAddress(server, 6443))
            .collect(Collectors.toSet()));
  }

  @Test
  void anAddressGoesToServersOfItsFamily() {
    Plan plan = plan(Set.of(VIP4, VIP6), "192.0.2.2", "192.0.2.1", "2001:db8::1");
    assertThat(plan.serversFor(VIP4).stream().map(InetSocketAddress::getHostString))
        .containsExactly("192.0.2.1", "192.0.2.2");
    assertThat(plan.serversFor(VIP6).stream().map(InetSocketAddress::getHostString))
        .containsExactly("2001:db8:0:0:0:0:0:1");
  }

  @Test
  void withoutAddressesOrServersOfTheirFamilyThereIsNothingToDo() {
    assertThat(plan(Set.of(), "192.0.2.1").isIdle()).isTrue();
    assertThat(plan(Set.of(VIP6), "192.0.2.1").isIdle()).isTrue();
    assertThat(plan(Set.of(VIP4)).isIdle()).isTrue();
    assertThat(plan(Set.of(VIP4, VIP6), "192.0.2.1").isIdle()).isFalse();
  }

  @Test
  void thereIsARulePerServerAndOneForTheWayOutOfEachAddress() {
    assertThat(rules(plan(Set.of(VIP4, VIP6), "192.0.2.1", "192.0.2.2", "2001:db8::1")))
        .containsExactlyInAnyOrder(
            "prerouting", "output", "spread", "spread", "spread", "postrouting", "postrouting");
  }

  @Test
  void noMessageNamesATableOfOthers() {
    Plan plan = plan(Set.of(VIP4), "192.0.2.1");
    for (boolean replacing : List.of(true, false)) {
      List<NetlinkMessage> messages = BalanceRules.install(plan, true, replacing).messages();
      for (NetlinkMessage message : messages.subList(1, messages.size() - 1)) {
        assertThat(Attributes.read(message.body().position(4)).string(1))
            .contains(BalanceRules.TABLE);
      }
    }
  }

  /// The chain of each rule.
  private static List<String> rules(Plan plan) {
    return BalanceRules.install(plan, true, false).messages().stream()
        .filter(message -> message.type() == NEW_RULE)
        .map(message -> Attributes.read(message.body().position(4)).string(2).orElseThrow())
        .toList();
  }
}
