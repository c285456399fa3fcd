package dev.thresher.vip.majority;

import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.api.CoreTypes;
import dev.thresher.api.ObjectKey;
import dev.thresher.api.ResourceType;
import dev.thresher.api.names.OwnershipNames;
import dev.thresher.runtime.client.ForwardingKubeApi;
import dev.thresher.runtime.client.KubeApi;
import dev.thresher.runtime.fake.FakeKubeApi;
import dev.thresher.runtime.fake.FakeStore;
import io.kubernetes.client.common.KubernetesObject;
import io.kubernetes.client.openapi.models.V1Lease;
import io.kubernetes.client.openapi.models.V1ObjectMeta;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;

class TakingOverTest {

  private static final long SECOND = 1_000_000_000L;
  private static final String V4 = OwnershipNames.HOLDER_PREFIX + "192.0.2.1";
  private static final String V6 = OwnershipNames.HOLDER_PREFIX + "2001-db8-0-0-0-0-0-1";

  private final FakeStore store = new FakeStore();
  private final VoterStore leases = new VoterStore(new Slow(new FakeKubeApi(store)), "kube-system");
  private long now;

  /// How long an answer about node a waits for the process that asked.
  private long standsStill;

  private final TakingOver takingOver = new TakingOver(leases, Duration.ofSeconds(15), () -> now);

  private final class Slow extends ForwardingKubeApi {
    Slow(KubeApi inner) {
      super(inner);
    }

    @Override
    public <T extends KubernetesObject> Optional<T> get(ResourceType<T> type, ObjectKey key) {
      Optional<T> read = super.get(type, key);
      now += key.name().equals(OwnershipNames.NODE_LEASE_PREFIX + "a") ? standsStill : 0;
      return read;
    }

    @Override
    public KubeApi urgent() {
      return this;
    }

    @Override
    public KubeApi fenced(BooleanSupplier mayWrite) {
      return this;
    }
  }

  private void lease(String name, Map<String, String> annotations) {
    store.put(
        CoreTypes.LEASE,
        new V1Lease()
            .metadata(
                new V1ObjectMeta()
                    .name(name)
                    .namespace("kube-system")
                    .annotations(new HashMap<>(annotations))));
  }

  private void held() {
    lease(
        OwnershipNames.HOLDERS_LEASE,
        Map.of(V4, "a 5-old 3", V6, "b 2-young 1", OwnershipNames.RECORD_VERSION, "8", "x", "y"));
    node("a", "5-old", false);
    node("b", "2-young", false);
  }

  private void node(String node, String session, boolean leaving) {
    lease(
        OwnershipNames.NODE_LEASE_PREFIX + node,
        leaving
            ? Map.of(OwnershipNames.SESSION, session, OwnershipNames.LEAVING, "true")
            : Map.of(OwnershipNames.SESSION, session));
  }

  private Map<String, String> record() {
    Map<String, String> annotations =
        store
            .get(CoreTypes.LEASE, ObjectKey.of("kube-system", OwnershipNames.HOLDERS_LEASE))
            .orElseThrow()
            .getMetadata()
            .getAnnotations();
    return annotations == null ? Map.of() : annotations;
  }

  @Test
  void whereNobodyHeldByLeasesTheRecordIsClosedAtOnce() {
    assertThat(takingOver.look()).isTrue();
    assertThat(record()).containsEntry(OwnershipNames.CLOSED, "majority");
    assertThat(takingOver.look()).isTrue();
  }

  @Test
  void whoeverHoldsByLeasesIsWaitedFor() {
    held();
    assertThat(takingOver.look()).isFalse();
    node("a", "5-old", true);
    assertThat(takingOver.look()).isFalse();
    assertThat(record()).containsKeys(V4, V6).doesNotContainKey(OwnershipNames.CLOSED);
    // b's process was replaced.
    node("b", "3-next", false);
    assertThat(takingOver.look()).isTrue();
    assertThat(record())
        .containsOnly(
            Map.entry(OwnershipNames.CLOSED, "majority"),
            Map.entry(OwnershipNames.RECORD_VERSION, "9"),
            Map.entry("x", "y"));
  }

  @Test
  void aNodeThatDoesNotRenewItsLeaseIsWaitedForUntilItHoldsNothing() {
    held();
    node("b", "2-young", true);
    assertThat(takingOver.look()).isFalse();
    now += 14 * SECOND;
    assertThat(takingOver.look()).isFalse();
    node("a", "5-old", false);
    now += 2 * SECOND;
    assertThat(takingOver.look()).as("renewed").isFalse();
    now += 15 * SECOND;
    assertThat(takingOver.look()).as("clocks differ").isFalse();
    now += SECOND;
    assertThat(takingOver.look()).isTrue();
  }

  @Test
  void anAnswerThatWaitedForThisProcessIsNoWordOfToday() {
    held();
    node("b", "2-young", true);
    assertThat(takingOver.look()).isFalse();
    now += SECOND;
    standsStill = 60 * SECOND;
    assertThat(takingOver.look()).isFalse();
    standsStill = 0;
    assertThat(takingOver.look()).as("unchanged all the while").isTrue();
  }

  @Test
  void theWayBackIsOpenedByAPerson() {
    ForcedVoters voters = new ForcedVoters(new FakeKubeApi(store), "kube-system", Optional.empty());
    assertThat(voters.end()).isFalse();
    assertThat(takingOver.look()).isTrue();
    assertThat(voters.end()).isTrue();
    assertThat(record()).doesNotContainKey(OwnershipNames.CLOSED);
    assertThat(voters.end()).isFalse();
  }
}
