package dev.thresher.vip.l2;

import static dev.thresher.vip.l2.RealNode.until;
import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.vip.netns.Child;
import dev.thresher.vip.netns.Greeter;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// A client beyond the networks of a node's second interface: `203.0.113.5` and `2001:db8:ff::5`,
/// behind the router on `e1`, while the node's default route leads to `e0`. What answers is either
/// a station on `e0` (forwarded) or the node itself.
@Tag("netns")
class ReturnPathNetnsTest {
  private static final String VIP4 = "10.9.0.77";
  private static final String VIP6 = "2001:db8:9::77";

  private RealNode lab;

  @BeforeEach
  void open() {
    lab = new RealNode();
    lab.namespaces.ip(lab.server, "addr add 203.0.113.5/32 dev lo");
    lab.namespaces.ip(lab.server, "addr add 2001:db8:ff::5/128 dev lo nodad");
    lab.namespaces.ip(lab.server, "route add " + VIP4 + "/32 dev s0 src 203.0.113.5");
    lab.namespaces.ip(lab.server, "-6 route add " + VIP6 + "/128 dev s0 src 2001:db8:ff::5");
    lab.namespaces.ip(lab.node, "route add default via 10.9.0.2 metric 500");
    lab.namespaces.ip(lab.node, "-6 route add default via 2001:db8:9::2 metric 5000");
    lab.namespaces.must(
        lab.node,
        "sysctl",
        "-q",
        "-w",
        "net.ipv4.conf.all.rp_filter=0",
        "net.ipv4.conf.e0.rp_filter=0",
        "net.ipv4.conf.e1.rp_filter=0");
  }

  @AfterEach
  void close() {
    if (lab != null) {
      lab.close();
    }
  }

  @ParameterizedTest(name = "{0} to {2}")
  @CsvSource({
    VIP4 + ", ip, 192.0.2.2:8080",
    VIP6 + ", ip6, [2001:db8::2]:8080",
    VIP4 + ", ip, 192.0.2.1:8080",
    VIP6 + ", ip6, [2001:db8::1]:8080"
  })
  void answersLeaveByTheInterfaceOfTheRequest(String vip, String family, String backend) {
    Child process = lab.enforce();
    serve(vip, family, backend);
    process.ask("hold " + vip + " e1 TAKE_OVER", "event Answering");
    assertThat(process.ask("returning", "returning")).isEqualTo("returning 1 0");
    until(() -> reached(vip));
    String rule = family.equals("ip") ? "rule" : "-6 rule";
    String before = rules(rule);
    assertThat(before).contains("0x10/0x70").contains("lookup 76691");
    lab.namespaces.ip(lab.node, rule + " del priority " + ReturnPlan.PRIORITY);
    until(() -> rules(rule).equals(before));
    assertThat(process.await("notice"))
        .startsWith("notice ReturnPathRepaired 1 routes or rules")
        .contains("vip_return_path");
    lab.namespaces.ip(lab.node, (family.equals("ip") ? "" : "-6 ") + "route flush table " + 76691);
    until(() -> reached(vip));
    until(() -> process.ask("returning", "returning").matches("returning 1 [3-9]"));
  }

  @Test
  void withoutReturnPathTheyLeaveByTheDefaultRoute() {
    Child process = lab.enforce("-Dno.return.path=true");
    serve(VIP4, "ip", "192.0.2.2:8080");
    process.ask("hold " + VIP4 + " e1 TAKE_OVER", "event Answering");
    assertThat(reached(VIP4)).as("or the other test shows nothing").isFalse();
  }

  @Test
  void whatIsOthersIsLeftAloneAndWhatIsOursGoesAtTheEnd() {
    lab.namespaces.ip(lab.node, "rule add fwmark 0x70/0x70 lookup 76697 priority 7669");
    lab.namespaces.ip(lab.node, "route add 198.51.100.0/24 via 10.9.0.2 table 76697");
    String rules = rules("rule");
    String rules6 = rules("-6 rule");
    Child process = lab.enforce();
    process.ask("hold " + VIP4 + " e1 TAKE_OVER", "event Answering");
    until(() -> rules("rule").contains("lookup 76691") && rules("-6 rule").contains("76691"));
    process.kill();
    assertThat(rules("rule")).as("rules outlive the process").contains("lookup 76691");
    process = lab.enforce();
    until(() -> rules("rule").equals(rules) && rules("-6 rule").equals(rules6));
    process.ask("hold " + VIP4 + " e1 TAKE_OVER", "event Answering");
    until(() -> rules("rule").contains("lookup 76691"));
    process.end();
    assertThat(rules("rule")).isEqualTo(rules);
    assertThat(rules("-6 rule")).isEqualTo(rules6);
    assertThat(lab.namespaces.must(lab.node, "ip", "route", "show", "table", "all"))
        .contains("198.51.100.0/24")
        .doesNotContain("table 76691");
  }

  /// Each written would remove the other, for ever.
  @Test
  void twoGatewaysOfOneInterfaceComeToRest() {
    lab.namespaces.ip(
        lab.node,
        "route replace default metric 500 nexthop via 10.9.0.2 dev e1 nexthop via 10.9.0.3 dev e1");
    lab.namespaces.ip(
        lab.node,
        "-6 route replace default metric 5000 nexthop via 2001:db8:9::2 dev e1 nexthop via"
            + " 2001:db8:9::3 dev e1");
    Child process = lab.enforce();
    serve(VIP4, "ip", "192.0.2.2:8080");
    process.ask("hold " + VIP4 + " e1 TAKE_OVER", "event Answering");
    until(() -> reached(VIP4));
    assertThat(process.ask("returning", "returning")).isEqualTo("returning 1 0");
    assertThat(lab.namespaces.must(lab.node, "ip", "-6", "route", "show", "table", "76691"))
        .contains("default via 2001:db8:9::2 ")
        .doesNotContain("2001:db8:9::3");
  }

  private String rules(String rule) {
    String[] words = ("ip " + rule + " show").split(" ", -1);
    return lab.namespaces.must(lab.node, words);
  }

  /// A service proxy's translation, and what answers behind it.
  private void serve(String vip, String family, String backend) {
    String node = lab.node;
    lab.namespaces.must(node, "nft", "add table inet proxy");
    lab.namespaces.must(
        node, "nft", "add chain inet proxy prerouting { type nat hook prerouting priority -100; }");
    lab.namespaces.must(
        node,
        "nft",
        "add rule inet proxy prerouting %s daddr %s tcp dport 80 dnat %s to %s"
            .formatted(family, vip, family, backend));
    boolean here = backend.contains("2.1:") || backend.contains("::1]");
    lab.namespaces
        .start(here ? node : lab.client, Greeter.class, "-Dport=8080", "-Dname=server")
        .await("listening");
  }

  /// Whether the far client gets its answer.
  private boolean reached(String vip) {
    return lab.namespaces
        .run(lab.server, "timeout", "5", "bash", "-c", "cat < /dev/tcp/" + vip + "/80")
        .output()
        .equals("hello from server\n");
  }
}
