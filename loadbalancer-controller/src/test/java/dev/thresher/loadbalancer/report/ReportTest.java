package dev.thresher.loadbalancer.report;

import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.InstanceOfAssertFactories.list;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.thresher.api.json.LenientJson;
import dev.thresher.api.loadbalancer.IPPool;
import dev.thresher.api.loadbalancer.LoadBalancer;
import dev.thresher.api.net.AddressClaim;
import dev.thresher.loadbalancer.reconcile.Inventory;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class ReportTest {

  private static final String POOL =
      "{'metadata':{'name':'lan'},'spec':{'ranges':[{'subnet':'192.0.2.0/24'}]},'status':{%s}}";

  private static <T> T read(String json, Class<T> type) {
    return LenientJson.gson().fromJson(json.replace('\'', '"'), type);
  }

  private static <T> List<T> all(String json, Class<T> type) {
    return json.isBlank()
        ? List.of()
        : Stream.of(json.split(";", -1)).map(one -> read(one, type)).toList();
  }

  private static String claim(String address, String owner, String more) {
    return "{'metadata':{'name':'c-"
        + address
        + "'},'spec':{'pool':'lan','address':'"
        + address
        + "','allocatedAt':'2026-01-02T03:04:05Z','owner':{'namespace':'vms','name':'"
        + owner
        + "'}}"
        + more
        + "}";
  }

  private static String balancer(String name, String address) {
    return "{'metadata':{'namespace':'vms','name':'"
        + name
        + "','uid':'u'},'spec':{'workloadType':'cluster'},'status':{'allocatedAddress':"
        + "{'ip':'"
        + address
        + "','ipPool':'lan'}}}";
  }

  private static Report report(String pools, String claims, String balancers) {
    return Report.of(
        Inventory.of(
            all(pools, IPPool.class),
            all(claims, AddressClaim.class),
            all(balancers, LoadBalancer.class),
            List.of()));
  }

  private static List<String> findings(Report report) {
    return report.findings().stream()
        .map(one ->
            one.kind().text() + " " + one.address() + " " + one.pool() + ": " + one.message())
        .toList();
  }

  @Test
  void whatFitsTogetherIsNoFinding() {
    Report report =
        report(
            POOL.formatted("'allocated':{'192.0.2.2':'vms/a'}"),
            claim("192.0.2.2", "a", "")
                + ";"
                + claim("192.0.2.10", "gone", ",'status':{'releasedAt':'2026-01-03T00:00:00Z'}"),
            balancer("a", "192.0.2.2")
                + ";{'metadata':{'namespace':'vms','name':'waits'},'spec':{'ipPool':'lan'}}"
                + ";{'metadata':{'namespace':'vms','name':'dhcp'},'spec':{'ipam':'dhcp'}}");

    assertThat(report.findings()).isEmpty();
    assertThat(report.pools())
        .containsExactly(
            new Report.PoolLine("lan", "", "192.0.2.1-192.0.2.254", 253, 1, 1, 252, ""));
    assertThat(report.addresses())
        .extracting(line -> line.address() + " " + line.owner() + " " + line.state())
        .containsExactly(
            "192.0.2.2 vms/a used", "192.0.2.10 vms/gone released", " vms/waits pending");
    assertThat(report.addresses().getFirst().since()).isEqualTo("2026-01-02T03:04:05Z");
  }

  @Test
  void addressesThatThePoolsStatusDoesNotNameYetAreAFinding() {
    Report report =
        report(
            POOL.formatted("'allocated':{'192.0.2.2':'vms/a'}"),
            claim("192.0.2.2", "a", "")
                + ";"
                + claim("192.0.2.3", "b", "")
                + ";"
                + claim("192.0.2.4", "c", ""),
            balancer("a", "192.0.2.2")
                + ";"
                + balancer("b", "192.0.2.3")
                + ";"
                + balancer("c", "192.0.2.4"));

    assertThat(findings(report))
        .containsExactly(
            "mismatch 192.0.2.3 lan: 2 addresses in use are not in status.allocated, first that of"
                + " vms/b");
    assertThat(report.findings().getFirst().fix()).contains("do not go back");
  }

  /// Names of load balancers may have 253 characters.
  @Test
  void morePerPoolThanItsStatusCanHoldIsAFinding() {
    int claims = 4200;
    String name = "x".repeat(247);
    String all =
        IntStream.range(0, claims)
            .mapToObj(i ->
                claim(
                    "10.0.%d.%d".formatted(i / 250, 1 + i % 250), name + "-%05d".formatted(i), ""))
            .collect(joining(";"));
    String pool = POOL.formatted("").replace("192.0.2.0/24", "10.0.0.0/16");

    List<Finding> truncated =
        report(pool, all, "").findings().stream()
            .filter(one -> one.kind() == Finding.Kind.TRUNCATED)
            .toList();
    assertThat(truncated).hasSize(1);
    assertThat(truncated.getFirst().pool()).isEqualTo("lan");
    assertThat(truncated.getFirst().message())
        .matches("\\d+ addresses in use do not fit into status.allocated");
    assertThat(truncated.getFirst().fix()).startsWith("do not go back to Harvester's controller");
    assertThat(ReportText.table(report(pool, all, "")))
        .containsPattern("\ntruncated +- +lan +\\d+ addresses in use do not fit");

    assertThat(report(pool, all.substring(0, all.length() / 2).replaceAll(";[^;]*$", ""), ""))
        .extracting(Report::findings)
        .asInstanceOf(list(Finding.class))
        .noneMatch(one -> one.kind() == Finding.Kind.TRUNCATED);
  }

  @Test
  void repliesThatMayGetLostAreAFindingWithTheCommandsThatShowIt() {
    String risk =
        "{'metadata':{'namespace':'vms','name':'a','uid':'u'},'spec':{'ipam':'dhcp'},'status':{"
            + "'backends':[{'name':'vm-1','address':'10.7.0.5'},{'name':'vm-2','address':'10.7.0.6'}],"
            + "'conditions':[{'type':'BridgeNatAtRisk','status':'%s',"
            + "'message':'net.bridge.bridge-nf-call-iptables is 1 on n1'}]}}";
    Report report = report("", "", risk.formatted("True"));

    assertThat(findings(report))
        .containsExactly("bridge  : vms/a: net.bridge.bridge-nf-call-iptables is 1 on n1");
    assertThat(report.findings().getFirst().fix())
        .contains(
            "tcpdump -ni mgmt-br \"host 10.7.0.5 or host 10.7.0.6\"",
            "in the machine: tcpdump",
            "conntrack -L",
            "pwru \"host 10.7.0.5");
    assertThat(report("", "", risk.formatted("False")).findings()).isEmpty();
  }

  @Test
  void backEndsInAnotherVlanAreAFindingWithTheCommandsThatShowTheWay() {
    String crossing =
        "{'metadata':{'namespace':'vms','name':'a','uid':'u'},'spec':{'ipam':'dhcp'},'status':{"
            + "'backends':[{'name':'vm-1','address':'10.7.0.5'},{'name':'vm-2','address':'10.7.0.6'}],"
            + "'conditions':[{'type':'BackendsInOtherVlan','status':'%s','reason':'VlansDiffer',"
            + "'message':'pool lan is on vms/seven, and vm-1 is reached on vms/eight'}]}}";
    Report report = report("", "", crossing.formatted("True"));

    assertThat(findings(report))
        .containsExactly(
            "vlan  : vms/a: pool lan is on vms/seven, and vm-1 is reached on vms/eight");
    assertThat(report.findings().getFirst().fix())
        .contains("tracepath -n 10.7.0.5; tracepath -n 10.7.0.6", "in the machine");
    assertThat(ReportText.table(report)).contains("\nvlan  -        -     vms/a: pool lan is on");
    assertThat(
            JsonParser.parseString(ReportText.json(report))
                .getAsJsonObject()
                .getAsJsonArray("findings")
                .get(0)
                .getAsJsonObject()
                .get("kind")
                .getAsString())
        .isEqualTo("vlan");
    assertThat(report("", "", crossing.formatted("False")).findings()).isEmpty();
    // Without back ends in the status there is still a command to fill in.
    assertThat(
            report("", "", crossing.formatted("True").replaceAll("'backends':\\[.*?\\],", ""))
                .findings()
                .getFirst()
                .fix())
        .contains("tracepath -n BACKEND;");
  }

  @Test
  void twoWithOneAddressAreAConflict() {
    Report report =
        report(
            POOL.formatted("'allocated':{'192.0.2.2':'vms/c'}"),
            claim("192.0.2.2", "a", ""),
            balancer("a", "192.0.2.2") + ";" + balancer("b", "192.0.2.2"));

    assertThat(findings(report))
        .containsExactly(
            "conflict 192.0.2.2 : the status of several load balancers names it: vms/a, vms/b",
            "conflict 192.0.2.2 lan: status.allocated gives it to vms/c, but it is claimed for vms/a",
            "conflict 192.0.2.2 lan: the status of vms/b names it, but it is claimed for vms/a");
  }

  @Test
  void aGroupThatSharesAnAddressIsNoConflict() {
    String shared =
        claim("192.0.2.2", "a", "").replace("'pool':'lan'", "'pool':'lan','shareGroup':'g'");
    String both = balancer("a", "192.0.2.2") + ";" + balancer("b", "192.0.2.2");

    assertThat(report(POOL.formatted("'allocated':{'192.0.2.2':'vms/a'}"), shared, both).findings())
        .isEmpty();
  }

  @Test
  void theSameNumberOnAnotherNetworkIsNoConflict() {
    String other =
        "{'metadata':{'name':'vlan'},'spec':{'ranges':[{'subnet':'192.0.2.0/24'}],"
            + "'selector':{'network':'default/v'}},"
            + "'status':{'allocated':{'192.0.2.2':'vms/b'}}}";
    Report report =
        report(
            POOL.formatted("'allocated':{'192.0.2.2':'vms/a'}") + ";" + other,
            claim("192.0.2.2", "a", "")
                + ";"
                + claim("192.0.2.2", "b", "")
                    .replace("'pool':'lan'", "'pool':'vlan','layer2Domain':'default/v'"),
            balancer("a", "192.0.2.2")
                + ";"
                + balancer("b", "192.0.2.2").replace("'ipPool':'lan'", "'ipPool':'vlan'"));

    assertThat(report.findings()).isEmpty();
  }

  @ParameterizedTest(name = "{3}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "A | C | `` | orphan 192.0.2.2 lan: claimed for vms/a, which does not exist",
        "A | `` | `` | orphan 192.0.2.2 lan: status.allocated gives it to vms/a, which does not exist",
        "A | `` | X | orphan 192.0.2.2 lan: status.allocated gives it to vms/a, which does not name it",
        "A | `` | B | mismatch 192.0.2.2 lan: the status of vms/a names it, but no claim does",
        "A | C | X | mismatch 192.0.2.2 lan: claimed for vms/a, whose status does not name it",
      })
  void whatIsHeldForNobodyIsSaid(String pool, String claim, String balancer, String finding) {
    Report report =
        report(
            POOL.formatted(pool.isEmpty() ? "" : "'allocated':{'192.0.2.2':'vms/a'}"),
            claim.isEmpty() ? "" : claim("192.0.2.2", "a", ""),
            switch (balancer) {
              case "B" -> balancer("a", "192.0.2.2");
              case "X" -> "{'metadata':{'namespace':'vms','name':'a'},'spec':{}}";
              default -> "";
            });

    assertThat(findings(report)).containsExactly(finding);
  }

  @Test
  void anOrphanHasTheCommandThatFreesIt() {
    Report report = report(POOL.formatted("'allocated':{'192.0.2.2':'vms/a'}"), "", "");

    assertThat(report.findings().getFirst().fix())
        .isEqualTo(
            "if nobody answers for it: kubectl annotate --overwrite ippool lan"
                + " 'loadbalancer.harvesterhci.io/manuallyReleaseIP=192.0.2.2: vms/a'; of several,"
                + " one after the other");
    assertThat(report.addresses().getFirst().state()).isEqualTo("unclaimed");
  }

  @Test
  void poolsThatCannotBeUsedAreSaid() {
    Report report =
        report(
            "{'metadata':{'name':'bad'},'spec':{'ranges':[{'subnet':'x'}]}};"
                + POOL.formatted("")
                + ";"
                + POOL.formatted("").replace("'lan'", "'twin'"),
            claim("192.0.2.2", "a", "").replace("'pool':'lan'", "'pool':'gone'"),
            balancer("a", "192.0.2.2"));

    assertThat(findings(report))
        .hasSize(4)
        .anyMatch(text -> text.startsWith("pool  bad: spec.ranges[0].subnet: want a CIDR"))
        .anyMatch(
            text -> text.startsWith("pool  lan: spec.ranges[0]: want addresses that no other"))
        .anyMatch(
            text -> text.startsWith("pool  twin: spec.ranges[0]: want addresses that no other"))
        .anyMatch(
            text -> text.startsWith("mismatch 192.0.2.2 gone: claimed for vms/a from a pool"));
    assertThat(report.pools().getFirst().problem()).startsWith("spec.ranges[0].subnet");
  }

  @Test
  void tablesAndJsonSayTheSame() {
    Report report =
        report(
            POOL.formatted("'allocated':{'192.0.2.2':'vms/a','192.0.2.9':'vms/old'}"),
            claim("192.0.2.2", "a", ""),
            balancer("a", "192.0.2.2"));

    assertThat(ReportText.table(report).lines().map(String::stripTrailing))
        .startsWith(
            "POOLS",
            "NAME  NETWORK  RANGES                 TOTAL  USED  RELEASED  FREE  PROBLEM",
            "lan   -        192.0.2.1-192.0.2.254  253    1     0         251   -",
            "",
            "ADDRESSES")
        .anyMatch(line -> line.startsWith("192.0.2.2  lan   vms/a"))
        .anyMatch(line -> line.startsWith("orphan  192.0.2.9  lan   status.allocated gives it to"));
    JsonObject json = JsonParser.parseString(ReportText.json(report)).getAsJsonObject();
    assertThat(json.keySet()).containsExactly("pools", "addresses", "findings");
    assertThat(json.getAsJsonArray("findings").get(0).getAsJsonObject().get("kind").getAsString())
        .isEqualTo("orphan");
    assertThat(json.getAsJsonArray("addresses").size()).isEqualTo(report.addresses().size());
    assertThat(
            ReportText.table(Report.of(new Snapshot(List.of(), List.of(), List.of(), List.of()))))
        .isEqualTo("POOLS\nnone\n\nADDRESSES\nnone\n\nFINDINGS\nnone\n");
  }
}
