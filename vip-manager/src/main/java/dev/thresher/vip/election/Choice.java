package dev.thresher.vip.election;

import com.google.common.hash.Hashing;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// Who should hold each group of addresses: a pure function of the live nodes, the groups and the
/// present holders.
///
/// For each group the nodes that suit it best are candidates; the present holder stays if it is one
/// of them (a returning node pulls nothing back); else the highest rendezvous hash wins among those
/// that have not reached their share of all groups. A node that is being drained is a candidate
/// only for what no other node suits as well. Of the candidates one that the group prefers goes
/// before all others and beyond its share; it unseats nobody. Nodes that see the same come to the
/// same result; nodes that do not, disagree until they do, which costs time and never safety.
public final class Choice {

  private Choice() {}

  /// @param candidates live nodes, barred ones included for their reasons
  /// @param holders who holds which address now, dead nodes included
  /// @param loadFactor how much more than the average number of groups a node may be given, at
  ///   least 1; 0: no bound. Holders that have more keep them
  public static SortedMap<AddressGroup, Verdict> choose(
      Collection<Candidate> candidates,
      Collection<Wish> wishes,
      Map<InetAddress, String> holders,
      double loadFactor) {
    List<Candidate> nodes =
        candidates.stream().sorted(Comparator.comparing(Candidate::node)).toList();
    List<Wish> ordered = wishes.stream().sorted(Comparator.comparing(Wish::group)).toList();
    SortedMap<AddressGroup, Verdict> verdicts = new TreeMap<>();
    Map<String, Integer> load = new HashMap<>();
    Map<Wish, List<Candidate>> open = new HashMap<>();

    // Those who stay come first: their load counts for all others, whatever the order of groups.
    for (Wish wish : ordered) {
      List<Candidate> best = best(nodes, wish);
      Optional<String> present = presentHolder(wish.group(), holders);
      Optional<Candidate> stays = present.flatMap(node -> named(best, node));
      String reason = stays.map(node -> staying(node, wish, best)).orElse("");
      if (stays.isEmpty() && best.isEmpty()) {
        stays = present.flatMap(node -> named(nodes, node)).filter(node -> couldStay(node, wish));
        reason = "holds it already, and no node has an endpoint";
      }
      if (stays.isPresent()) {
        load.merge(stays.get().node(), 1, Integer::sum);
        verdicts.put(wish.group(), new Verdict.Chosen(stays.get().node(), reason));
      } else if (best.isEmpty()) {
        verdicts.put(wish.group(), new Verdict.Nobody(reasons(nodes, wish)));
      } else {
        open.put(wish, best);
      }
    }

    long usable =
        nodes.stream().filter(node -> node.barred().isEmpty() && !node.links().draining()).count();
    int bound =
        loadFactor <= 0 || usable == 0
            ? Integer.MAX_VALUE
            : (int) Math.ceil(loadFactor * ordered.size() / usable);
    // Whatever its share: the groups that come after these make room for them.
    for (Wish wish : ordered) {
      Optional<String> preferred =
          Optional.ofNullable(open.get(wish)).flatMap(best -> preferred(best, wish));
      if (preferred.isPresent()) {
        String node = preferred.get();
        open.remove(wish);
        load.merge(node, 1, Integer::sum);
        verdicts.put(wish.group(), new Verdict.Chosen(node, rank(node, wish)));
      }
    }
    for (Wish wish : ordered) {
      List<Candidate> best = open.get(wish);
      if (best == null) {
        continue;
      }
      List<Candidate> ranked =
          best.stream()
              .sorted(
                  Comparator.comparing(
                          (Candidate node) -> score(node.node(), wish.group()),
                          Long::compareUnsigned)
                      .reversed()
                      .thenComparing(Candidate::node))
              .toList();
      Candidate chosen =
          ranked.stream()
              .filter(node -> load.getOrDefault(node.node(), 0) < bound)
              .findFirst()
              .orElse(ranked.getFirst());
      load.merge(chosen.node(), 1, Integer::sum);
      verdicts.put(
          wish.group(),
          new Verdict.Chosen(
              chosen.node(),
              "highest hash of " + best.size() + " candidate" + (best.size() == 1 ? "" : "s")));
    }
    return verdicts;
  }

  /// The node that holds most of the group; of equals the one that holds the lowest address.
  static Optional<String> presentHolder(AddressGroup group, Map<InetAddress, String> holders) {
    Map<String, Integer> count = new HashMap<>();
    String most = "";
    for (InetAddress address : group.addresses()) {
      String node = holders.get(address);
      if (node != null) {
        count.merge(node, 1, Integer::sum);
        if (most.isEmpty()) {
          most = node;
        }
      }
    }
    for (Map.Entry<String, Integer> entry : count.entrySet()) {
      if (entry.getValue() > count.getOrDefault(most, 0)) {
        most = entry.getKey();
      }
    }
    return most.isEmpty() ? Optional.empty() : Optional.of(most);
  }

