package dev.thresher.loadbalancer.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.api.ObjectKey;
import dev.thresher.api.loadbalancer.Condition;
import dev.thresher.api.loadbalancer.LoadBalancerTypes;
import dev.thresher.api.net.AddressClaim;
import dev.thresher.api.net.AddressClaimSpec;
import dev.thresher.api.net.ClaimOwner;
import dev.thresher.api.net.NetTypes;
import io.kubernetes.client.openapi.models.V1ObjectMeta;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// A pool with more addresses in use than its status can hold.
final class TruncatedStatusTest {

  /// With names of 253 characters about 3,800 entries are 1 MiB.
  private static final int CLAIMS = 4200;

  private static final String LONG_NAME = "x".repeat(247);

  private final World world = new World();

  @BeforeEach
  void largePool() {
    world.pool("pool", "10.0.0.0/16");
    for (int i = 0; i < CLAIMS; i++) {
      claim(i);
    }
    look();
  }

  private static ObjectKey claimKey(int number) {
    return ObjectKey.cluster("claim-" + number);
  }

  private static String address(int number) {
    return "10.0." + (1 + number / 250) + "." + (1 + number % 250);
  }

  private void claim(int number) {
    world.store.put(
        NetTypes.ADDRESS_CLAIM,
        new AddressClaim()
            .metadata(new V1ObjectMeta().name(claimKey(number).name()))
            .spec(
                new AddressClaimSpec()
                    .pool("pool")
                    .address(address(number))
                    .owner(
                        new ClaimOwner()
                            .namespace(World.NS)
                            .name(LONG_NAME + "-%05d".formatted(number)))));
  }

  /// Of the pool only: the claims' owners are none of this test's concern.
  private void look() {
    for (int i = 0; i < 3; i++) {
      world.timeline.advance(Duration.ofSeconds(10));
      world.control().poolReconciler().reconcile("pool");
    }
  }

  private Condition condition() {
    return conditions().getFirst();
  }

  private List<Condition> conditions() {
    return world.pool("pool").getStatus().getConditions().stream()
        .filter(condition -> "ProjectionTruncated".equals(condition.getType()))
        .toList();
  }

  private int leftOut() {
    return Objects.requireNonNull(world.control().pools().get("pool")).truncated();
  }

  private List<String> told() {
    return world.events.stream()
        .filter(event -> event.contains(" pool Projection"))
        .map(event -> event.replace(" pool", ""))
        .toList();
  }

  @Test
  void isSaidInConditionEventAndMetric() {
    Map<String, String> said = world.pool("pool").getStatus().getAllocated();
    assertThat(leftOut()).isEqualTo(CLAIMS - said.size()).isPositive();
    assertThat(condition().getStatus()).isEqualTo("True");
    assertThat(condition().getReason()).isEqualTo("TooLarge");
    assertThat(condition().getMessage())
        .isEqualTo(
            leftOut()
                + " allocated addresses are left out of status.allocated, which would be too large;"
                + " going back to Harvester's controller would give them twice");
    assertThat(told()).containsExactly("WARNING ProjectionTruncated");
    assertThat(world.pool("pool").getStatus().getAvailable())
        .as("those that are left out are in use")
        .isEqualTo(world.pool("pool").getStatus().getTotal() - CLAIMS);
  }

  @Test
  void isToldOnceAndItsEndToo() {
    int before = leftOut();
    claim(CLAIMS);
    look();
    assertThat(leftOut()).isEqualTo(before + 1);
    assertThat(condition().getMessage()).startsWith(before + 1 + " allocated");
    assertThat(told()).containsExactly("WARNING ProjectionTruncated");

    Map<String, String> said = world.pool("pool").getStatus().getAllocated();
    for (int i = 0; i <= CLAIMS; i++) {
      if (!said.containsKey(address(i))) {
        world.store.drop(NetTypes.ADDRESS_CLAIM, claimKey(i));
      }
    }
    look();
    assertThat(leftOut()).isZero();
    assertThat(condition().getStatus()).isEqualTo("False");
    assertThat(told()).containsExactly("WARNING ProjectionTruncated", "NORMAL ProjectionComplete");
  }

  @Test
  void aPoolThatFitsSaysNothing() {
    world.store.drop(LoadBalancerTypes.IP_POOL, ObjectKey.cluster("pool"));
    world.pool("small", "192.0.2.0/24");
    world.control().poolReconciler().reconcile("small");
    assertThat(world.pool("small").getStatus().getConditions())
        .noneMatch(condition -> "ProjectionTruncated".equals(condition.getType()));
    assertThat(world.events).noneMatch(event -> event.contains(" small "));
  }
}
