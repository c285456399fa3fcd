package dev.thresher.ccm.harvester.networks;

import dev.thresher.ccm.harvester.networks.NodeNetworks.Cards;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/// The cards of all machines of a cluster, network by network.
///
/// Whether a machine is on a network is in its specification; by which card, only its guest agent
/// tells. An agent that is silent therefore takes nothing away: what was published before stands in
/// for it, so that the restart of an agent or of this program moves no address.
public final class CardLayout {

  private final SortedMap<String, Cards> byNetwork;
  private final boolean empty;

  private CardLayout(SortedMap<String, Cards> byNetwork, boolean empty) {
    this.byNetwork = byNetwork;
    this.empty = empty;
  }

  /// @param machines the running machines of the cluster
  /// @param before what was published last
  public static CardLayout of(Collection<MachineCards> machines, PublishedCards before) {
    Set<String> networks = new TreeSet<>();
    machines.forEach(machine -> networks.addAll(machine.byNetwork().keySet()));
    SortedMap<String, Cards> layout = new TreeMap<>();
    for (String network : networks) {
      layout.put(network, cards(network, machines, before));
    }
    return new CardLayout(layout, machines.isEmpty());
  }

  /// Whether there is no machine to tell anything of.
  public boolean isEmpty() {
    return empty;
  }

  public Cards on(String network) {
    Cards cards = byNetwork.get(network);
    if (cards != null) {
      return cards;
    }
    return empty
        ? new Cards.Unknown("no machine of the cluster is known to run")
        : new Cards.Absent(List.copyOf(byNetwork.keySet()));
  }

  /// What to publish: networks whose card is known, those of all nodes apart from the others.
  public PublishedCards published() {
    SortedMap<String, String> common = new TreeMap<>();
    SortedMap<String, SortedMap<String, String>> byNode = new TreeMap<>();
    byNetwork.forEach((network, cards) -> {
      switch (cards) {
        case Cards.Same(String name) -> common.put(network, name);
        case Cards.Different(var nodes, var _) -> {
          if (!nodes.isEmpty()) {
            byNode.put(network, nodes);
          }
        }
        case Cards.Unknown _, Cards.Absent _ -> {}
      }
    });
    return new PublishedCards(common, byNode);
  }

  private static Cards cards(
      String network, Collection<MachineCards> machines, PublishedCards before) {
    SortedMap<String, String> byNode = new TreeMap<>();
    List<String> without = new ArrayList<>();
    boolean someSilent = false;
    for (MachineCards machine : machines) {
      String told = machine.byNetwork().get(network);
      if (told == null) {
        without.add(machine.node());
      } else {
        String name = told.isEmpty() ? before.cardOf(network, machine.node()) : told;
        if (name.isEmpty()) {
          someSilent = true;
        } else {
          byNode.put(machine.node(), name);
        }
      }
    }
    Set<String> names = new LinkedHashSet<>(byNode.values());
    if (without.isEmpty() && names.isEmpty()) {
      return new Cards.Unknown(
          "no guest agent tells the name of its card on " + network + " (qemu-guest-agent)");
    }
    if (without.isEmpty() && names.size() == 1 && !(someSilent && before.differs(network))) {
      return new Cards.Same(names.iterator().next());
    }
    return new Cards.Different(byNode, without);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof CardLayout layout
        && layout.byNetwork.equals(byNetwork)
        && layout.empty == empty;
  }

  @Override
  public int hashCode() {
    return Map.copyOf(byNetwork).hashCode();
  }
}