  private record Suit(int local, boolean settled, Fit fit) implements Comparable<Suit> {

    private static final Comparator<Suit> ORDER =
        Comparator.comparingInt((Suit suit) -> suit.fit() == Fit.UNHEARD ? 0 : 1)
            .thenComparingInt(Suit::local)
            .thenComparing(Suit::settled)
            .thenComparing(Suit::fit);

    @Override
    public int compareTo(Suit other) {
      return ORDER.compare(this, other);
    }
  }

  private static List<Candidate> best(List<Candidate> nodes, Wish wish) {
    List<Candidate> best = new ArrayList<>();
    @Nullable Suit top = null;
    for (Candidate node : nodes) {
      Optional<Suit> suit = suit(node, wish);
      if (suit.isEmpty()) {
        continue;
      }
      int better = top == null ? 1 : suit.get().compareTo(top);
      if (better > 0) {
        best.clear();
        top = suit.get();
      }
      if (better >= 0) {
        best.add(node);
      }
    }
    return best;
  }

  private static Optional<Suit> suit(Candidate node, Wish wish) {
    if (isBarred(node, wish)) {
      return Optional.empty();
    }
    int local = 0;
    for (Set<String> withEndpoint : wish.localTo()) {
      local += withEndpoint.contains(node.node()) ? 1 : 0;
    }
    Fit fit = fit(node, wish);
    return fit == Fit.NONE || (local == 0 && !wish.localTo().isEmpty())
        ? Optional.empty()
        : Optional.of(new Suit(local, !node.links().draining(), fit));
  }

  private static Optional<String> preferred(List<Candidate> best, Wish wish) {
    return wish.preferredNodes().stream().filter(node -> named(best, node).isPresent()).findFirst();
  }

  private static String rank(String node, Wish wish) {
    return "preferred node "
        + (wish.preferredNodes().indexOf(node) + 1)
        + " of "
        + wish.preferredNodes().size();
  }

  private static String staying(Candidate holder, Wish wish, List<Candidate> best) {
    if (holder.links().draining()) {
      return "holds it already; it is being drained, and no other node suits as well";
    }
    return "holds it already"
        + preferred(best, wish)
            .filter(node -> !node.equals(holder.node()))
            .map(node ->
                "; preferred is "
                    + node
                    + ", to which vip-manager rebalance on this holder gives it")
            .orElse("");
  }

  private static boolean couldStay(Candidate node, Wish wish) {
    return !isBarred(node, wish) && fit(node, wish) != Fit.NONE;
  }

  private static boolean isBarred(Candidate node, Wish wish) {
    return !node.barred().isEmpty() || wish.barredNodes().containsKey(node.node());
  }

  /// A group is held as a whole: the address that suits worst decides.
  static Fit fit(Candidate node, Wish wish) {
    Fit worst = Fit.ON_LINK;
    for (InetAddress address : wish.group().addresses()) {
      Fit fit = fit(node, wish, address);
      worst = fit.compareTo(worst) < 0 ? fit : worst;
    }
    return worst;
  }

  private static Fit fit(Candidate node, Wish wish, InetAddress address) {
    Fit fit = node.links().fit(address, wish.interfaceFor(address));
    return fit == Fit.DEFAULT_ROUTE && wish.onLinkOnly().contains(address) ? Fit.NONE : fit;
  }

  private static String missing(Candidate node, Wish wish) {
    InetAddress address =
        wish.group().addresses().stream()
            .filter(each -> fit(node, wish, each) == Fit.NONE)
            .findFirst()
            .orElseThrow();
    String wanted = wish.interfaceFor(address);
    String which = wanted.isEmpty() ? node.links().configured() : wanted;
    return "no running interface"
        + (which.isEmpty() || which.equals(NodeLinks.AUTO) ? "" : " " + which)
        + " in the network of "
        + address.getHostAddress()
        + "; it has "
        + node.links();
  }

  private static SortedMap<String, String> reasons(List<Candidate> nodes, Wish wish) {
    SortedMap<String, String> reasons = new TreeMap<>();
    for (Candidate node : nodes) {
      String barred = wish.barredNodes().get(node.node());
      reasons.put(
          node.node(),
          !node.barred().isEmpty()
              ? node.barred()
              : barred != null
                  ? barred
                  : fit(node, wish) == Fit.NONE ? missing(node, wish) : wish.lacking());
    }
    return reasons;
  }

  private static Optional<Candidate> named(List<Candidate> nodes, String name) {
    return nodes.stream().filter(node -> node.node().equals(name)).findFirst();
  }

  /// FarmHash fingerprints never change, so programs of different versions agree.
  private static long score(String node, AddressGroup group) {
    return Hashing.farmHashFingerprint64()
        .hashString(node + '\n' + group.first().getHostAddress(), StandardCharsets.UTF_8)
        .asLong();
  }
}
