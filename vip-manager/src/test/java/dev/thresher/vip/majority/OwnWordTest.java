package dev.thresher.vip.majority;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.thresher.api.CoreTypes;
import dev.thresher.api.ObjectKey;
import dev.thresher.api.names.OwnershipNames;
import dev.thresher.runtime.fake.FakeKubeApi;
import dev.thresher.runtime.fake.FakeStore;
import dev.thresher.runtime.informer.Change;
import dev.thresher.runtime.time.VirtualTimeline;
import dev.thresher.vip.election.OwnLease;
import dev.thresher.vip.election.RightConfig;
import dev.thresher.vip.election.RightTimes;
import io.kubernetes.client.openapi.models.V1Lease;
import io.kubernetes.client.openapi.models.V1ObjectMeta;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class OwnWordTest {

  private static final Duration SOON = Duration.ofSeconds(20);
  private static final ObjectKey KEY = key("a");

  private final FakeStore objects = new FakeStore();
  private final VirtualTimeline timeline = new VirtualTimeline();
  private final OwnWord word =
      new OwnWord(
          new OwnLease(
              new FakeKubeApi(objects),
              new RightConfig("a", "pa", "kube-system", Optional::empty, RightTimes.defaults())),
          List::of,
          () -> false,
          timeline,
          () -> {});

  private static ObjectKey key(String node) {
    return ObjectKey.of("kube-system", OwnershipNames.NODE_LEASE_PREFIX + node);
  }

  private static V1Lease lease(ObjectKey key) {
    return new V1Lease().metadata(new V1ObjectMeta().namespace("kube-system").name(key.name()));
  }

  private boolean isThere() {
    return objects.get(CoreTypes.LEASE, KEY).isPresent();
  }

  private boolean deleted(String node) {
    return word.seen(new Change.Deleted<>(lease(key(node))));
  }

  @Test
  void theOwnLeaseIsWrittenAgainWhenItIsDeleted() {
    assertThat(deleted("a")).isTrue();
    await().atMost(SOON).until(this::isThere);
  }

  /// Else it would be written and deleted as fast as the API server can.
  @Test
  void whatIsDeletedAgainAndAgainIsWrittenEveryTenSeconds() {
    assertThat(deleted("a")).isTrue();
    timeline.advance(Duration.ofMillis(9_999));
    assertThat(deleted("a")).isFalse();
    timeline.advance(Duration.ofMillis(1));
    assertThat(deleted("a")).isTrue();
    assertThat(deleted("a")).isFalse();
  }

  @Test
  void nothingElseIsWrittenAgain() {
    assertThat(deleted("b")).isFalse();
    assertThat(word.seen(new Change.Added<>(lease(KEY)))).isFalse();
    assertThat(word.seen(new Change.Updated<>(lease(KEY), lease(KEY)))).isFalse();
    word.stop();
    assertThat(deleted("a")).isFalse();
  }
}
