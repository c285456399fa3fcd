package dev.thresher.vip.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.api.CoreTypes;
import dev.thresher.api.ObjectKey;
import dev.thresher.runtime.fake.FakeInformers;
import dev.thresher.runtime.fake.FakeStore;
import dev.thresher.runtime.informer.Scope;
import dev.thresher.runtime.time.SystemTimeline;
import io.kubernetes.client.openapi.models.V1Node;
import io.kubernetes.client.openapi.models.V1NodeAddress;
import io.kubernetes.client.openapi.models.V1NodeStatus;
import io.kubernetes.client.openapi.models.V1ObjectMeta;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ThisNodeTest {

  private final FakeStore store = new FakeStore();
  private final SystemTimeline timeline = new SystemTimeline();
  private final FakeInformers informers = new FakeInformers(store, timeline);

  @BeforeEach
  void start() {
    timeline.start();
  }

  @AfterEach
  void stop() {
    timeline.stop();
  }

  /// What is made to go with a Node that is gone is collected at once, again and again.
  @Test
  void theUidIsThatOfTheNodeObjectThatIsThere() throws Exception {
    ThisNode node = new ThisNode("n1", informers.informer(CoreTypes.NODE, Scope.ALL));
    assertThat(node.uid()).isEmpty();
    store.put(CoreTypes.NODE, object());
    informers.start();
    node.start();
    assertThat(node.uid()).contains(uid());
    String before = uid();
    store.drop(CoreTypes.NODE, ObjectKey.cluster("n1"));
    assertThat(node.uid()).isEmpty();
    store.put(CoreTypes.NODE, object());
    assertThat(node.uid()).contains(uid()).isNotEqualTo(Optional.of(before));
    assertThat(node.addresses()).hasSize(1);
  }

  private String uid() {
    return store.get(CoreTypes.NODE, ObjectKey.cluster("n1")).orElseThrow().getMetadata().getUid();
  }

  private static V1Node object() {
    return new V1Node()
        .metadata(new V1ObjectMeta().name("n1"))
        .status(
            new V1NodeStatus()
                .addAddressesItem(new V1NodeAddress().type("InternalIP").address("10.0.0.1")));
  }
}
