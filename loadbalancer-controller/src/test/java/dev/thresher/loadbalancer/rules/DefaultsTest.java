package dev.thresher.loadbalancer.rules;

import static dev.thresher.loadbalancer.rules.LoadBalancerRulesTest.read;
import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.api.cni.NetworkAttachmentDefinition;
import dev.thresher.api.kubevirt.VirtualMachineInstance;
import dev.thresher.api.loadbalancer.HealthCheck;
import dev.thresher.api.loadbalancer.LoadBalancer;
import dev.thresher.loadbalancer.ipam.Requirement;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class DefaultsTest {

  private static LoadBalancer loadBalancer(String type, String annotations) {
    return read(
        "{'metadata':{'namespace':'vms','name':'a','annotations':{"
            + annotations
            + "}},'spec':{'workloadType':'"
            + type
            + "'}}",
        LoadBalancer.class);
  }

  private static VirtualMachineInstance machine(String name, String label, String... networks) {
    var spec = new StringBuilder("{'name':'default','pod':{}}");
    for (String network : networks) {
      spec.append(",{'name':'n','multus':{'networkName':'").append(network).append("'}}");
    }
    return read(
        "{'metadata':{'namespace':'vms','name':'"
            + name
            + "','labels':{"
            + label
            + "}},'spec':{'networks':["
            + spec
            + "]}}",
        VirtualMachineInstance.class);
  }

  private static Requirements.Surroundings around(
      String project, VirtualMachineInstance... machines) {
    return new Requirements.Surroundings(project, List.of(machines));
  }

  private static final String NODE = "'guestcluster.harvesterhci.io/name':'g1'";
  private static final String OLD_NODE =
      "'harvesterhci.io/creator':'docker-machine-driver-harvester'";
  private static final String CLUSTER = "'loadbalancer.harvesterhci.io/cluster':'g1'";

  @ParameterizedTest(name = "{0}: {1}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        CLUSTER + "| default/one",
        CLUSTER
            + ",'cloudprovider.harvesterhci.io/lb-network':'x/asked','cloudprovider.harvesterhci.io/managementNetwork':'x/mgmt'| x/asked",
        CLUSTER
            + ",'cloudprovider.harvesterhci.io/lb-network':'','cloudprovider.harvesterhci.io/managementNetwork':'x/mgmt'| x/mgmt",
        CLUSTER
            + ",'cloudprovider.harvesterhci.io/managementNetwork':'x/mgmt','loadbalancer.harvesterhci.io/network':'x/old'| x/mgmt",
        CLUSTER + ",'loadbalancer.harvesterhci.io/network':'x/there'| x/there",
        "'loadbalancer.harvesterhci.io/cluster':'g7'| default/seven",
        "'loadbalancer.harvesterhci.io/cluster':'g9'| ``",
        "``| ``",
      })
  void findsTheNetworkOfAGuestCluster(String annotations, String network) {
    LoadBalancer object = loadBalancer("cluster", annotations);
    Requirements.Surroundings around =
        around(
            "",
            machine("zz", NODE, "default/later"),
            machine("aa", NODE, "default/one", "default/two"),
            machine("a-without", NODE),
            machine("g1-other", "", "default/none"),
            machine("g7-pool-1", OLD_NODE, "default/seven"),
            machine("g9-somebody", "", "default/none"));

    assertThat(Requirements.defaults(object, around))
        .containsEntry("loadbalancer.harvesterhci.io/network", network);
    assertThat(Requirements.complete(object, around).network()).isEqualTo(network);
  }

  @Test
  void takesTheProjectOfTheNamespace() {
    assertThat(Requirements.defaults(loadBalancer("cluster", CLUSTER), around("c-1:p-2")))
        .containsEntry("loadbalancer.harvesterhci.io/project", "c-1/p-2")
        .containsEntry("loadbalancer.harvesterhci.io/namespace", "vms");
  }

  @Test
  void machinesHaveANamespaceOnly() {
    assertThat(Requirements.defaults(loadBalancer("vm", ""), around("c-1:p-2")))
        .containsOnlyKeys("loadbalancer.harvesterhci.io/namespace");
  }

  @Test
  void whoWritesAnObjectDoesNotSayWhoseItIs() {
    String theirs =
        "'loadbalancer.harvesterhci.io/project':'c-1/p-9','loadbalancer.harvesterhci.io/namespace':'team'";
    LoadBalancer guest = loadBalancer("cluster", CLUSTER + "," + theirs);

    assertThat(Requirements.stated(guest)).isEqualTo(new Requirement("", "c-1/p-9", "team", "g1"));
    assertThat(Requirements.complete(guest, around("c-1:p-2", machine("m", NODE, "default/one"))))
        .isEqualTo(new Requirement("default/one", "c-1/p-2", "vms", "g1"));
    assertThat(Requirements.complete(guest, around("")))
        .as("in no project")
        .isEqualTo(new Requirement("", "", "vms", "g1"));
    assertThat(Requirements.complete(loadBalancer("vm", theirs), around("c-1:p-2")))
        .as("of machines the webhook sets the namespace alone")
        .isEqualTo(new Requirement("", "c-1/p-9", "vms", ""));
  }

  @ParameterizedTest(name = "{0}: {1}")
  @CsvSource(
      delimiter = '|',
      value = {
        "{}                                    | none",
        "{'port':0,'periodSeconds':3}          | none",
        "{'port':80}                           | 80 2 2 1 1",
        "{'port':80,'successThreshold':0,'failureThreshold':5,'periodSeconds':7,'timeoutSeconds':3} | 80 2 5 7 3",
        "{'port':80,'successThreshold':1}      | 80 1 2 1 1",
      })
  void fillsInTheNumbersOfAHealthCheck(String check, String complete) {
    HealthCheck read = read(check.replace("\"", "'"), HealthCheck.class);

    assertThat(
            HealthCheckDefaults.complete(read)
                .map(c ->
                    c.port()
                        + " "
                        + c.successThreshold()
                        + " "
                        + c.failureThreshold()
                        + " "
                        + c.periodSeconds()
                        + " "
                        + c.timeoutSeconds())
                .orElse("none"))
        .isEqualTo(complete);
  }

  @Test
  void namesTheNumbersThatAreMissing() {
    assertThat(HealthCheckDefaults.missing(new HealthCheck().port(80).failureThreshold(4)))
        .containsOnly(
            Map.entry("successThreshold", 2),
            Map.entry("periodSeconds", 1),
            Map.entry("timeoutSeconds", 1));
    assertThat(HealthCheckDefaults.missing(null)).isEmpty();
  }

  @ParameterizedTest(name = "{0}: {1}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{'metadata':{}}| 0",
        "{'metadata':{'labels':{'network.harvesterhci.io/vlan-id':'178'}},'spec':{'config':'{}'}}| 178",
        "{'metadata':{},'spec':{'config':'{\\'type\\':\\'bridge\\',\\'vlan\\':12}'}}| 12",
        "{'metadata':{},'spec':{'config':'no JSON'}}| 0",
        "{'metadata':{},'spec':{'config':'{\\'vlan\\':5000}'}}| 0",
        "{'metadata':{'labels':{'network.harvesterhci.io/vlan-id':'x'}}}| 0",
      })
  void readsTheVlan(String network, int vlan) {
    assertThat(Vlan.idOf(read(network, NetworkAttachmentDefinition.class))).isEqualTo(vlan);
  }
}
