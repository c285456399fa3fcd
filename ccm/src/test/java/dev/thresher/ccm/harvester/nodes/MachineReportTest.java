package dev.thresher.ccm.harvester.nodes;

import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.api.json.LenientJson;
import dev.thresher.api.kubevirt.VirtualMachine;
import dev.thresher.api.kubevirt.VirtualMachineInstance;
import dev.thresher.api.labels.LabelSelector;
import dev.thresher.ccm.cloudprovider.InstanceMetadata;
import dev.thresher.ccm.cloudprovider.MachineAddress;
import dev.thresher.ccm.cloudprovider.MetadataResult;
import io.kubernetes.client.openapi.models.V1Node;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MachineReportTest {

  private static final String UNINITIALIZED =
      "\"taints\": [{\"key\": \"node.cloudprovider.kubernetes.io/uninitialized\","
          + " \"value\": \"true\", \"effect\": \"PreferNoSchedule\"}]";

  private static V1Node node(String spec, String internal) {
    return LenientJson.gson()
        .fromJson(
            """
            {"metadata": {"name": "n1"}, "spec": {%s}, "status": {"addresses": [%s]}}
            """
                .formatted(
                    spec,
                    internal.isEmpty()
                        ? ""
                        : "{\"type\": \"InternalIP\", \"address\": \"" + internal + "\"}"),
            V1Node.class);
  }

  private static VirtualMachine machine(String labels, String spec, String status) {
    return LenientJson.gson()
        .fromJson(
            """
            {"metadata": {"name": "n1", "namespace": "vms", "uid": "u1", "labels": {%s}},
             "spec": {%s}, "status": {%s}}
            """
                .formatted(labels, spec, status),
            VirtualMachine.class);
  }

  private static VirtualMachineInstance run(String meta, String domain, String status) {
    return LenientJson.gson()
        .fromJson(
            """
            {"metadata": {"name": "n1", "namespace": "vms" %s},
             "spec": {"domain": {%s},
               "networks": [{"name": "nic-0", "multus": {"networkName": "default/vlan1"}}]},
             "status": {%s}}
            """
                .formatted(meta, domain, status),
            VirtualMachineInstance.class);
  }

  private static final String ADDRESS =
      "\"nodeName\": \"host-1\", \"phase\": \"Running\","
          + " \"interfaces\": [{\"name\": \"nic-0\", \"ipAddresses\": [\"10.0.0.5\"]}]";

  private static InstanceMetadata known(
      V1Node node, VirtualMachine machine, VirtualMachineInstance run, NodePolicy policy) {
    MachineReport report =
        MachineReport.of(
            node,
            new MachineReport.Subject("u1", Optional.of(machine), Optional.of(run)),
            policy,
            _ -> false);
    return ((MetadataResult.Known) report.result()).metadata();
  }

  private static NodePolicy policy(boolean follows, String... labels) {
    return new NodePolicy(
        NodeAddressPolicy.DEFAULT, LabelSelector.ALL, List.of(labels), follows, true);
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          resolved before wished | "instancetype": {"name": "wish"} | "instancetypeRef": {"name": "u1.medium"} | | | u1.medium
          annotation, cluster first | "instancetype": {"name": "wish"} | | "kubevirt.io/cluster-instancetype-name": "c", "kubevirt.io/instancetype-name": "n" | | c
          annotation | | | "kubevirt.io/instancetype-name": "n" | | n
          wished | "instancetype": {"name": "wish"} | | | | wish
          size | | | | "cpu": {"cores": 2, "sockets": 2, "threads": 0}, "memory": {"guest": "8Gi"} | 4cpu-8Gi
          size, odd memory | | | | "cpu": {"cores": 1}, "memory": {"guest": "8092Mi"} | 1cpu-8092Mi
          size, decimal memory | | | | "cpu": {"cores": 1}, "memory": {"guest": "1G"} | 1cpu-954Mi
          size by requests | | | | "resources": {"requests": {"cpu": "1500m", "memory": "4Gi"}} | 2cpu-4Gi
          size by limits | | | | "resources": {"limits": {"cpu": "2", "memory": "4Gi"}} | 2cpu-4Gi
          nothing known | | | | | ``
          half known | | | | "cpu": {"cores": 2} | ``
          no label value | "instancetype": {"name": "a b"} | | | | ``
          """)
  void tellsTheInstanceType(
      String what, String spec, String status, String annotations, String domain, String type) {
    VirtualMachineInstance run =
        run(
            annotations == null ? "" : ", \"annotations\": {" + annotations + "}",
            domain == null ? "" : domain,
            ADDRESS);
    VirtualMachine machine = machine("", spec == null ? "" : spec, status == null ? "" : status);
    assertThat(known(node("", ""), machine, run, policy(true)).instanceType())
        .isEqualTo(type == null ? "" : type);
  }

  @Test
  void givesLabelsOfMachineAndRun() {
    VirtualMachine machine =
        machine("\"nodepool.harvesterhci.io/name\": \"pool1\", \"rack\": \"r7\"", "", "");
    VirtualMachineInstance run =
        run(", \"labels\": {\"rack\": \"old\", \"row\": \"4\"}", "", ADDRESS);
    InstanceMetadata metadata =
        known(node("", "10.0.0.5"), machine, run, policy(true, "rack", "row", "absent"));
    assertThat(metadata.additionalLabels())
        .isEqualTo(Map.of("nodepool.harvesterhci.io/name", "pool1"));
    assertThat(metadata.followedLabels())
        .isEqualTo(Map.of("rack", "r7", "row", "4", "thresher.dev/host-node", "host-1"));
  }

  @Test
  void aMachineWithoutLabelsAndAnnotationsIsOneLikeAnother() {
    InstanceMetadata metadata =
        known(node("", ""), machine("", "", ""), run("", "", ADDRESS), policy(true));
    assertThat(metadata.zone()).isEmpty();
    assertThat(metadata.addresses())
        .containsExactly(
            new MachineAddress(MachineAddress.Type.INTERNAL_IP, "10.0.0.5"),
            new MachineAddress(MachineAddress.Type.HOSTNAME, "n1"));
  }

  @ParameterizedTest
  @CsvSource({"true,false,z1", "true,true,z1", "false,false,''", "false,true,z1"})
  void topologyFollowsUnlessToldNotTo(boolean follows, boolean initialising, String zone) {
    VirtualMachineInstance run =
        run(", \"annotations\": {\"topology.kubernetes.io/zone\": \"z1\"}", "", ADDRESS);
    assertThat(
            known(
                    node(initialising ? UNINITIALIZED : "", "10.0.0.5"),
                    machine("", "", ""),
                    run,
                    policy(follows))
                .zone())
        .isEqualTo(zone);
  }

  @Test
  void aZoneThatCanBeNoLabelIsLeftOutWithAWarning() {
    VirtualMachineInstance run =
        run(", \"annotations\": {\"topology.kubernetes.io/zone\": \"a b\"}", "", ADDRESS);
    MachineReport report =
        MachineReport.of(
            node("", ""),
            new MachineReport.Subject("u1", Optional.empty(), Optional.of(run)),
            policy(true),
            _ -> false);
    assertThat(((MetadataResult.Known) report.result()).metadata().zone()).isEmpty();
    assertThat(report.warnings()).singleElement().asString().contains("a b");
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          agent silent | "phase": "Running", "interfaces": [{"name": "nic-0"}]
          no interfaces | "phase": "Running"
          migrating | "phase": "Running", "migrationState": {"targetNode": "h2"}, "interfaces": [{"name": "nic-0", "ipAddresses": ["10.0.0.9"]}]
          ended | "phase": "Succeeded", "interfaces": [{"name": "nic-0", "ipAddresses": ["10.0.0.9"]}]
          only link-local | "phase": "Running", "interfaces": [{"name": "nic-0", "ipAddresses": ["fe80::1"]}]
          """)
  void keepsTheLastGoodAddresses(String what, String status) {
    InstanceMetadata metadata =
        known(node("", "10.0.0.5"), machine("", "", ""), run("", "", status), policy(true));
    assertThat(metadata.addresses()).isEmpty();
    assertThat(metadata.zone()).isEmpty();
  }

  @Test
  void aNodeNeverLosesAllItsInternalAddresses() {
    NodePolicy policy =
        new NodePolicy(
            new NodeAddressPolicy(
                "", NodeAddressPolicy.parseNodeIpCidr("10.0.0.0/24"), List.of(), false),
            LabelSelector.ALL,
            List.of(),
            true,
            true);
    VirtualMachineInstance run =
        run("", "", "\"interfaces\": [{\"name\": \"nic-0\", \"ipAddresses\": [\"192.0.2.1\"]}]");
    MachineReport report =
        MachineReport.of(
            node("", "10.0.0.5"),
            new MachineReport.Subject("u1", Optional.empty(), Optional.of(run)),
            policy,
            _ -> false);
    assertThat(((MetadataResult.Known) report.result()).metadata().addresses()).isEmpty();
    assertThat(report.warnings()).singleElement().asString().contains("192.0.2.1");
  }
}
