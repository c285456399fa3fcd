package dev.thresher.vip.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.api.CoreTypes;
import dev.thresher.api.ObjectKey;
import dev.thresher.runtime.fake.FakeInformers;
import dev.thresher.runtime.fake.FakeStore;
import dev.thresher.runtime.informer.Scope;
import dev.thresher.runtime.time.VirtualTimeline;
import io.kubernetes.client.openapi.models.V1Node;
import io.kubernetes.client.openapi.models.V1NodeAddress;
import io.kubernetes.client.openapi.models.V1NodeStatus;
import io.kubernetes.client.openapi.models.V1ObjectMeta;
import java.util.List;
import org.junit.jupiter.api.Test;

class ThisNodeTest {

  private final FakeStore store = new FakeStore();

  private String register() {
    V1Node node =
        new V1Node()
            .apiVersion("v1")
            .kind("Node")
            .metadata(new V1ObjectMeta().name("n1"))
            .status(
                new V1NodeStatus()
                    .addresses(
                        List.of(new V1NodeAddress().type("InternalIP").address("192.0.2.1"))));
    return String.valueOf(store.put(CoreTypes.NODE, node).getMetadata().getUid());
  }

  /// What belongs to a Node that is gone is deleted by the garbage collector.
  @Test
  void theUidIsThePresentNodesAndTheFormerOnesWhileThereIsNone() {
    FakeInformers informers = new FakeInformers(store, new VirtualTimeline());
    var node = new ThisNode("n1", informers.informer(CoreTypes.NODE, Scope.ALL));
    informers.start();
    assertThat(node.uid()).isEmpty();
    String first = register();
    assertThat(node.uid()).contains(first);
    store.drop(CoreTypes.NODE, ObjectKey.cluster("n1"));
    assertThat(node.uid()).contains(first);
    String second = register();
    assertThat(second).isNotEqualTo(first);
    assertThat(node.uid()).contains(second);
  }
}
