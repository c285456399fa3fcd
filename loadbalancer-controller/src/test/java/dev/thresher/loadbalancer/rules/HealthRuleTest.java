package dev.thresher.loadbalancer.rules;

import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.api.json.LenientJson;
import dev.thresher.api.loadbalancer.HealthCheck;
import dev.thresher.api.loadbalancer.LoadBalancer;
import dev.thresher.api.loadbalancer.LoadBalancerSpec;
import dev.thresher.loadbalancer.health.Check;
import dev.thresher.loadbalancer.health.Probe;
import dev.thresher.loadbalancer.health.StatusRange;
import io.kubernetes.client.openapi.models.V1ObjectMeta;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class HealthRuleTest {

  private final List<String> problems = new ArrayList<>();

  private Optional<HealthRule> read(String check, String path) {
    var object =
        new LoadBalancer()
            .metadata(new V1ObjectMeta().namespace("vms").name("a"))
            .spec(new LoadBalancerSpec());
    object
        .getSpec()
        .healthCheck(LenientJson.gson().fromJson(check.replace('\'', '"'), HealthCheck.class));
    if (!path.isEmpty()) {
      object.getMetadata().putAnnotationsItem("thresher.dev/health-check-path", path);
    }
    Reading<Optional<HealthRule>> reading = HealthRule.of(object);
    reading.violations().forEach(violation -> problems.add(violation.message()));
    return reading.value();
  }

  private Probe probe(String check) {
    Probe probe = read(check, "").orElseThrow().check().probe();
    assertThat(problems).isEmpty();
    return probe;
  }

  private static Check tcp(int successes, int failures, int period, int timeout) {
    return new Check(
        new Probe.Tcp(),
        80,
        successes,
        failures,
        Duration.ofSeconds(period),
        Duration.ofSeconds(timeout));
  }

  @ParameterizedTest
  @ValueSource(strings = {"{}", "{'port': 0}", "{'port': 0, 'type': 'HTTP', 'path': 'x'}"})
  void withoutAPortThereIsNone(String check) {
    assertThat(read(check, "")).isEmpty();
    assertThat(problems).isEmpty();
  }

  @Test
  void zerosAndAbsentNumbersMeanTheDefaultsOfHarvestersWebhook() {
    assertThat(read("{'port': 80}", "")).contains(new HealthRule(tcp(2, 2, 1, 1), false, false));
    assertThat(
            read(
                "{'port': 80, 'successThreshold': 0, 'failureThreshold': 0, 'periodSeconds': 0,"
                    + " 'timeoutSeconds': 0}",
                ""))
        .contains(new HealthRule(tcp(2, 2, 1, 1), false, false));
    assertThat(
            read(
                "{'port': 80, 'successThreshold': 1, 'failureThreshold': 3, 'periodSeconds': 5,"
                    + " 'timeoutSeconds': 4, 'whenAllDown': 'all-open', 'from': 'controller'}",
                ""))
        .contains(new HealthRule(tcp(1, 3, 5, 4), true, false));
    assertThat(problems).isEmpty();
  }

  @Test
  void readsWhatIsAsked() {
    assertThat(probe("{'port': 80, 'type': 'TCP', 'path': '/ignored'}")).isEqualTo(new Probe.Tcp());
    assertThat(probe("{'port': 80, 'type': 'HTTP'}"))
        .isEqualTo(new Probe.Http(false, "/", "", "", List.of(new StatusRange(200, 399))));
    assertThat(
            probe(
                "{'port': 80, 'type': 'HTTPS', 'path': '/a?b', 'host': 'a.example', 'tlsServerName':"
                    + " 'b.example', 'expectedStatuses': ['200', '300-399']}"))
        .isEqualTo(
            new Probe.Http(
                true,
                "/a?b",
                "a.example",
                "b.example",
                List.of(new StatusRange(200, 200), new StatusRange(300, 399))));
    assertThat(probe("{'port': 80, 'type': 'GRPC'}")).isEqualTo(new Probe.Grpc(false, "", ""));
    assertThat(probe("{'port': 80, 'type': 'GRPCS', 'grpcService': 's', 'tlsServerName': 'n'}"))
        .isEqualTo(new Probe.Grpc(true, "s", "n"));
    assertThat(probe("{'port': 80, 'type': 'UDP', 'udpPayload': 'cGluZw==', 'udpAnswer': 'cA=='}"))
        .isEqualTo(new Probe.Udp("cGluZw==", "cA=="));
    assertThat(probe("{'port': 80, 'type': 'REACH'}")).isEqualTo(new Probe.Reach());
  }

  @Test
  void theAnnotationMakesItHttpUnlessATypeIsSaid() {
    assertThat(read("{'port': 31234}", "/healthz").orElseThrow().check().probe())
        .isEqualTo(new Probe.Http(false, "/healthz", "", "", List.of(new StatusRange(200, 200))));
    assertThat(read("{'port': 31234, 'type': 'TCP'}", "/healthz").orElseThrow().check().probe())
        .isEqualTo(new Probe.Tcp());
  }

  @Test
  void whoChecksIsSaid() {
    assertThat(read("{'port': 80, 'from': 'node'}", "").orElseThrow().fromNode()).isTrue();
    assertThat(read("{'port': 80, 'from': 'controller'}", "").orElseThrow().fromNode()).isFalse();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{'port': 65536}                                   | port: want a number | 65536",
        "{'port': -1}                                      | port: want a number | -1",
        "{'port': 4294975376}                              | port: want a number | 2147483647 or more",
        "{'port': 1, 'failureThreshold': -4294967286}      | failureThreshold: want | -2147483648 or less",
        "{'port': 1, 'periodSeconds': -5}                  | periodSeconds: want | -5",
        "{'port': 1, 'timeoutSeconds': 99999999}           | timeoutSeconds: want | 99999999",
        "{'port': 1, 'failureThreshold': 1001}             | failureThreshold: want | 1001",
        "{'port': 1, 'type': 'SCTP'}                       | type: want TCP, HTTP | SCTP",
        "{'port': 1, 'type': 'HTTP', 'path': '/a b'}       | path: want a path | /a b",
        "{'port': 1, 'type': 'HTTP', 'host': 'a b'}        | host: want a host | a b",
        "{'port': 1, 'type': 'HTTP', 'expectedStatuses': ['2xx']} | expectedStatuses: want | 2xx",
        "{'port': 1, 'type': 'HTTPS', 'tlsServerName': 'ä'} | tlsServerName: want | ä",
        "{'port': 1, 'type': 'UDP'}                        | udpPayload: want what to send | \"\"",
        "{'port': 1, 'type': 'UDP', 'udpPayload': '?'}     | udpPayload: want bytes | ?",
        "{'port': 1, 'from': 'guest'}                      | from: want controller or node | guest",
        "{'port': 1, 'whenAllDown': 'open'}                | whenAllDown: want fail-closed | open",
      })
  void saysWhatMakesNoSense(String check, String message, String value) {
    assertThat(read(check, "")).isEmpty();
    assertThat(problems)
        .singleElement()
        .asString()
        .startsWith("spec.healthCheck.")
        .contains(message, value);
  }
}
