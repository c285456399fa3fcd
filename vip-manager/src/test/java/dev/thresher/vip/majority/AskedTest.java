package dev.thresher.vip.majority;

import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.api.names.OwnershipNames;
import dev.thresher.runtime.informer.Change;
import dev.thresher.runtime.time.VirtualTimeline;
import io.kubernetes.client.openapi.models.V1Lease;
import io.kubernetes.client.openapi.models.V1ObjectMeta;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class AskedTest {

  private final VirtualTimeline timeline = new VirtualTimeline();
  private final Asked asked = new Asked("a", timeline::nanoTime);

  private static V1Lease lease(String node, Map<String, String> annotations) {
    return new V1Lease()
        .metadata(
            new V1ObjectMeta()
                .name(OwnershipNames.NODE_LEASE_PREFIX + node)
                .annotations(annotations));
  }

  private void renewed(String node) {
    asked.seen(new Change.Added<>(lease(node, Map.of(OwnershipNames.SESSION, "1-x"))));
  }

  private void pass(int millis) {
    timeline.advance(Duration.ofMillis(millis));
  }

  @Test
  void aNodeThatRunsWasAskedOnceItIsHeardAndHadTimeToAnswer() {
    assertThat(asked.notYet(Set.of())).isEmpty();
    renewed("a");
    assertThat(asked.notYet(Set.of())).as("this node").isEmpty();
    renewed("b");
    assertThat(asked.notYet(Set.of("b"))).as("it may not have heard the question").contains("b");
    asked.believes("b");
    assertThat(asked.notYet(Set.of("b"))).containsExactly("b");
    pass(499);
    assertThat(asked.notYet(Set.of("b"))).containsExactly("b");
    pass(1);
    assertThat(asked.notYet(Set.of())).as("its answer would not be heard").containsExactly("b");
    assertThat(asked.notYet(Set.of("b"))).isEmpty();
    asked.believes("b");
    assertThat(asked.notYet(Set.of("b"))).as("another process").containsExactly("b");
  }

  @Test
  void aLeaseThatIsNotRenewedIsOfANodeThatDoesNotRun() {
    renewed("b");
    pass(16_000);
    assertThat(asked.notYet(Set.of())).containsExactly("b");
    pass(1);
    assertThat(asked.notYet(Set.of())).isEmpty();
    renewed("b");
    assertThat(asked.notYet(Set.of())).containsExactly("b");
  }

  @Test
  void whoStoppedOrWhoseLeaseIsGoneIsNotWaitedForUnlessItSpeaks() {
    renewed("b");
    asked.seen(
        new Change.Added<>(
            lease("b", Map.of(OwnershipNames.SESSION, "1-x", OwnershipNames.LEAVING, "true"))));
    assertThat(asked.notYet(Set.of())).isEmpty();
    renewed("c");
    asked.seen(new Change.Deleted<>(lease("c", Map.of(OwnershipNames.SESSION, "1-x"))));
    assertThat(asked.notYet(Set.of())).isEmpty();
    asked.believes("b");
    assertThat(asked.notYet(Set.of())).as("cut off from the API server").containsExactly("b");
    pass(16_001);
    assertThat(asked.notYet(Set.of())).isEmpty();
  }
}
