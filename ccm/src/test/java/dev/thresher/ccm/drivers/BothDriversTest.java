package dev.thresher.ccm.drivers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.thresher.runtime.client.KubeApiException;
import dev.thresher.runtime.client.KubeApiException.Reason;
import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// What each driver owes a Service whose address is held on the host, whatever it makes there.
class BothDriversTest {

  private static final Duration SECOND = Duration.ofSeconds(1);
  private static final String AT_FIRST = "2026-01-01T00:00:00Z";
  private static final String LATER = "2026-01-01T00:01:00Z";

  @ParameterizedTest
  @EnumSource(Driver.class)
  void aServiceIsAnsweredByTheHostAndThenCostsNothing(Driver driver) {
    var world = new DriverWorld(driver);
    world.create("{}");
    world.settle();
    assertThat(world.hostView.ports()).containsExactly("http 80/TCP>30080");
    assertThat(world.hostView.backEnds()).containsExactly("10.0.0.1", "10.0.0.2");
    assertThat(world.ingress()).isEmpty();

    world.hostView.answer("192.0.2.1");
    world.settle();
    assertThat(world.ingress()).containsExactly("192.0.2.1");
    // No VIP manager of the guest may take what the host answers.
    assertThat(world.annotation("kube-vip.io/ignore")).isEqualTo("true");
    assertThat(world.annotation("kube-vip.io/loadbalancerIPs")).isEmpty();
    assertThat(world.events).containsExactly("EnsuringLoadBalancer", "EnsuredLoadBalancer");
    assertThat(world.condition()).isEmpty();

    world.forgetCalls();
    world.settle();
    world.restart();
    world.settle();
    assertThat(world.host.calls()).isEmpty();
    assertThat(world.guest.calls()).isEmpty();
  }

  @ParameterizedTest
  @EnumSource(Driver.class)
  void protocolsStandSideBySideAndOneGoesAlone(Driver driver) {
    var world = new DriverWorld(driver);
    String sctp = "{\"name\": \"s\", \"port\": 5060, \"protocol\": \"SCTP\", \"nodePort\": 32000}";
    String tcp = "{\"name\": \"t\", \"port\": 5060, \"protocol\": \"TCP\", \"nodePort\": 32001}";
    String udp = "{\"name\": \"u\", \"port\": 32002, \"protocol\": \"UDP\", \"nodePort\": 32002}";
    world.create("{\"ports\": [" + sctp + "," + tcp + "," + udp + "]}");
    world.settle();
    assertThat(world.hostView.ports())
        .containsExactly("s 5060/SCTP>32000", "t 5060/TCP>32001", "u 32002/UDP>32002");
    world.change("{\"ports\": [" + sctp + "," + udp + "]}");
    world.settle();
    assertThat(world.hostView.ports()).containsExactly("s 5060/SCTP>32000", "u 32002/UDP>32002");
  }

  @ParameterizedTest
  @EnumSource(Driver.class)
  void nodePortsAndSourceRangesAreFollowed(Driver driver) {
    var world = new DriverWorld(driver);
    world.create("{\"loadBalancerSourceRanges\": [\"10.0.0.0/8\", \"192.0.2.0/24\"]}");
    world.settle();
    assertThat(world.hostView.sourceRanges()).containsExactly("10.0.0.0/8", "192.0.2.0/24");
    world.change(
        """
        {"loadBalancerSourceRanges": [],
         "ports": [{"name": "http", "port": 80, "protocol": "TCP", "nodePort": 31080}]}
        """);
    world.settle();
    assertThat(world.hostView.sourceRanges()).isEmpty();
    assertThat(world.hostView.ports()).containsExactly("http 80/TCP>31080");
  }

  @ParameterizedTest
  @EnumSource(Driver.class)
  void bothFamiliesAreEquals(Driver driver) {
    var world = new DriverWorld(driver);
    world.create(
        "{\"ipFamilies\": [\"IPv4\", \"IPv6\"], \"ipFamilyPolicy\": \"RequireDualStack\"}");
    world.settle();
    assertThat(world.hostView.backEnds())
        .containsExactlyInAnyOrder("10.0.0.1", "10.0.0.2", "fd00::1", "fd00::2");
    world.hostView.answer("192.0.2.1", "2001:db8::1");
    world.settle();
    assertThat(world.ingress()).containsExactly("192.0.2.1", "2001:db8::1");

    var six = new DriverWorld(driver);
    six.create("{\"ipFamilies\": [\"IPv6\"]}");
    six.settle();
    assertThat(six.hostView.backEnds()).containsExactly("fd00::1", "fd00::2");
    six.hostView.answer("2001:db8::1");
    six.settle();
    assertThat(six.ingress()).containsExactly("2001:db8::1");
  }

  @ParameterizedTest
  @EnumSource(Driver.class)
  void nodesThatTakeNoPartAreNoBackEnds(Driver driver) {
    var world = new DriverWorld(driver);
    world.create("{}");
    world.settle();
    world.node(
        "n2",
        "10.0.0.2",
        "fd00::2",
        "{\"node.kubernetes.io/exclude-from-external-load-balancers\": \"\"}");
    world.settle();
    assertThat(world.hostView.backEnds()).containsExactly("10.0.0.1");
    world.node("n2", "10.0.0.22", "fd00::22", "{}");
    world.settle();
    assertThat(world.hostView.backEnds()).containsExactly("10.0.0.1", "10.0.0.22");
  }

