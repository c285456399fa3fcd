package dev.thresher.ccm.harvester.nodes;

import dev.thresher.api.kubevirt.VirtualMachine;
import dev.thresher.api.kubevirt.VirtualMachineInstance;
import java.util.List;
import java.util.Optional;

/// The machines of the namespace, by what a Node can know of its own.
public interface Machines {

  Optional<VirtualMachine> byUid(String uid);

  Optional<VirtualMachine> byName(String name);

  /// Machines whose guest has this host name: by their specification, or by what their guest agent
  /// said.
  List<VirtualMachine> byHostname(String hostname);

  /// Machines whose firmware shows this UUID, in any case of letters.
  List<VirtualMachine> bySystemUuid(String uuid);

  /// The present run of a machine.
  Optional<VirtualMachineInstance> instanceOf(VirtualMachine machine);

  /// A run that outlived its machine: one of the machine with this UID, or one that belongs to
  /// nobody any more and shows this firmware UUID.
  Optional<VirtualMachineInstance> leftOf(String uid, String systemUuid);
}
