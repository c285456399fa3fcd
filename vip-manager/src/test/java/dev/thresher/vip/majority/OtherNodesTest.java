package dev.thresher.vip.majority;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.net.InetAddresses;
import dev.thresher.api.names.OwnershipNames;
import dev.thresher.runtime.informer.Change;
import dev.thresher.vip.election.LeaseText;
import dev.thresher.vip.election.NodeLease;
import dev.thresher.vip.election.NodeLinks;
import dev.thresher.vip.lease.VoterCandidate;
import io.kubernetes.client.openapi.models.V1Lease;
import io.kubernetes.client.openapi.models.V1ObjectMeta;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OtherNodesTest {

  private static final List<VoterCandidate> ALL =
      List.of(
          new VoterCandidate("n1", true, "", 0),
          new VoterCandidate("n2", true, "", 0),
          new VoterCandidate("n3", true, "", 0));

  @TempDir Path directory;
  private final AtomicBoolean known = new AtomicBoolean();
  private final AtomicInteger news = new AtomicInteger();
  private final OtherNodes nodes = new OtherNodes("n1", known::get, news::incrementAndGet);

  private static NodeLease node(String name, String address) {
    return NodeLease.heard(
        name,
        "0",
        List.of(new InetSocketAddress(InetAddresses.forString(address), 10263)),
        NodeLinks.NONE);
  }

  private static Change<V1Lease> lease(String name, String address) {
    return new Change.Added<>(
        new V1Lease()
            .metadata(
                new V1ObjectMeta()
                    .name(OwnershipNames.NODE_LEASE_PREFIX + name)
                    .annotations(
                        Map.of(
                            OwnershipNames.SESSION,
                            "1-abc",
                            OwnershipNames.MESH,
                            LeaseText.mesh(node(name, address).mesh())))));
  }

  private List<String> where() {
    return nodes.leases().stream()
        .map(node -> node.node() + " " + node.mesh().getFirst().getAddress().getHostAddress())
        .sorted()
        .toList();
  }

  @BeforeEach
  void whatWasKnownBeforeTheStart() throws IOException {
    new NodesFile(directory)
        .keep(List.of(node("n1", "192.0.2.1"), node("n2", "192.0.2.2"), node("n3", "192.0.2.3")));
    nodes.keptIn(new NodesFile(directory));
  }

  @Test
  void whatWasKeptCountsUntilTheLeasesAreKnown() {
    assertThat(where()).containsExactly("n2 192.0.2.2", "n3 192.0.2.3");
    nodes.seen(lease("n2", "192.0.2.22"));
    assertThat(where()).containsExactly("n2 192.0.2.22", "n3 192.0.2.3");
    assertThat(nodes.forget(_ -> false)).isFalse();
    assertThat(where()).containsExactly("n2 192.0.2.22", "n3 192.0.2.3");
    known.set(true);
    assertThat(nodes.forget(_ -> false)).isFalse();
    assertThat(where()).containsExactly("n2 192.0.2.22");
  }

  /// What it holds does not rest on its Lease, which somebody may delete.
  @Test
  void whoseLeaseIsDeletedIsThereAsLongAsItIsHeard() {
    known.set(true);
    Change<V1Lease> last = lease("n2", "192.0.2.22");
    nodes.seen(last);
    nodes.seen(new Change.Deleted<>(last.object()));
    assertThat(nodes.forget("n2"::equals)).isTrue();
    assertThat(where()).containsExactly("n2 192.0.2.22");
    nodes.seen(lease("n2", "192.0.2.23"));
    assertThat(where()).containsExactly("n2 192.0.2.23");
    assertThat(nodes.forget("n2"::equals)).as("it has a Lease again").isFalse();
    assertThat(where()).containsExactly("n2 192.0.2.23");
    nodes.seen(new Change.Deleted<>(last.object()));
    assertThat(nodes.forget(_ -> false)).isFalse();
    assertThat(where()).isEmpty();
  }

  /// Else the voters would be removed by a node that has only just begun to look.
  @Test
  void nobodyIsGoneBeforeTheLeasesAreKnown() {
    assertThat(nodes.among(ALL)).isEmpty();
    nodes.seen(lease("n3", "192.0.2.3"));
    assertThat(nodes.among(ALL)).isEmpty();
    known.set(true);
    assertThat(nodes.among(ALL)).contains(List.of(ALL.get(0), ALL.get(2)));
  }

  @Test
  void aRenewalIsNoNews() {
    nodes.seen(lease("n2", "192.0.2.2"));
    assertThat(news).hasValue(1);
    Change<V1Lease> renewed = lease("n2", "192.0.2.2");
    renewed.object().getMetadata().setResourceVersion("2");
    nodes.seen(renewed);
    assertThat(news).hasValue(1);
    nodes.seen(lease("n2", "192.0.2.22"));
    assertThat(news).hasValue(2);
    nodes.seen(new Change.Deleted<>(renewed.object()));
    assertThat(news).hasValue(3);
  }

  @Test
  void onlyWhatIsWholeIsKept() throws IOException {
    nodes.seen(lease("n2", "192.0.2.22"));
    nodes.keep();
    assertThat(new NodesFile(directory).read()).hasSize(3);
    known.set(true);
    nodes.keep();
    Awaitility.await()
        .atMost(Duration.ofSeconds(20))
        .until(() -> new NodesFile(directory).read().keySet().equals(Set.of("n2")));
  }
}
