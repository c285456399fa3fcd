package dev.thresher.vip.election;

import static dev.thresher.vip.election.Net.ip;
import static dev.thresher.vip.election.Net.link;
import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.api.names.OwnershipNames;
import io.kubernetes.client.openapi.models.V1Lease;
import io.kubernetes.client.openapi.models.V1ObjectMeta;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LeaseTextTest {

  private final List<String> problems = new ArrayList<>();

  private static V1Lease lease(String name, Map<String, String> annotations) {
    return new V1Lease()
        .metadata(
            new V1ObjectMeta().name(name).uid("u").resourceVersion("7").annotations(annotations));
  }

  @ParameterizedTest
  @ValueSource(strings = {"192.0.2.1", "2001:db8::1", "fd00::", "::1:0:0:1"})
  void anAddressIsAKeyOfAnAnnotationAndBack(String address) {
    String key = LeaseText.holderKey(ip(address));
    // The part behind the slash: letters, digits, '-', '_', '.', at most 63, letter or digit at
    // both ends.
    assertThat(key.substring(key.indexOf('/') + 1)).matches("[a-z0-9]([-a-z0-9.]{0,61}[a-z0-9])?");
    assertThat(LeaseText.addressOf(key)).isEqualTo(ip(address));
  }

  @Test
  void theRecordIsReadAndWhatIsNoHolderIsLeftOut() {
    V1Lease lease =
        lease(
            OwnershipNames.HOLDERS_LEASE,
            Map.of(
                OwnershipNames.RECORD_VERSION,
                "12",
                LeaseText.holderKey(ip("10.0.0.1")),
                "n1 5-abc 3",
                LeaseText.holderKey(ip("fd00::1")),
                "n2 6-def 1",
                OwnershipNames.HOLDER_PREFIX + "x",
                "n2 6-def 1",
                LeaseText.holderKey(ip("10.0.0.2")),
                "n1 nonsense",
                "other",
                "annotation"));
    HoldersRecord record =
        LeaseText.record(lease, (name, message) -> problems.add(name + " " + message));
    assertThat(record.version()).isEqualTo(12);
    assertThat(record.resourceVersion()).isEqualTo("7");
    assertThat(record.holders())
        .containsOnly(
            Map.entry(ip("10.0.0.1"), new Holder("n1", new Session(5, "abc"), 3)),
            Map.entry(ip("fd00::1"), new Holder("n2", new Session(6, "def"), 1)));
    assertThat(problems).hasSize(2);
  }

  @Test
  void aNodesLeaseSaysItsNetworkAndMesh() {
    NodeLinks links =
        new NodeLinks(
            "eth1",
            List.of(
                link("eth1", "10.0.0.1/24", "fd00::1/64"),
                new NodeLinks.NodeLink("eth2", List.of(), true, false)),
            true,
            true);
    List<InetSocketAddress> mesh =
        List.of(
            new InetSocketAddress(ip("10.0.0.1"), 10263),
            new InetSocketAddress(ip("fd00::1"), 10263));
    assertThat(LeaseText.mesh(mesh)).isEqualTo("10.0.0.1:10263,[fd00::1]:10263");
    V1Lease lease =
        lease(
            OwnershipNames.NODE_LEASE_PREFIX + "n1",
            Map.of(
                OwnershipNames.SESSION,
                "9-p1",
                OwnershipNames.MESH,
                LeaseText.mesh(mesh),
                OwnershipNames.LINKS,
                LeaseText.links(links)));
    assertThat(LeaseText.node(lease, (name, message) -> problems.add(message)))
        .contains(new NodeLease("n1", "7", new Session(9, "p1"), mesh, links, false));
    assertThat(problems).isEmpty();
  }

  @Test
  void aNodesLeaseSaysForWhatItHoldsAddressesUnlessForAll() {
    for (boolean services : List.of(true, false)) {
      for (boolean controlPlane : List.of(true, false)) {
        Serves serves = new Serves(services, controlPlane);
        NodeLinks links = NodeLinks.NONE.withServes(serves);
        assertThat(LeaseText.parseLinks(LeaseText.links(links))).isEqualTo(links);
      }
    }
    assertThat(LeaseText.links(NodeLinks.NONE.withServes(new Serves(false, true))))
        .isEqualTo("{\"serves\":[\"controlPlane\"],\"links\":[]}");
    assertThat(LeaseText.links(NodeLinks.NONE)).isEqualTo("{\"links\":[]}");
    assertThat(LeaseText.parseLinks("{}").serves()).as("the version before").isEqualTo(Serves.ALL);
  }

  @Test
  void aNodesLeaseNamesTheAddressesOfItsControlPlane() {
    String text = LeaseText.controlPlane(List.of(ip("10.0.0.9"), ip("fd00::9")));
    assertThat(text).isEqualTo("10.0.0.9,fd00::9");
    assertThat(controlPlane(text)).containsExactly(ip("10.0.0.9"), ip("fd00::9"));
    assertThat(controlPlane("")).isEmpty();
    assertThat(problems).isEmpty();
    assertThat(controlPlane("cp.example, 10.0.0.9, fe80::1%eth0")).containsExactly(ip("10.0.0.9"));
    assertThat(problems).hasSize(2);
  }

  private List<InetAddress> controlPlane(String text) {
    return LeaseText.controlPlane(
        lease(OwnershipNames.NODE_LEASE_PREFIX + "n1", Map.of(OwnershipNames.CONTROL_PLANE, text)),
        (name, message) -> problems.add(message));
  }

  @Test
  void aLeaseThatSaysNonsenseIsNoNode() {
    for (Map<String, String> annotations :
        List.of(
            Map.of(OwnershipNames.SESSION, "x"),
            Map.of(OwnershipNames.SESSION, "1-a", OwnershipNames.LINKS, "[]"),
            Map.of(OwnershipNames.SESSION, "1-a", OwnershipNames.LINKS, "{"),
            Map.of(OwnershipNames.SESSION, "1-a", OwnershipNames.MESH, "10.0.0.1"))) {
      assertThat(
              LeaseText.node(
                  lease(OwnershipNames.NODE_LEASE_PREFIX + "n1", annotations),
                  (name, message) -> problems.add(message)))
          .isEmpty();
    }
    assertThat(problems).hasSize(4);
    assertThat(LeaseText.node(lease(OwnershipNames.HOLDERS_LEASE, Map.of()), (n, m) -> {}))
        .isEmpty();
  }
}
