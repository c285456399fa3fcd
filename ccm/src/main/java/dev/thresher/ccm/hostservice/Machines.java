package dev.thresher.ccm.hostservice;

import dev.thresher.api.address.IpAddress;
import dev.thresher.api.kubevirt.VirtualMachineInstance;
import io.kubernetes.client.openapi.models.V1Node;
import java.util.List;
import java.util.Optional;

/// The machines behind guest nodes, as the provider knows them. Answers from caches.
public interface Machines {

  /// The run of the machine behind a node; empty if there is none, or it is not known which.
  Optional<Machine> of(V1Node node);

  /// A machine that runs or ran.
  ///
  /// @param addresses at which the host reaches its node ports, the best one of each family first;
  ///   empty while none is known
  record Machine(VirtualMachineInstance instance, List<IpAddress> addresses) {
    public Machine {
      addresses = List.copyOf(addresses);
    }
  }
}
