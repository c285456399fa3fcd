package dev.thresher.ccm.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.ccm.duties.Duty;
import dev.thresher.runtime.client.ClientConfig;
import dev.thresher.runtime.client.Connection;
import dev.thresher.runtime.client.ConnectionSource;
import dev.thresher.runtime.client.OkHttpKubeApi;
import dev.thresher.runtime.lifecycle.Component;
import dev.thresher.runtime.metrics.Metrics;
import dev.thresher.runtime.serving.HealthChecks;
import dev.thresher.runtime.serving.HealthRegistry;
import dev.thresher.runtime.time.VirtualTimeline;
import java.util.EnumSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class GuestServersTest {

  private static final ClientConfig CONFIG =
      ClientConfig.of("guest", new ConnectionSource.Fixed(Connection.plain("http://127.0.0.1:1")));

  private final VirtualTimeline timeline = new VirtualTimeline();
  private final Metrics metrics = new Metrics();
  private final OkHttpKubeApi program = new OkHttpKubeApi(CONFIG, timeline, metrics);

  private GuestServers servers(boolean perAccount) {
    return new GuestServers(program, CONFIG, perAccount, timeline, metrics);
  }

  @Test
  void theProgramAsksForAllUnlessTold() {
    GuestServers one = servers(false);
    for (Duty duty : Duty.values()) {
      assertThat(one.of(duty)).isSameAs(program);
    }
    assertThat(one.reader()).isSameAs(program);
    assertThat(one.components(EnumSet.allOf(Duty.class))).isEmpty();
  }

  @Test
  void eachAsksForItself() {
    GuestServers many = servers(true);
    assertThat(many.of(Duty.NODE)).isSameAs(many.of(Duty.NODE_LIFECYCLE));
    assertThat(Set.of(many.of(Duty.NODE), many.of(Duty.SERVICE), many.of(Duty.ROUTE)))
        .hasSize(3)
        .doesNotContain(program, many.reader());
    assertThat(many.reader()).isNotSameAs(program);
  }

  @Test
  void asksForTheTokensOfThoseWhoWorkAndBeforeTheyDo() {
    GuestServers many = servers(true);
    Set<Duty> done = EnumSet.of(Duty.NODE, Duty.SERVICE);
    assertThat(many.components(done))
        .extracting(Component::name)
        .containsExactly(
            "token of kube-system/shared-informers",
            "token of kube-system/node-controller",
            "token of kube-system/service-controller",
            "guest",
            "guest/node-controller",
            "guest/service-controller");
    var health = new HealthRegistry();
    many.addTo(health, done);
    assertThat(health.ask(HealthChecks.Kind.READY))
        .extracting(HealthRegistry.Verdict::name)
        .containsExactlyInAnyOrder(
            "ping",
            "guest-credentials-shared-informers",
            "guest-credentials-node-controller",
            "guest-credentials-service-controller");
  }
}
