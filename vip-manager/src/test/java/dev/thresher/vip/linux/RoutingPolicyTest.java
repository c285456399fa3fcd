package dev.thresher.vip.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.thresher.vip.netlink.MalformedNetlinkException;
import dev.thresher.vip.netlink.NetlinkMessage;
import dev.thresher.vip.packet.IpBytes;
import java.net.InetAddress;
import java.util.HexFormat;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.From;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

class RoutingPolicyTest {

  @Provide
  Arbitrary<RoutingRule> rules() {
    return Combinators.combine(
            Arbitraries.of(true, false),
            Arbitraries.integers(),
            Arbitraries.integers(),
            Arbitraries.integers(),
            Arbitraries.integers())
        .as(RoutingRule::new);
  }

  @Provide
  Arbitrary<Route> routes() {
    Arbitrary<InetAddress> six =
        Arbitraries.bytes().array(byte[].class).ofSize(16).map(o -> IpBytes.readV6(o, 0));
    Arbitrary<InetAddress> four =
        Arbitraries.bytes().array(byte[].class).ofSize(4).map(o -> IpBytes.readV4(o, 0));
    Arbitrary<Integer> number = Arbitraries.integers();
    Arbitrary<Integer> table = number.filter(t -> t != 255);
    Arbitrary<Route> ipv4 =
        Combinators.combine(
                four,
                Arbitraries.integers().between(1, 32),
                four.injectNull(0.3),
                number,
                table,
                number)
            .as((to, length, via, index, in, metric) ->
                new Route(to, length, via, index, in, metric, RoutingPolicy.TAG));
    Arbitrary<Route> crossed =
        Combinators.combine(four, six, number, table, number)
            .as((to, via, index, in, metric) ->
                new Route(to, 32, via, index, in, metric, RoutingPolicy.TAG));
    Arbitrary<Route> ipv6 =
        Combinators.combine(
                six,
                Arbitraries.integers().between(1, 128),
                six.injectNull(0.3),
                number,
                table,
                number)
            .as((to, length, via, index, in, metric) ->
                new Route(to, length, via, index, in, metric, RoutingPolicy.TAG));
    Arbitrary<Route> byDefault =
        Combinators.combine(Arbitraries.of(IpBytes.ANY4, IpBytes.ANY6), number, table)
            .as((any, index, in) -> new Route(any, 0, null, index, in, 7, RoutingPolicy.TAG));
    return Arbitraries.oneOf(ipv4, crossed, ipv6, byDefault);
  }

  @Property(tries = 500)
  void aRuleIsReadAsItWasWritten(@ForAll @From("rules") RoutingRule rule) {
    assertThat(RoutingPolicy.rule(RoutingPolicy.add(rule))).contains(rule);
    assertThat(RoutingPolicy.rule(RoutingPolicy.remove(rule))).contains(rule);
  }

  @Property(tries = 1000)
  void aRouteIsReadAsItWasWritten(@ForAll @From("routes") Route route) {
    assertThat(RouteMessages.route(RoutingPolicy.add(route))).containsExactly(route);
    assertThat(RouteMessages.route(RoutingPolicy.remove(route))).containsExactly(route);
  }

  @Property(tries = 2000)
  void foreignOctetsAreNoRuleOrMalformed(@ForAll byte[] payload) {
    try {
      RoutingPolicy.rule(NetlinkMessage.request(RoutingPolicy.NEW_RULE, 0, payload));
    } catch (MalformedNetlinkException e) {
      assertThat(e).hasMessageContaining("claims length");
    }
  }

  @Test
  void rulesOfOthersAreNotSeen() {
    // What `ip rule add fwmark 0x10/0x70 lookup 76691 priority 7669` is in a dump: FRA_PROTOCOL 3.
    byte[] boot =
        HexFormat.of()
            .parseHex(
                "020000000000000100000000"
                    + "08000600f51d0000"
                    + "08000a0010000000"
                    + "0800100070000000"
                    + "08000f00932b0100"
                    + "0500150003000000");
    NetlinkMessage message = NetlinkMessage.request(RoutingPolicy.NEW_RULE, 0, boot);
    assertThat(RoutingPolicy.rule(message)).isEmpty();
    boot[boot.length - 4] = RoutingPolicy.TAG;
    assertThat(RoutingPolicy.ours(List.of(NetlinkMessage.request(32, 0, boot))))
        .containsExactly(new RoutingRule(false, 7669, 0x10, 0x70, 76691));
    assertThat(RoutingPolicy.rule(NetlinkMessage.request(32, 0, new byte[11]))).isEmpty();
  }

  @Test
  void aRouteOfSomebodyElseIsNeverWritten() {
    Route foreign = new Route(IpBytes.ANY4, 0, null, 2, 254, 0, 3);
    assertThatIllegalArgumentException().isThrownBy(() -> RoutingPolicy.remove(foreign));
  }
}
