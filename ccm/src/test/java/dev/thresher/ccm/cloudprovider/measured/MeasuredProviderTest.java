package dev.thresher.ccm.cloudprovider.measured;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.thresher.ccm.cloudprovider.CloudProvider;
import dev.thresher.ccm.cloudprovider.DeleteResult;
import dev.thresher.ccm.cloudprovider.EnsureResult;
import dev.thresher.ccm.cloudprovider.Existence;
import dev.thresher.ccm.cloudprovider.PowerState;
import dev.thresher.ccm.cloudprovider.fake.FakeCloudProvider;
import dev.thresher.runtime.metrics.Metrics;
import dev.thresher.runtime.time.VirtualTimeline;
import io.kubernetes.client.openapi.models.V1Node;
import io.kubernetes.client.openapi.models.V1ObjectMeta;
import io.kubernetes.client.openapi.models.V1Service;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class MeasuredProviderTest {

  private final FakeCloudProvider fake = new FakeCloudProvider();
  private final Metrics metrics = new Metrics();
  private final VirtualTimeline timeline = new VirtualTimeline();
  private final CloudProvider measured = new MeasuredProvider(fake, metrics, timeline);
  private final V1Service service =
      new V1Service().metadata(new V1ObjectMeta().namespace("default").name("web").uid("u"));
  private final V1Node node = new V1Node().metadata(new V1ObjectMeta().name("n1"));

  private String count(String method, String outcome) {
    String series =
        "thresher_cloud_call_seconds_count{method=\"%s\",outcome=\"%s\"} "
            .formatted(method, outcome);
    return metrics
        .text()
        .lines()
        .filter(line -> line.startsWith(series))
        .map(line -> line.substring(series.length()))
        .findFirst()
        .orElse("none");
  }

  @Test
  void measuresByMethodAndOutcome() {
    var balancers = measured.loadBalancers().orElseThrow();
    fake.fakeLoadBalancers()
        .onEnsure((_, _) -> {
          timeline.advance(Duration.ofSeconds(2));
          return EnsureResult.of(new EnsureResult.State.Pending("an address"));
        });
    assertThat(balancers.ensure("c", service, List.of()).state())
        .isInstanceOf(EnsureResult.State.Pending.class);
    fake.fakeLoadBalancers().answer(new DeleteResult.Deleting("the host"));
    var _ = balancers.delete("c", service);

    assertThat(count("balancer_ensure", "pending")).isEqualTo("1");
    assertThat(count("balancer_delete", "deleting")).isEqualTo("1");
    assertThat(metrics.text())
        .contains(
            "thresher_cloud_call_seconds_sum{method=\"balancer_ensure\",outcome=\"pending\"} 2.0");
  }

  @Test
  void countsFailuresAndHandsThemOn() {
    fake.fakeLoadBalancers().fail(new IllegalStateException("expected in this test"));
    assertThatThrownBy(() -> measured.loadBalancers().orElseThrow().ensure("c", service, List.of()))
        .hasMessage("expected in this test");
    assertThat(count("balancer_ensure", "error")).isEqualTo("1");
  }

  @Test
  void handsEveryAnswerOn() {
    var instances = measured.instances().orElseThrow();
    fake.fakeInstances().set("n1", new Existence.Exists());
    fake.fakeInstances().setConfirmed("n1", new Existence.Missing("gone"));
    fake.fakeInstances().set("n1", new PowerState.ShutDown());

    assertThat(instances.existence(node)).isInstanceOf(Existence.Exists.class);
    assertThat(instances.confirmExistence(node)).isInstanceOf(Existence.Missing.class);
    assertThat(instances.existence(List.of(node))).containsKey("n1");
    assertThat(instances.power(node)).isInstanceOf(PowerState.ShutDown.class);

    assertThat(count("instance_existence", "exists")).isEqualTo("1");
    assertThat(count("instance_existence", "batch")).isEqualTo("1");
    assertThat(count("instance_confirm_existence", "missing")).isEqualTo("1");
    assertThat(count("instance_power", "shut_down")).isEqualTo("1");
  }

  @Test
  void hasThePartsOfTheProvider() {
    var bare =
        new MeasuredProvider(
            new FakeCloudProvider().withoutInstances().withoutLoadBalancers(),
            new Metrics(),
            timeline);
    assertThat(bare.instances()).isEmpty();
    assertThat(bare.loadBalancers()).isEmpty();
    assertThat(bare.routes()).isEmpty();
    assertThat(bare.name()).isEqualTo("fake");
  }
}
