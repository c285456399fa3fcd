package dev.thresher.ccm.harvester.networks;

import java.util.List;
import java.util.Set;
import java.util.SortedMap;

/// Answers which card of the nodes is on a network. Thread-safe; answers from caches.
public interface NodeNetworks {

  /// @param network NetworkAttachmentDefinition as `namespace/name`
  Cards on(String network);

  /// The addresses that the machines of the cluster report on a network; empty if nobody follows
  /// the machines.
  ///
  /// @param network NetworkAttachmentDefinition as `namespace/name`
  Set<String> addressesOn(String network);

  /// Hears when an answer may have become another. The listener returns at once and may be called
  /// from any thread.
  void onChange(Runnable listener);

  /// For a program that does not follow the machines.
  static NodeNetworks unknown() {
    return new NodeNetworks() {
      @Override
      public Cards on(String network) {
        return new Cards.Unknown("--disable-vmi-controller: nobody follows the machines");
      }

      @Override
      public Set<String> addressesOn(String network) {
        return Set.of();
      }

      @Override
      public void onChange(Runnable listener) {
        // The answer is always the same.
      }
    };
  }

  /// The cards of the nodes on one network.
  sealed interface Cards {

    /// Nothing can be said: take the network as right.
    ///
    /// @param why for the log
    record Unknown(String why) implements Cards {}

    /// No node is on it.
    ///
    /// @param known networks that some node is on
    record Absent(List<String> known) implements Cards {
      public Absent {
        known = List.copyOf(known);
      }
    }

    /// Every node is on it, by a card of this name: what `kube-vip.io/serviceInterface` takes.
    record Same(String interfaceName) implements Cards {}

    /// The nodes differ: some are not on it, or their cards have different names.
    ///
    /// @param byNode node to card, for the nodes that are on it and say by which card
    /// @param without nodes that are not on it
    record Different(SortedMap<String, String> byNode, List<String> without) implements Cards {
      public Different {
        without = List.copyOf(without);
      }
    }
  }
}