  @ParameterizedTest
  @EnumSource(Driver.class)
  void nodesThatAreNotReadyAreNoBackEndsUnlessNoneIs(Driver driver) {
    var world = new DriverWorld(driver);
    world.ready("n1", "True", AT_FIRST);
    world.ready("n2", "True", AT_FIRST);
    assertThat(world.wakesWithin(SECOND)).isFalse();
    world.create("{}");
    world.settle();
    assertThat(world.hostView.backEnds()).containsExactly("10.0.0.1", "10.0.0.2");

    world.ready("n1", "True", LATER);
    assertThat(world.wakesWithin(SECOND)).isFalse();

    world.ready("n2", "Unknown", LATER);
    assertThat(world.wakesWithin(SECOND)).isTrue();
    world.settle();
    assertThat(world.hostView.backEnds()).containsExactly("10.0.0.1");

    world.ready("n1", "False", LATER);
    assertThat(world.wakesWithin(SECOND)).isTrue();
    world.settle();
    assertThat(world.hostView.backEnds()).containsExactly("10.0.0.1", "10.0.0.2");

    world.ready("n2", "True", LATER);
    assertThat(world.wakesWithin(SECOND)).isTrue();
    world.settle();
    assertThat(world.hostView.backEnds()).containsExactly("10.0.0.2");

    // An address that the node got later.
    world.node("n2", "10.0.0.22", "fd00::22", "{}");
    world.ready("n2", "True", LATER);
    assertThat(world.wakesWithin(SECOND)).isTrue();
    world.settle();
    assertThat(world.hostView.backEnds()).containsExactly("10.0.0.22");
    assertThat(world.events).containsExactly("EnsuringLoadBalancer");
  }

  @ParameterizedTest
  @EnumSource(Driver.class)
  void anAddressThatVanishesOnTheHostStaysUntilThereIsAnother(Driver driver) {
    var world = new DriverWorld(driver);
    world.create("{}");
    world.settle();
    world.hostView.answer("192.0.2.1");
    world.settle();
    world.hostView.answer();
    world.settle();
    assertThat(world.ingress()).containsExactly("192.0.2.1");
    world.hostView.answer("192.0.2.2");
    world.settle();
    assertThat(world.ingress()).containsExactly("192.0.2.2");
  }

  @ParameterizedTest
  @EnumSource(Driver.class)
  void whatIsDeletedBeforeItHasAnAddressLeavesNothing(Driver driver) {
    var world = new DriverWorld(driver);
    world.create("{}");
    world.settle();
    assertThat(world.hostView.made()).isNotEmpty();
    world.restart();
    world.delete();
    world.settle();
    assertThat(world.service()).isEmpty();
    assertThat(world.hostView.made()).isEmpty();
  }

  @ParameterizedTest
  @EnumSource(Driver.class)
  void anotherTypeTakesAllAwayAndTheNameServesAgain(Driver driver) {
    var world = new DriverWorld(driver);
    world.create("{}");
    world.settle();
    world.hostView.answer("192.0.2.1");
    world.settle();
    world.change("{\"type\": \"ClusterIP\"}");
    world.settle();
    assertThat(world.hostView.made()).isEmpty();
    assertThat(world.ingress()).isEmpty();
    assertThat(world.annotation("kube-vip.io/ignore")).isEmpty();
    assertThat(world.service().orElseThrow().getMetadata().getFinalizers()).isNullOrEmpty();

    world.change("{\"type\": \"LoadBalancer\"}");
    world.settle();
    world.hostView.answer("192.0.2.2");
    world.settle();
    assertThat(world.ingress()).containsExactly("192.0.2.2");
  }

  @ParameterizedTest
  @EnumSource(Driver.class)
  void aServiceOfAnotherClassIsNotTouched(Driver driver) {
    var world = new DriverWorld(driver);
    world.create("{\"loadBalancerClass\": \"example.com/other\"}");
    world.settle();
    assertThat(world.hostView.made()).isEmpty();
    assertThat(world.writes()).isEmpty();
    world.delete();
    world.settle();
    assertThat(world.writes()).isEmpty();
  }

  @ParameterizedTest
  @EnumSource(Driver.class)
  void aHostThatIsAwayChangesNothingAndIsCaughtUpWith(Driver driver) {
    var world = new DriverWorld(driver);
    world.create("{}");
    world.settle();
    world.hostView.answer("192.0.2.1");
    world.settle();
    world.host.failAll(Reason.UNREACHABLE);
    world.change(
        "{\"ports\": [{\"name\": \"http\", \"port\": 81, \"protocol\": \"TCP\", \"nodePort\": 30081}]}");
    assertThatThrownBy(world::look).isInstanceOf(KubeApiException.class);
    assertThat(world.ingress()).containsExactly("192.0.2.1");
    assertThat(world.condition()).isEqualTo("False SyncLoadBalancerFailed");
    world.host.noFaults();
    world.settle();
    assertThat(world.hostView.ports()).containsExactly("http 81/TCP>30081");
    assertThat(world.ingress()).containsExactly("192.0.2.1");
    assertThat(world.condition()).isEqualTo("True Ensured");
  }

  @ParameterizedTest
  @EnumSource(Driver.class)
  void aHostThatGivesNoAddressIsSaid(Driver driver) {
    var world = new DriverWorld(driver);
    world.create("{}");
    world.settle();
    assertThat(world.condition()).isEmpty();
    world.timeline.advance(Duration.ofMinutes(1));
    world.settle();
    assertThat(world.condition()).startsWith("False ");
    assertThat(world.events).hasSize(2).first().isEqualTo("EnsuringLoadBalancer");
    assertThat(world.hostView.made()).isNotEmpty();
    world.hostView.answer("192.0.2.1");
    world.settle();
    assertThat(world.condition()).isEqualTo("True Ensured");
  }
}
