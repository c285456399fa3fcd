package dev.thresher.ccm.harvester;

import dev.thresher.api.address.IpAddress;
import dev.thresher.ccm.cloudprovider.MachineAddress;
import dev.thresher.ccm.harvester.nodes.HarvesterInstances;
import dev.thresher.ccm.hostservice.Machines;
import io.kubernetes.client.openapi.models.V1Node;
import java.util.List;
import java.util.Optional;

/// The machines behind nodes for the driver `service`.
///
/// Node ports are reached at the node's own InternalIPs: of a machine with several network cards
/// they are the ones that the node controller chose, and the only ones on which every mode of
/// kube-proxy opens node ports.
final class HarvesterMachines implements Machines {

  private final HarvesterInstances instances;

  HarvesterMachines(HarvesterInstances instances) {
    this.instances = instances;
  }

  @Override
  public Optional<Machine> of(V1Node node) {
    return instances.run(node).map(run -> new Machine(run, internal(node)));
  }

  private static List<IpAddress> internal(V1Node node) {
    return MachineAddress.internal(node).stream()
        .flatMap(address -> IpAddress.tryParse(address).stream())
        .toList();
  }
}
