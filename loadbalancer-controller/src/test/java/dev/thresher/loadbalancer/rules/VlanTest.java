package dev.thresher.loadbalancer.rules;

import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.api.cni.NetworkAttachmentDefinition;
import dev.thresher.api.cni.NetworkAttachmentDefinitionSpec;
import io.kubernetes.client.openapi.models.V1ObjectMeta;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What a NetworkAttachmentDefinition tells of its VLAN, and what it does not.
final class VlanTest {

  private static NetworkAttachmentDefinition network(
      @Nullable String type, @Nullable String bridge, @Nullable String id, String config) {
    var metadata = new V1ObjectMeta().namespace("vms").name("lan");
    label(metadata, "type", type);
    label(metadata, "clusternetwork", bridge);
    label(metadata, "vlan-id", id);
    return new NetworkAttachmentDefinition()
        .metadata(metadata)
        .spec(new NetworkAttachmentDefinitionSpec().config(config.replace('\'', '"')));
  }

  private static void label(V1ObjectMeta metadata, String name, @Nullable String value) {
    if (value != null) {
      metadata.putLabelsItem("network.harvesterhci.io/" + name, value);
    }
  }

  @ParameterizedTest(name = "{0} {1} {2} {3}: {4}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        // Type | cluster network | VLAN | configuration | what is known
        "L2VlanNetwork   | mgmt | 7 | {'type':'bridge','bridge':'mgmt-br','vlan':7} | VLAN 7 on cluster network mgmt",
        "L2VlanNetwork   | data | 7 | ``                                            | VLAN 7 on cluster network data",
        "                |      |   | {'type':'bridge','bridge':'mgmt-br','vlan':7} | VLAN 7 on cluster network mgmt",
        "                |      |   | {'bridge':'br0','vlan':7}                     | VLAN 7 on cluster network br0",
        "UntaggedNetwork | mgmt |   | {'type':'bridge','bridge':'mgmt-br'}          | untagged on cluster network mgmt",
        "UntaggedNetwork | mgmt | 0 | {'type':'bridge','bridge':'mgmt-br'}          | untagged on cluster network mgmt",
        "                |      |   | {'type':'bridge','bridge':'data-br','vlanTrunk':[]} | untagged on cluster network data",
        // In several VLANs, in none of the wire's, or nobody knows.
        "L2VlanTrunkNetwork | mgmt | 0 | {'type':'bridge','bridge':'mgmt-br','vlan':0} | unknown",
        "                | mgmt | 0 | {'type':'bridge','vlan':0,'vlanTrunk':[{'minID':1,'maxID':9}]} | unknown",
        "OverlayNetwork  | mgmt |   | {'type':'kube-ovn'}                           | unknown",
        "                | mgmt | 7 | {'type':'macvlan'}                            | unknown",
        "                |      | 7 | {'type':'bridge'}                             | unknown",
        "                | mgmt |   | ``                                            | unknown",
        "                | mgmt |   | no JSON                                       | unknown",
        "                | mgmt |   | ['vlan']                                      | unknown",
        "                | mgmt | x | {'type':'bridge','vlan':7}                    | unknown",
        "                | mgmt |   | {'type':'bridge','vlan':5000}                 | unknown",
        "                | mgmt |   | {'type':'bridge','vlan':{}}                   | unknown",
        "                |      |   | {'type':'bridge','bridge':'-br','vlan':7}     | unknown",
      })
  void isKnownOrNot(
      @Nullable String type,
      @Nullable String bridge,
      @Nullable String id,
      String config,
      String known) {
    assertThat(Vlan.of(network(type, bridge, id, config)).map(Vlan::toString).orElse("unknown"))
        .isEqualTo(known);
  }

  @ParameterizedTest(name = "{0} {1}, {2} {3}: {4}")
  @CsvSource({
    "mgmt, 7, mgmt, 7, false",
    "mgmt, 7, mgmt, 8, true",
    "mgmt, 7, data, 7, true",
    "mgmt, 0, data, 0, true",
    "mgmt, 0, mgmt, 7, true",
    "mgmt, 0, mgmt, 0, false",
    // A bridge has frames without a tag in VLAN 1.
    "mgmt, 0, mgmt, 1, false",
    "mgmt, 1, mgmt, 2, true",
  })
  void differsByIdOrByClusterNetwork(
      String one, int id, String other, int otherId, boolean differs) {
    assertThat(new Vlan(one, id).differsFrom(new Vlan(other, otherId))).isEqualTo(differs);
    assertThat(new Vlan(other, otherId).differsFrom(new Vlan(one, id))).isEqualTo(differs);
  }
}
