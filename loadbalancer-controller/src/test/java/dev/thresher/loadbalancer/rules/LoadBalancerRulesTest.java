package dev.thresher.loadbalancer.rules;

import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.api.json.LenientJson;
import dev.thresher.api.kubevirt.VirtualMachine;
import dev.thresher.api.loadbalancer.IPPool;
import dev.thresher.api.loadbalancer.LoadBalancer;
import dev.thresher.api.names.LoadBalancerName;
import dev.thresher.loadbalancer.rules.LoadBalancerRules.Surroundings;
import io.kubernetes.client.openapi.models.V1ObjectMeta;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class LoadBalancerRulesTest {

  private static final String GOOD_LISTENERS =
      "'listeners':[{'name':'http','port':80,'protocol':'TCP','backendPort':8080}]";

  private static LoadBalancer loadBalancer(String spec) {
    return loadBalancer(spec, "{}");
  }

  private static LoadBalancer loadBalancer(String spec, String annotations) {
    return read(
        "{'metadata':{'namespace':'vms','name':'a','annotations':"
            + annotations
            + "},'spec':"
            + spec
            + "}",
        LoadBalancer.class);
  }

  static <T> T read(String json, Class<T> type) {
    return LenientJson.gson().fromJson(json.replace('\'', '"'), type);
  }

  private static Surroundings around(List<IPPool> pools, VirtualMachine... machines) {
    return new Surroundings(
        name ->
            pools.stream()
                .filter(pool -> pool.getMetadata().getName().equals(name))
                .map(PoolReading::of)
                .findFirst(),
        (namespace, cluster) ->
            List.of(machines).stream()
                .filter(machine -> machine.getMetadata().getNamespace().equals(namespace))
                .filter(machine ->
                    cluster.equals(
                        machine.getMetadata().getLabels().get("guestcluster.harvesterhci.io/name")))
                .toList(),
        Requirements::stated,
        false,
        List::of,
        () -> pools);
  }

  private static final Surroundings NOTHING = around(List.of());

  private static Surroundings enforcing(Surroundings other) {
    return new Surroundings(
        other.pool(), other.machines(), other.need(), true, other.occupied(), other.pools());
  }

  private static Verdict create(LoadBalancer object, Surroundings surroundings) {
    return LoadBalancerRules.check(new Operation.Create<>(object), surroundings);
  }

  private static Verdict update(String before, String after) {
    return LoadBalancerRules.check(
        new Operation.Update<>(loadBalancer(before), loadBalancer(after)), NOTHING);
  }

  @ParameterizedTest
  @CsvSource({
    "192.0.2.9,vms/b,vms/b",
    "192.0.2.9,other/a,other/a",
    "192.0.2.9,vms/a,",
    "192.0.2.8,vms/b,"
  })
  void anAddressThatAPoolBooksForAnotherIsRefusedInTheStatusOfANewOne(
      String address, String owner, @Nullable String holder) {
    IPPool pool =
        read(
            "{'metadata':{'name':'p'},'spec':{'ranges':[{'subnet':'192.0.2.0/24'}]},"
                + "'status':{'allocated':{'%s':'%s'}}}".formatted(address, owner),
            IPPool.class);
    for (String named : List.of("p", "gone", "")) {
      LoadBalancer object = having("{'ip':'192.0.2.9','ipPool':'" + named + "'}");
      assertThat(create(object, around(List.of(pool))).refusals())
          .extracting(Violation::message)
          .containsExactlyElementsOf(
              holder == null
                  ? List.of()
                  : List.of(
                      "status.allocatedAddress.ip: want an address that is nobody else's; this is"
                          + " that of "
                          + holder
                          + ", got \"192.0.2.9\"; leave the status out; to ask for a certain"
                          + " address, use annotation thresher.dev/wanted-addresses"));
    }
  }

  @Test
  void anAddressThatAPoolKeepsForAnotherIsRefusedInTheStatusOfANewOne() {
    IPPool pool =
        read(
            "{'metadata':{'name':'p'},'spec':{'ranges':[{'subnet':'2001:db8::/64'}],"
                + "'reservations':[{'address':'2001:db8::9','namespace':'vms','name':'b'}]}}",
            IPPool.class);

    assertThat(
            create(having("{'ipv6IP':'2001:db8::9','ipv6Pool':'p'}"), around(List.of(pool)))
                .message())
        .contains("status.allocatedAddress.ipv6IP", "2001:db8::9", "vms/b");
    assertThat(
            create(having("{'ipv6IP':'2001:db8::8','ipv6Pool':'p'}"), around(List.of(pool)))
                .refusals())
        .isEmpty();
  }

  private static LoadBalancer having(String allocated) {
    return read(
        "{'metadata':{'namespace':'vms','name':'a'},'spec':{"
            + GOOD_LISTENERS
            + "},'status':{'allocatedAddress':"
            + allocated
            + "}}",
        LoadBalancer.class);
  }

  private static IPPool pool(String name, String scope) {
    return read(
        "{'metadata':{'name':'"
            + name
            + "'},'spec':{'ranges':[{'subnet':'192.0.2.0/24'}],'selector':{'scope':["
            + scope
            + "]}}}",
        IPPool.class);
  }

  private static VirtualMachine machine(String cluster, String annotation) {
    return new VirtualMachine()
        .metadata(
            new V1ObjectMeta()
                .namespace("vms")
                .name("node-1")
                .labels(Map.of("guestcluster.harvesterhci.io/name", cluster))
                .annotations(
                    Map.of("harvesterhci.io/removeAllPersistentVolumeClaims", annotation)));
  }

  @ParameterizedTest(name = "{0}: {1}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{}| spec.listeners: want at least one listener with workloadType vm, got \"[]\"",
        "{'workloadType':'vm','listeners':[]}| spec.listeners: want at least one",
        "{'workloadType':'pod',"
            + GOOD_LISTENERS
            + "}| spec.workloadType: want vm or cluster, got \"pod\"",
        "{'ipam':'ippool',"
            + GOOD_LISTENERS
            + "}| spec.ipam: want pool or dhcp, got \"ippool\"; leave it out for pool",
        "{'sessionAffinity':'Cookie',"
            + GOOD_LISTENERS
            + "}| spec.sessionAffinity: want None or ClientIP, got \"Cookie\"",
        "{'sessionAffinity':'ClientIP','sessionAffinitySeconds':0,"
            + GOOD_LISTENERS
            + "}| spec.sessionAffinitySeconds: want a number from 1 to 86400, got \"0\"",
        "{'backendNetwork':'a/b/c',"
            + GOOD_LISTENERS
            + "}| spec.backendNetwork: want the name of a network of the machines, or namespace/name",
        "{'ipFamilyPolicy':'Dual',"
            + GOOD_LISTENERS
            + "}| spec.ipFamilyPolicy: want SingleStack, PreferDualStack or RequireDualStack, got \"Dual\"",
        "{'workloadType':'cluster','placement':'moon'}| spec.placement: want guest or host, got \"moon\"",
        "{'listeners':[{'name':'a','port':0,'backendPort':1}]}| spec.listeners[0].port: want a number from 1 to 65535, got \"0\"",
        "{'listeners':[{'name':'a','port':65536,'backendPort':1}]}| spec.listeners[0].port: want a number from 1 to 65535, got \"65536\"",
        "{'listeners':[{'name':'a','port':-1,'backendPort':1}]}| spec.listeners[0].port",
        "{'listeners':[{'name':'a','backendPort':1}]}| spec.listeners[0].port: want a number from 1 to 65535, got \"\"",
        "{'listeners':[{'name':'a','port':1,'backendPort':0}]}| spec.listeners[0].backendPort: want a number from 1 to 65535, got \"0\"",
        "{'listeners':[{'name':'a','port':1,'backendPort':70000}]}| spec.listeners[0].backendPort",
        "{'listeners':[{'name':'a','port':1,'protocol':'tcp','backendPort':1}]}| spec.listeners[0].protocol: want TCP, UDP or SCTP in capitals, got \"tcp\"",
        "{'workloadType':'cluster','listeners':[{'port':1,'protocol':'HTTP','backendPort':1}]}| spec.listeners[0].protocol: want TCP, UDP or SCTP in capitals, got \"HTTP\"",
        "{'listeners':[{'name':'A_b','port':1,'backendPort':1}]}| spec.listeners[0].name: want at most 63 lower-case letters",
        "{'listeners':[{'name':'a','port':1,'backendPort':1},{'name':'a','port':2,'backendPort':2}]}| spec.listeners[1].name: want a name that no other listener has, got \"a\"; rename this listener or spec.listeners[0]",
        "{'listeners':[{'port':80,'backendPort':1},{'name':'tcp-80','port':81,'backendPort':2}]}| spec.listeners[1].name: want a name that no other listener has, got \"tcp-80\"",
        "{'listeners':[{'name':'a','port':1,'backendPort':1},{'name':'b','port':1,'protocol':'TCP','backendPort':2}]}| spec.listeners[1].port: want a port that no other listener has with protocol TCP, got \"1\"; change this port or that of spec.listeners[0]",
        "{'workloadType':'cluster','placement':'host','listeners':[{'port':1,'backendPort':0}]}| spec.listeners[0].backendPort",
        "{'healthCheck':{'port':9},"
            + GOOD_LISTENERS
            + "}| spec.healthCheck.port: want the backendPort of a listener with protocol TCP, got \"9\"; name one of [8080], or 0 for no check",
        "{'healthCheck':{'port':53},'listeners':[{'port':53,'protocol':'UDP','backendPort':53}]}| spec.healthCheck.port: want the backendPort of a listener with protocol TCP, got \"53\"; add a TCP listener with this backendPort",
        "{'healthCheck':{'port':8080,'successThreshold':-1},"
            + GOOD_LISTENERS
            + "}| spec.healthCheck.successThreshold: want a number from 1 to 1000, got \"-1\"",
        "{'healthCheck':{'port':8080,'failureThreshold':-1},"
            + GOOD_LISTENERS
            + "}| spec.healthCheck.failureThreshold",
        "{'healthCheck':{'port':8080,'periodSeconds':-1},"
            + GOOD_LISTENERS
            + "}| spec.healthCheck.periodSeconds",
        "{'healthCheck':{'port':8080,'timeoutSeconds':-1},"
            + GOOD_LISTENERS
            + "}| spec.healthCheck.timeoutSeconds",
      })
  void refusesOneThing(String spec, String message) {
    List<Violation> violations = LoadBalancerRules.ofObject(loadBalancer(spec));

    assertThat(violations).hasSize(1);
    assertThat(violations.getFirst().message()).startsWith(message);
    assertThat(create(loadBalancer(spec), NOTHING).allowed()).isFalse();
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{" + GOOD_LISTENERS + "}",
        "{'sessionAffinity':'ClientIP','backendNetwork':'default/vlan7'," + GOOD_LISTENERS + "}",
        "{'sessionAffinity':'None','backendNetwork':'nic-1'," + GOOD_LISTENERS + "}",
        // Several front ports may lead to one back port, and names may be left out.
        "{'listeners':[{'port':80,'backendPort':8080},{'port':81,'backendPort':8080}]}",
        "{'listeners':[{'port':53,'protocol':'TCP','backendPort':53},{'port':53,'protocol':'UDP','backendPort':53},{'port':53,'protocol':'SCTP','backendPort':53}]}",
        "{'healthCheck':{'port':0,'successThreshold':-1}," + GOOD_LISTENERS + "}",
        "{'healthCheck':{'port':8080}," + GOOD_LISTENERS + "}",
        "{'healthCheck':{'port':53},'listeners':[{'port':53,'protocol':'UDP','backendPort':53},{'port':54,'backendPort':53}]}",
        "{'ipam':'dhcp','ipPool':'nowhere'," + GOOD_LISTENERS + "}",
        // Of a reservation the guest answers the ports.
        "{'workloadType':'cluster'}",
        "{'workloadType':'cluster','listeners':[{'port':80,'backendPort':0},{'port':80,'backendPort':0}]}",
        "{'workloadType':'cluster','healthCheck':{'port':7}}",
        "{'workloadType':'cluster','placement':'host','healthCheck':{'port':7}}",
      })
  void letsPass(String spec) {
    assertThat(LoadBalancerRules.ofObject(loadBalancer(spec))).isEmpty();
    assertThat(create(loadBalancer(spec), NOTHING).allowed()).isTrue();
  }

  @ParameterizedTest(name = "{0}={1}")
  @CsvSource(
      delimiter = '|',
      value = {
        "thresher.dev/placement            | moon           | want guest or host",
        "thresher.dev/ip-families          | IPv5           | want IPv4, IPv6, or both in order",
        "thresher.dev/ip-families          | IPv4,IPv4      | want IPv4, IPv6, or both in order",
        "thresher.dev/wanted-addresses     | 192.0.2        | want at most one IPv4 and one IPv6 address",
        "thresher.dev/wanted-addresses     | 192.0.2.1,192.0.2.2 | want at most one IPv4 and one IPv6 address",
        "thresher.dev/wanted-addresses     | 224.0.0.1      | want at most one IPv4 and one IPv6 address",
        "thresher.dev/source-ranges        | 192.0.2.0/33   | want CIDRs",
        "thresher.dev/backend-addresses    | x              | want IPv4 and IPv6 addresses of machines",
        "thresher.dev/backend-addresses    | 127.0.0.1      | want IPv4 and IPv6 addresses of machines",
        "thresher.dev/backend-addresses    | ff02::1        | want IPv4 and IPv6 addresses of machines",
        "thresher.dev/backend-addresses    | 0.0.0.0        | want IPv4 and IPv6 addresses of machines",
        "loadbalancer.harvesterhci.io/network | lan         | want a NetworkAttachmentDefinition as namespace/name",
        "loadbalancer.harvesterhci.io/network | a/b/c       | want a NetworkAttachmentDefinition as namespace/name",
      })
  void refusesAnnotations(String key, String value, String rule) {
    LoadBalancer object =
        loadBalancer("{'workloadType':'cluster'}", "{'" + key + "':'" + value + "'}");

    assertThat(LoadBalancerRules.ofObject(object))
        .singleElement()
        .satisfies(violation ->
            assertThat(violation.message())
                .startsWith("metadata.annotations[" + key + "]: " + rule)
                .contains("got \"" + value + "\"; "));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "thresher.dev/placement            | host",
        "thresher.dev/ip-families          | IPv6, IPv4",
        "thresher.dev/wanted-addresses     | 192.0.2.1, 2001:db8::1",
        "thresher.dev/source-ranges        | 192.0.2.0/24, 2001:db8::/64",
        "thresher.dev/backend-addresses    | 192.0.2.7, 2001:db8::7",
        "loadbalancer.harvesterhci.io/network | default/lan",
      })
  void acceptsAnnotations(String key, String value) {
    assertThat(
            LoadBalancerRules.ofObject(
                loadBalancer("{'workloadType':'cluster'}", "{'" + key + "':'" + value + "'}")))
        .isEmpty();
  }

  @ParameterizedTest(name = "{0} to {1}: {2}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{'workloadType':'cluster'}|{'workloadType':'vm',"
            + GOOD_LISTENERS
            + "}| spec.workloadType: want cluster, as before, got \"vm\"; delete the LoadBalancer and create it again",
        "{"
            + GOOD_LISTENERS
            + "}|{'workloadType':'cluster'}| spec.workloadType: want vm, as before, got \"cluster\"",
        "{'workloadType':'cluster','ipam':'dhcp'}|{'workloadType':'cluster'}| spec.ipam: want dhcp, as before, got \"\"",
        "{'workloadType':'cluster'}|{'workloadType':'cluster','ipam':'dhcp'}| spec.ipam: want pool, as before, got \"dhcp\"",
        "{'workloadType':'cluster'}|{'workloadType':'cluster','ipam':'pool'}| ``",
        "{" + GOOD_LISTENERS + "}|{'workloadType':'vm'," + GOOD_LISTENERS + "}| ``",
        "{'workloadType':'cluster','placement':'guest'}|{'workloadType':'cluster','placement':'host'}| ``",
        "{'workloadType':'cluster'}|{'workloadType':'cluster','ipPool':'nowhere'}| spec.ipPool: want the name of an IPPool, got \"nowhere\"; create it",
        // Named before, gone since: no reason to refuse what has nothing to do with it.
        "{'workloadType':'cluster','ipPool':'nowhere'}|{'workloadType':'cluster','ipPool':'nowhere','description':'x'}| ``",
      })
  void freezesWhatMustNotChange(String before, String after, String message) {
    Verdict verdict = update(before, after);

    assertThat(verdict.message()).startsWith(message);
    assertThat(verdict.allowed()).isEqualTo(message.isEmpty());
  }

  @Test
  void freezesThePlacementOfAnAllocatedAddress() {
    LoadBalancer before = loadBalancer("{'workloadType':'cluster','placement':'guest'}");
    LoadBalancer allocated =
        read(
            "{'metadata':{'namespace':'vms','name':'a'},"
                + "'spec':{'workloadType':'cluster','placement':'guest'},"
                + "'status':{'allocatedAddress':{'ip':'192.0.2.7'}}}",
            LoadBalancer.class);
    LoadBalancer after = loadBalancer("{'workloadType':'cluster','placement':'host'}");
    LoadBalancer without = loadBalancer("{'workloadType':'cluster'}");

    assertThat(LoadBalancerRules.check(new Operation.Update<>(allocated, after), NOTHING).message())
        .startsWith("spec.placement: want guest, where the address is held, got \"host\"");
    assertThat(
            LoadBalancerRules.check(new Operation.Update<>(allocated, without), NOTHING).allowed())
        .isTrue();
    assertThat(LoadBalancerRules.check(new Operation.Update<>(before, after), NOTHING).allowed())
        .isTrue();
  }

  private static LoadBalancer held(String annotations, String spec, String reason) {
    return read(
        "{'metadata':{'namespace':'vms','name':'a','annotations':"
            + annotations
            + "},'spec':"
            + spec
            + ",'status':{'allocatedAddress':{'ip':'192.0.2.7'},'conditions':[{'type':'Ready',"
            + "'status':'True','reason':'"
            + reason
            + "'}]}}",
        LoadBalancer.class);
  }

  private static final String HOST = "{'thresher.dev/placement':'host'}";
  private static final String GUEST = "{'thresher.dev/placement':'guest'}";
  private static final String PLAIN = "{'workloadType':'cluster'}";
  private static final String ON_HOST = "{'workloadType':'cluster','placement':'host'}";

  @ParameterizedTest(name = "{0} {1} {2} to {3} {4}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        HOST
            + "|"
            + PLAIN
            + "|Answering|"
            + GUEST
            + "|"
            + PLAIN
            + "|metadata.annotations["
            + "thresher.dev/placement]: want host, where the address is held, got \"guest\"; delete",
        "{}|" + ON_HOST + "|Answering|" + GUEST + "|" + ON_HOST + "|metadata.annotations[",
        "{}|"
            + PLAIN
            + "|AddressAllocated|"
            + HOST
            + "|"
            + PLAIN
            + "|metadata.annotations["
            + "thresher.dev/placement]: want guest, where the address is held, got \"host\"; delete",
        "{}|"
            + PLAIN
            + "|AddressAllocated|{}|"
            + ON_HOST
            + "|spec.placement: want guest, where the address is held, got \"host\"; delete",
        // What vanished may come back, and what got in may be mended.
        HOST + "|" + ON_HOST + "|Answering|{}|" + PLAIN + "|``",
        "{}|" + PLAIN + "|Answering|" + HOST + "|" + ON_HOST + "|``",
        HOST + "|" + PLAIN + "|AddressAllocated|" + GUEST + "|" + PLAIN + "|``",
        HOST + "|" + PLAIN + "|AddressAllocated|" + HOST + "|" + PLAIN + "|``",
        "{}|" + PLAIN + "|AddressAllocated|" + GUEST + "|" + PLAIN + "|``",
      })
  void anAddressStaysWhereItIsHeld(
      String annotations,
      String spec,
      String reason,
      String otherAnnotations,
      String otherSpec,
      String message) {
    Verdict verdict =
        LoadBalancerRules.check(
            new Operation.Update<>(
                held(annotations, spec, reason), held(otherAnnotations, otherSpec, reason)),
            NOTHING);

    assertThat(verdict.message()).startsWith(message);
    assertThat(verdict.allowed()).isEqualTo(message.isEmpty());
  }

  private static LoadBalancer named(String name, String spec) {
    LoadBalancer object = loadBalancer(spec);
    object.getMetadata().name(name);
    return object;
  }

  @ParameterizedTest
  @ValueSource(strings = {"web.example", "a-", "-a", "Web"})
  void aNameThatNoServiceCanHaveIsRefusedWhereThereIsAHostService(String name) {
    assertThat(create(named(name, ON_HOST), NOTHING).message())
        .contains("metadata.name: want a name that a Service of the host can have")
        .contains("got \"" + name + "\"; create the LoadBalancer under another name");
    assertThat(create(named(name, PLAIN), NOTHING).allowed()).isTrue();
    assertThat(create(named("a".repeat(64), ON_HOST), NOTHING).allowed()).isFalse();
    assertThat(create(named("a".repeat(63), ON_HOST), NOTHING).allowed()).isTrue();
  }

  @Test
  void aNameThatOnlyNewHostsTakeIsAWarning() {
    assertThat(create(named("1a", ON_HOST), NOTHING).allowed()).isTrue();
    assertThat(create(named("1a", ON_HOST), NOTHING).warnings())
        .anyMatch(warning -> warning.contains("\"1a\" begins with a digit"));
    assertThat(create(named("1a", PLAIN), NOTHING).warnings())
        .noneMatch(warning -> warning.contains("digit"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"rke2", "1st", "with.dots"})
  void namesOfTheCloudProviderPass(String cluster) {
    String name = LoadBalancerName.of(cluster, "default", "w".repeat(60), "uid");
    boolean isLabel = !cluster.contains(".");
    assertThat(create(named(name, ON_HOST), NOTHING).allowed()).isEqualTo(isLabel);
    assertThat(create(named(name, PLAIN), NOTHING).allowed()).isTrue();
  }

  @Test
  void whatHasNoEffectWithDhcpIsAWarning() {
    String dhcp = "'workloadType':'cluster','ipam':'dhcp'";
    LoadBalancer object =
        loadBalancer(
            "{" + dhcp + ",'ipFamilyPolicy':'PreferDualStack','ipPool':'p','ipv6Pool':'six'}",
            "{'thresher.dev/ip-families':'IPv4,IPv6','thresher.dev/wanted-addresses':'192.0.2.7',"
                + "'thresher.dev/pool-selector':'a=b'}");
    Verdict verdict = create(object, NOTHING);
    assertThat(verdict.allowed()).isTrue();
    assertThat(verdict.warnings().stream().filter(one -> one.contains("has no effect")))
        .extracting(warning -> warning.substring(0, warning.indexOf(':')))
        .containsExactly(
            "spec.ipFamilyPolicy",
            "spec.ipPool",
            "spec.ipv6Pool",
            "metadata.annotations[thresher.dev/ip-families]",
            "metadata.annotations[thresher.dev/wanted-addresses]",
            "metadata.annotations[thresher.dev/pool-selector]");
    LoadBalancer plain =
        loadBalancer(
            "{" + dhcp + ",'ipFamilyPolicy':'SingleStack'}", "{'thresher.dev/ip-families':'IPv4'}");
    assertThat(create(plain, NOTHING).warnings()).noneMatch(one -> one.contains("no effect"));
    assertThat(LoadBalancerRules.check(new Operation.Update<>(plain, object), NOTHING).warnings())
        .hasSize(6);
    assertThat(LoadBalancerRules.check(new Operation.Update<>(object, object), NOTHING).warnings())
        .isEmpty();
  }

  @Test
  void anObjectThatGotInWrongCanBeMendedStepByStep() {
    String twice = "{'listeners':[{'name':'a','port':0,'backendPort':0}]}";

    assertThat(update(twice, twice).allowed()).isTrue();
    assertThat(update(twice, "{'listeners':[{'name':'a','port':80,'backendPort':0}]}").allowed())
        .isTrue();
    assertThat(update(twice, "{'listeners':[{'name':'a','port':0,'backendPort':99999}]}").message())
        .startsWith("spec.listeners[0].backendPort")
        .doesNotContain("listeners[0].port:");
  }

  @Test
  void whatIsBeingDeletedMayChange() {
    LoadBalancer after = loadBalancer("{'workloadType':'cluster','ipam':'dhcp'}");
    after.getMetadata().setDeletionTimestamp(OffsetDateTime.parse("2026-01-01T00:00:00Z"));

    assertThat(
            LoadBalancerRules.check(
                new Operation.Update<>(loadBalancer("{" + GOOD_LISTENERS + "}"), after), NOTHING))
        .isEqualTo(Verdict.PASS);
    assertThat(LoadBalancerRules.check(new Operation.Delete<>(after), NOTHING))
        .isEqualTo(Verdict.PASS);
  }

  @Test
  void wantsThePoolsThatAreNamed() {
    LoadBalancer object =
        loadBalancer(
            "{'workloadType':'cluster','ipPool':'four','ipv6Pool':'six'}",
            "{'loadbalancer.harvesterhci.io/cluster':'g1'}");

    assertThat(create(object, NOTHING).message())
        .startsWith("spec.ipPool: want the name of an IPPool, got \"four\"; create it")
        .contains("; spec.ipv6Pool: want the name of an IPPool, got \"six\"");
    assertThat(create(object, around(List.of(pool("four", ""), pool("six", "")))).refusals())
        .isEmpty();
  }

  @Test
  void aPoolThatIsNotOpenToTheNamespaceIsAWarningUnlessEnforced() {
    Surroundings around =
        around(
            List.of(
                pool("open", "{'namespace':'vms','guestCluster':''}"),
                pool("closed", "{'project':'*','namespace':'other','guestCluster':'*'}"),
                pool("named-only", ""),
                pool("global", "{'project':'*','namespace':'*','guestCluster':'*'}")));
    for (String name : List.of("open", "named-only", "global")) {
      LoadBalancer object = loadBalancer("{'ipPool':'" + name + "'," + GOOD_LISTENERS + "}");
      assertThat(create(object, enforcing(around))).as(name).isEqualTo(Verdict.PASS);
    }
    LoadBalancer object = loadBalancer("{'ipPool':'closed'," + GOOD_LISTENERS + "}");
    String message =
        "spec.ipPool: want a pool whose spec.selector.scope lets in project \"\", namespace"
            + " \"vms\", cluster \"\", got \"closed\"; name another pool, or add a scope";

    assertThat(create(object, around).refusals()).isEmpty();
    assertThat(create(object, around).warnings())
        .singleElement()
        .satisfies(warning -> assertThat(warning).startsWith(message));
    assertThat(create(object, enforcing(around)).message()).startsWith(message);
  }

  @Test
  void aBrokenPoolIsAWarning() {
    IPPool broken =
        read("{'metadata':{'name':'p'},'spec':{'ranges':[{'subnet':'x'}]}}", IPPool.class);
    Verdict verdict =
        create(loadBalancer("{'ipPool':'p'," + GOOD_LISTENERS + "}"), around(List.of(broken)));

    assertThat(verdict.allowed()).isTrue();
    assertThat(verdict.warnings())
        .singleElement()
        .satisfies(warning -> assertThat(warning).contains("spec.ranges[0].subnet"));
  }

  @ParameterizedTest(name = "cluster {0}, annotation {1}: {2}")
  @CsvSource(
      delimiter = '|',
      value = {
        "g1         | true  | refused",
        "g1         | false | passes",
        "g2         | true  | no VirtualMachine of namespace",
        "kubernetes | true  | has no name of its own",
        "''         | true  | has no name of its own",
      })
  void makesNothingForAGuestClusterThatIsBeingRemoved(
      String cluster, String annotation, String outcome) {
    LoadBalancer object =
        loadBalancer(
            "{'workloadType':'cluster'}",
            "{'loadbalancer.harvesterhci.io/cluster':'" + cluster + "'}");
    Verdict verdict = create(object, around(List.of(), machine("g1", annotation)));

    switch (outcome) {
      case "refused" ->
          assertThat(verdict.message())
              .startsWith("metadata.labels[cloudprovider.harvesterhci.io/cluster]: want a guest")
              .contains("got \"g1\"; wait for the end of the removal", "\"node-1\"");
      case "passes" -> assertThat(verdict).isEqualTo(Verdict.PASS);
      default -> {
        assertThat(verdict.allowed()).isTrue();
        assertThat(verdict.warnings().getFirst()).contains(outcome);
      }
    }
  }

  @Test
  void theLabelNamesTheClusterBeforeTheAnnotation() {
    LoadBalancer object =
        loadBalancer(
            "{'workloadType':'cluster'}", "{'loadbalancer.harvesterhci.io/cluster':'other'}");
    object.getMetadata().setLabels(Map.of("cloudprovider.harvesterhci.io/cluster", "g1"));

    assertThat(create(object, around(List.of(), machine("g1", "true"))).allowed()).isFalse();
    // Machines have no guest cluster.
    assertThat(
            create(
                loadBalancer("{" + GOOD_LISTENERS + "}"), around(List.of(), machine("g1", "true"))))
        .isEqualTo(Verdict.PASS);
  }

  @Test
  void anObjectOfNothingIsNoCrash() {
    LoadBalancer object = read("{'metadata':{'name':'a'}}", LoadBalancer.class);

    assertThat(LoadBalancerRules.ofObject(object)).hasSize(1);
    assertThat(Optional.of(create(object, NOTHING)).get().allowed()).isFalse();
  }
}
