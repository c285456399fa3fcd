package dev.thresher.loadbalancer.rules;

import static dev.thresher.loadbalancer.rules.LoadBalancerRulesTest.read;
import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.api.address.IpAddress;
import dev.thresher.api.loadbalancer.IPPool;
import dev.thresher.loadbalancer.ipam.Pool;
import dev.thresher.loadbalancer.rules.PoolRules.Surroundings;
import dev.thresher.loadbalancer.rules.PoolRules.Use;
import java.time.OffsetDateTime;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class PoolRulesTest {

  private static final String EVERYBODY = "{'project':'*','namespace':'*','guestCluster':'*'}";

  private static IPPool pool(String name, String spec) {
    return read(
        "{'metadata':{'name':'" + name + "','annotations':{}},'spec':" + spec + "}", IPPool.class);
  }

  private static String spec(String ranges, String selector) {
    return "{'ranges':[" + ranges + "],'selector':{" + selector + "}}";
  }

  private static String range(String subnet, String start, String end) {
    return "{'subnet':'" + subnet + "','rangeStart':'" + start + "','rangeEnd':'" + end + "'}";
  }

  private static final String FOUR = "{'subnet':'192.0.2.0/24'}";
  private static final String OTHER_FOUR = "{'subnet':'198.51.100.0/24'}";
  private static final String SIX = "{'subnet':'2001:db8::/64'}";

  private static Surroundings around(List<Use> uses, IPPool... pools) {
    return new Surroundings(
        Arrays.stream(pools).map(PoolReading::of).toList(), uses, "default/lan"::equals, List::of);
  }

  private static Verdict create(IPPool pool, IPPool... others) {
    return PoolRules.check(new Operation.Create<>(pool), around(List.of(), others));
  }

  private static Verdict update(String before, String after, Use... uses) {
    return PoolRules.check(
        new Operation.Update<>(pool("p", before), pool("p", after)), around(List.of(uses)));
  }

  private static Use use(String address) {
    return new Use(IpAddress.parse(address), "vms/web", true);
  }

  @ParameterizedTest(name = "{0}: {1}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{'ranges':[]}| spec.ranges: want at least one range, got \"[]\"; add one with its subnet",
        "{}| spec.ranges: want at least one range",
        "{'ranges':[{'subnet':'192.0.2.0'}]}| spec.ranges[0].subnet: want a CIDR such as 192.0.2.0/24 or 2001:db8::/64, got \"192.0.2.0\"; correct this field",
        "{'ranges':[{}]}| spec.ranges[0].subnet: want a CIDR",
        "{'ranges':[{'subnet':'192.0.2.0/24'},{'subnet':'198.51.100.0/24','rangeStart':'10.0.0.1'}]}| spec.ranges[1].rangeStart: want an address inside 198.51.100.0/24, got \"10.0.0.1\"",
        "{'ranges':[{'subnet':'2001:db8::/64','rangeEnd':'2001:db9::1'}]}| spec.ranges[0].rangeEnd: want an address inside 2001:db8::/64, got \"2001:db9::1\"",
        "{'ranges':[{'subnet':'192.0.2.0/24','gateway':'2001:db8::1'}]}| spec.ranges[0].gateway: want an IPv4 address, got \"2001:db8::1\"",
        "{'ranges':[{'subnet':'192.0.2.0/24','exclude':['x']}]}| spec.ranges[0].exclude[0]: want an address, a CIDR or two addresses as first-last, got \"x\"",
        "{'ranges':[{'subnet':'192.0.2.0/24'}],'selector':{'network':'lan'}}| spec.selector.network: want a NetworkAttachmentDefinition as namespace/name, got \"lan\"",
        "{'ranges':[{'subnet':'192.0.2.0/24'}],'selector':{'network':'default/gone'}}| spec.selector.network: want a NetworkAttachmentDefinition that exists, got \"default/gone\"",
        "{'ranges':[{'subnet':'192.0.2.0/24'},{'subnet':'192.0.2.128/25','gateway':'192.0.2.1'}]}| spec.ranges[1]: want addresses that no other range has, got \"192.0.2.129-192.0.2.254\"; narrow it by rangeStart and rangeEnd: spec.ranges[0] is 192.0.2.1-192.0.2.254",
        "{'ranges':[{'subnet':'192.0.2.0/24'}],'selector':{'scope':[{'namespace':'a'},{'namespace':'a'}]}}| spec.selector.scope[1]: want nobody whom spec.selector.scope[0] means already, got \"/a/\"; narrow or remove",
        "{'ranges':[{'subnet':'192.0.2.0/24'}],'selector':{'scope':[{'project':'*','namespace':'a'},{'project':'x','namespace':'a'}]}}| spec.selector.scope[1]",
      })
  void refusesOneThing(String spec, String message) {
    Verdict verdict = create(pool("p", spec));

    assertThat(verdict.refusals()).hasSize(1);
    assertThat(verdict.message()).startsWith(message);
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{'ranges':[{'subnet':'192.0.2.0/24'}]}",
        "{'ranges':[{'subnet':'192.0.2.7/32'}]}",
        "{'ranges':[{'subnet':'192.0.2.1/24','rangeStart':'192.0.2.20','rangeEnd':'192.0.2.10','gateway':'10.0.0.1'}]}",
        "{'ranges':[{'subnet':'192.0.2.0/24'},{'subnet':'2001:db8::/64','exclude':['2001:db8::/96']}]}",
        "{'ranges':[{'subnet':'192.0.2.0/24','rangeEnd':'192.0.2.9'},{'subnet':'192.0.2.0/24','rangeStart':'192.0.2.10'}]}",
        "{'ranges':[{'subnet':'192.0.2.0/24'}],'selector':{'network':'default/lan','priority':7}}",
        "{'ranges':[{'subnet':'192.0.2.0/24'}],'selector':{'scope':[{'namespace':'a'},{'namespace':'b'}]}}",
        // Everybody swallows the rest.
        "{'ranges':[{'subnet':'192.0.2.0/24'}],'selector':{'scope':[{'project':'*','namespace':'*','guestCluster':'*'},{'namespace':'a'}]}}",
      })
  void letsPass(String spec) {
    assertThat(create(pool("p", spec))).isEqualTo(Verdict.PASS);
  }

  @Test
  void rangesOfPoolsMustNotOverlapOnOneNetwork() {
    IPPool other = pool("other", spec(range("192.0.2.0/24", "192.0.2.100", "192.0.2.110"), ""));
    String overlapping = range("192.0.2.0/24", "192.0.2.110", "192.0.2.120");
    String beside = range("192.0.2.0/24", "192.0.2.111", "192.0.2.120");

    assertThat(create(pool("p", spec(overlapping, "")), other).message())
        .isEqualTo(
            "spec.ranges[0]: want addresses that no other pool of the network has, got"
                + " \"192.0.2.110-192.0.2.120\"; narrow it by rangeStart and rangeEnd: pool"
                + " \"other\" has 192.0.2.100-192.0.2.110");
    assertThat(create(pool("p", spec(beside, "")), other)).isEqualTo(Verdict.PASS);
    Verdict elsewhere = create(pool("p", spec(overlapping, "'network':'default/lan'")), other);
    assertThat(elsewhere.refusals()).isEmpty();
    assertThat(elsewhere.warnings())
        .singleElement()
        .satisfies(warning -> assertThat(warning).contains("pool \"other\" on another network"));
    // It is no other than itself.
    assertThat(create(other, other)).isEqualTo(Verdict.PASS);
    String v6 = range("2001:db8::/64", "2001:db8::10", "2001:db8::20");
    assertThat(create(pool("p", spec(v6, "")), pool("other", spec(v6, ""))).allowed()).isFalse();
  }

  @Test
  void thereIsOneGlobalPoolOfEachFamily() {
    IPPool global = pool("global", spec(FOUR, "'scope':[" + EVERYBODY + "]"));
    String everybody = "'scope':[" + EVERYBODY + "]";

    assertThat(create(pool("p", spec(OTHER_FOUR, everybody)), global).message())
        .isEqualTo(
            "spec.selector.scope: want a scope that is not everybody, since pool \"global\" is"
                + " global already, got \"*/*/*\"; name projects, namespaces or guest clusters");
    assertThat(create(pool("p", spec(OTHER_FOUR + "," + SIX, everybody)), global).allowed())
        .isFalse();
    Verdict six = create(pool("p", spec(SIX, everybody)), global);
    assertThat(six.refusals()).isEmpty();
    assertThat(six.warnings()).singleElement().isNotNull();
    // A global pool competes with no other.
    assertThat(create(pool("p", spec(OTHER_FOUR, "'scope':[{'namespace':'a'}]")), global))
        .isEqualTo(Verdict.PASS);
  }

  @ParameterizedTest(name = "{0} and {1}: {2}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "'priority':5 | 'priority':5 | spec.selector.priority: want a priority that no other pool has, since that of \"other\" is the same, got \"5\"; choose another number",
        "'priority':5 | 'priority':6 | ``",
        "'priority':5,'network':'default/lan' | 'priority':5 | spec.selector.priority",
        "'scope':[{'namespace':'a'}] | 'scope':[{'namespace':'a'}] | spec.selector.scope[0]: want nobody whom pool \"other\" of the same network means with priority 0, got \"/a/\"; set spec.selector.priority, or narrow the scope",
        "'scope':[{'namespace':'b'},{'project':'*','namespace':'*','guestCluster':'g'}] | 'scope':[{'namespace':'a','guestCluster':'g'}] | spec.selector.scope[1]",
        "'scope':[{'namespace':'a'}],'network':'default/lan' | 'scope':[{'namespace':'a'}] | ``",
        "'scope':[{'namespace':'a'}],'priority':1 | 'scope':[{'namespace':'a'}] | ``",
        "'scope':[{'namespace':'a'}] | 'scope':[{'namespace':'b'}] | ``",
        "'priority':0 | 'priority':0 | ``",
      })
  void poolsMustNotCompeteOnEqualTerms(String selector, String other, String message) {
    Verdict verdict =
        create(pool("p", spec(FOUR, selector)), pool("other", spec(OTHER_FOUR, other)));

    assertThat(verdict.message()).startsWith(message);
    assertThat(verdict.allowed()).isEqualTo(message.isEmpty());
    assertThat(create(pool("p", spec(SIX, selector)), pool("other", spec(OTHER_FOUR, other))))
        .as("of the other family")
        .isEqualTo(Verdict.PASS);
  }

  @Test
  void brokenPoolsOfOthersAreNoReasonToRefuse() {
    assertThat(create(pool("p", spec(FOUR, "")), pool("other", "{}"))).isEqualTo(Verdict.PASS);
  }

  @ParameterizedTest(name = "{0} beside {1}: {2}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        // The default of the other's subnet, named or not.
        "192.0.2.0/24 192.0.2.1 192.0.2.9 192.0.2.9 | 192.0.2.0/24 192.0.2.50 192.0.2.60 - | 192.0.2.1 of the gateway of pool \"other\" (the first address of 192.0.2.0/24)",
        "192.0.2.0/24 192.0.2.1 192.0.2.9 192.0.2.9 | 192.0.2.0/24 192.0.2.50 192.0.2.60 192.0.2.1 | 192.0.2.1 of the gateway of pool \"other\" (the first address of 192.0.2.0/24)",
        "192.0.2.0/24 192.0.2.1 192.0.2.9 192.0.2.9 | 192.0.2.0/24 192.0.2.50 192.0.2.60 192.0.2.5 | 192.0.2.5 of the gateway of pool \"other\"",
        "192.0.2.0/24 192.0.2.10 192.0.2.20 - | 192.0.2.16/28 192.0.2.25 192.0.2.30 - | 192.0.2.17 of the gateway of pool \"other\" (the first address of 192.0.2.16/28)",
        "2001:db8::/64 2001:db8::1 2001:db8::9 2001:db8::9 | 2001:db8::/64 2001:db8::50 2001:db8::60 - | 2001:db8::1 of the gateway of pool \"other\" (the first address of 2001:db8::/64)",
        // Nobody gives it away.
        "192.0.2.0/24 192.0.2.2 192.0.2.9 - | 192.0.2.0/24 192.0.2.50 192.0.2.60 - | ``",
        "192.0.2.0/24 192.0.2.1 192.0.2.9 - | 192.0.2.0/24 192.0.2.50 192.0.2.60 - | ``",
        "192.0.2.0/24 192.0.2.10 192.0.2.20 - | 192.0.2.15/32 - - - | ``",
        "198.51.100.0/24 - - - | 192.0.2.0/24 192.0.2.50 192.0.2.60 - | ``",
      })
  void noPoolGivesTheGatewayOfAnother(String mine, String theirs, String given) {
    IPPool pool = pool("p", spec(withGateway(mine), ""));
    IPPool other = pool("other", spec(withGateway(theirs), ""));
    IPPool elsewhere = pool("other", spec(withGateway(theirs), "'network':'default/lan'"));

    assertThat(create(pool, elsewhere).refusals()).as("on another network").isEmpty();
    Verdict verdict = create(pool, other);
    if (given.isEmpty()) {
      assertThat(verdict.refusals().stream().map(Violation::rule))
          .noneMatch(rule -> rule.contains("gateway"));
      return;
    }
    String rule = "addresses that nobody answers for, other than " + given;
    assertThat(verdict.refusals()).extracting(Violation::rule).containsExactly(rule);
    assertThat(verdict.message())
        .endsWith("add them to spec.ranges[0].exclude, or narrow the range");
    // Of a pool that was there first it is a condition, and whoever makes the second is warned.
    List<PoolReading> both = List.of(PoolReading.of(pool), PoolReading.of(other));
    assertThat(
            PoolRules.ofStored(
                pool, both, Occupied.gateways(List.of(usable(pool), usable(other))), _ -> false))
        .extracting(Violation::rule)
        .containsExactly(rule);
    assertThat(create(other, pool).warnings())
        .anyMatch(warning ->
            warning.startsWith("pool \"p\" has " + given.substring(0, given.indexOf(' '))));
  }

  private static Pool usable(IPPool object) {
    return ((PoolReading.Usable) PoolReading.of(object)).pool();
  }

  /// @param text `subnet start end gateway`, `-` for an absent one
  private static String withGateway(String text) {
    String[] parts = text.split(" ", -1);
    var json = new StringBuilder("{'subnet':'" + parts[0] + "'");
    String[] fields = {"", "rangeStart", "rangeEnd", "gateway"};
    for (int i = 1; i < parts.length; i++) {
      if (!parts[i].equals("-")) {
        json.append(",'").append(fields[i]).append("':'").append(parts[i]).append('\'');
      }
    }
    return json.append('}').toString();
  }

  @Test
  void addressesInUseCannotBeCut() {
    String wide = spec(range("192.0.2.0/24", "192.0.2.10", "192.0.2.20"), "");
    String narrow = spec(range("192.0.2.0/24", "192.0.2.10", "192.0.2.15"), "");

    assertThat(update(wide, narrow, use("192.0.2.16"), use("192.0.2.12")).message())
        .isEqualTo(
            "spec.ranges: want ranges that give all addresses in use: 192.0.2.16 of vms/web, got"
                + " \"192.0.2.10-192.0.2.15\"; delete these load balancers first, or keep their"
                + " addresses in a range");
    assertThat(update(wide, narrow, use("192.0.2.15"))).isEqualTo(Verdict.PASS);
    // Outside before, too: adopted from elsewhere.
    assertThat(update(wide, narrow, use("192.0.2.99"))).isEqualTo(Verdict.PASS);
    String excluding =
        "{'ranges':[{'subnet':'192.0.2.0/24','rangeStart':'192.0.2.10','rangeEnd':'192.0.2.20',"
            + "'exclude':['192.0.2.16']}]}";
    assertThat(update(wide, excluding, use("192.0.2.16")).allowed()).isFalse();
    String gateway =
        "{'ranges':[{'subnet':'192.0.2.0/24','rangeStart':'192.0.2.10','rangeEnd':'192.0.2.20',"
            + "'gateway':'192.0.2.16'}]}";
    assertThat(update(wide, gateway, use("192.0.2.16")).allowed()).isFalse();
    assertThat(update("{}", narrow, use("192.0.2.16")).allowed()).as("was broken").isFalse();
  }

  @Test
  void theNetworkOfAddressesInUseStays() {
    String before = spec(FOUR, "");
    String after = spec(FOUR, "'network':'default/lan'");

    assertThat(update(before, after, use("192.0.2.16")).message())
        .startsWith(
            "spec.selector.network: want \"\", where addresses are in use by 192.0.2.16 of");
    assertThat(update(before, after)).isEqualTo(Verdict.PASS);
  }

  @Test
  void aPoolThatGotInWrongCanBeMendedStepByStep() {
    String wrong = "{'ranges':[{'subnet':'x'}],'selector':{'network':'lan'}}";

    assertThat(update(wrong, wrong)).isEqualTo(Verdict.PASS);
    assertThat(update(wrong, spec(FOUR, "'network':'lan'"))).isEqualTo(Verdict.PASS);
    assertThat(update(wrong, "{'ranges':[],'selector':{'network':'lan'}}").allowed()).isFalse();
  }

  @Test
  void aPoolInUseIsNotDeleted() {
    List<Use> uses = IntStream.range(0, 22).mapToObj(i -> use("192.0.2." + (10 + i))).toList();
    Operation<IPPool> deletion = new Operation.Delete<>(pool("p", spec(FOUR, "")));

    assertThat(PoolRules.check(deletion, around(uses)).message())
        .startsWith("status.allocated: want no address in use, got \"192.0.2.10 of vms/web, ")
        .contains(" and 2 more\"; delete these load balancers first");
    assertThat(PoolRules.check(deletion, around(List.of()))).isEqualTo(Verdict.PASS);
  }

  /// There is no load balancer that could be deleted.
  @Test
  void whatOnlyTheStatusNamesIsToBeFreedByHand() {
    Use orphan = new Use(IpAddress.parse("2001:db8::9"), "vms/gone", false);
    Use other = new Use(IpAddress.parse("192.0.2.9"), "vms/gone-too", false);
    String command =
        "kubectl annotate --overwrite ippool p"
            + " 'loadbalancer.harvesterhci.io/manuallyReleaseIP=2001:db8::9: vms/gone'";
    Operation<IPPool> deletion = new Operation.Delete<>(pool("p", spec(FOUR, "")));

    assertThat(PoolRules.check(deletion, around(List.of(orphan, other))).message())
        .endsWith(
            "; free what no load balancer claims, one after the other (2001:db8::9 of vms/gone,"
                + " 192.0.2.9 of vms/gone-too): "
                + command);
    assertThat(PoolRules.check(deletion, around(List.of(use("192.0.2.10"), orphan))).message())
        .endsWith(
            "; delete the load balancers that have a claim first, and free what no load balancer"
                + " claims, one after the other (2001:db8::9 of vms/gone): "
                + command);
  }

  @Test
  void whatIsBeingDeletedMayChange() {
    IPPool after = pool("p", "{}");
    after.getMetadata().setDeletionTimestamp(OffsetDateTime.parse("2026-01-01T00:00:00Z"));

    assertThat(
            PoolRules.check(
                new Operation.Update<>(pool("p", spec(FOUR, "")), after),
                around(List.of(use("192.0.2.16")))))
        .isEqualTo(Verdict.PASS);
  }

  @ParameterizedTest(name = "{0}: {1}")
  @CsvSource(
      delimiter = '|',
      value = {
        "192.0.2.7: vms/web     | true",
        "2001:db8::7: vms/web   | true",
        "''                     | true",
        "192.0.2.7              | false",
        "192.0.2.7: web         | false",
        "all: vms/web           | false",
      })
  void releaseByHandHasAForm(String annotation, boolean good) {
    IPPool pool = pool("p", spec(FOUR, ""));
    pool.getMetadata()
        .putAnnotationsItem("loadbalancer.harvesterhci.io/manuallyReleaseIP", annotation);

    assertThat(create(pool).allowed()).isEqualTo(good);
  }

  @Test
  void labelsFollowScopeAndVlan() {
    assertThat(PoolLabels.of(pool("p", spec(FOUR, "'scope':[" + EVERYBODY + "]")), 7))
        .containsOnly(
            Map.entry("loadbalancer.harvesterhci.io/vid", "7"),
            Map.entry("loadbalancer.harvesterhci.io/global-ip-pool", "true"));
    assertThat(PoolLabels.of(pool("p", "{}"), 0))
        .containsEntry("loadbalancer.harvesterhci.io/global-ip-pool", "false");
  }
}
