package dev.thresher.loadbalancer.reconcile;

import dev.thresher.api.cni.CniTypes;
import dev.thresher.api.cni.NetworkAttachmentDefinition;
import dev.thresher.loadbalancer.rules.Vlan;
import dev.thresher.runtime.informer.Change;
import dev.thresher.runtime.informer.Informer;
import java.util.Optional;

/// The networks of machines as the cache has them. A cluster need not have any, and a role need not
/// allow to read them: then nothing is known.
final class Networks {

  private final Informer<NetworkAttachmentDefinition> informer;

  Networks(Informer<NetworkAttachmentDefinition> informer) {
    this.informer = informer;
  }

  /// What is known of the VLAN of a network.
  ///
  /// @param name `namespace/name`, empty for the management network, whose VLAN nobody knows
  Optional<Vlan> vlan(String name) {
    return CniTypes.network(name).flatMap(informer::get).flatMap(Vlan::of);
  }

  /// Calls when what is known of a VLAN has changed. Before the start.
  void onOther(Runnable look) {
    informer.onChange(change -> {
      if (informer.hasSynced() && isNews(change)) {
        look.run();
      }
    });
  }

  private static boolean isNews(Change<NetworkAttachmentDefinition> change) {
    return switch (change) {
      case Change.Updated<NetworkAttachmentDefinition>(
              NetworkAttachmentDefinition before,
              NetworkAttachmentDefinition after) ->
          !Vlan.of(before).equals(Vlan.of(after));
      case Change.Added<NetworkAttachmentDefinition> added -> Vlan.of(added.object()).isPresent();
      case Change.Deleted<NetworkAttachmentDefinition> deleted ->
          Vlan.of(deleted.object()).isPresent();
    };
  }
}
