package dev.thresher.vip.election;

import java.net.InetAddress;
import java.util.Collection;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/// What a holder gives away when it is asked to spread addresses again: a pure function.
///
/// Only the holder has to know: it hands over, and whoever holds a group then keeps it by
/// [Choice#choose] of every node.
public final class Rebalance {

  private Rebalance() {}

  /// Of the groups that a node holds and would keep, those that the choice would give to another
  /// one if nobody held anything yet, with that choice. Once they are there, nothing is left: what
  /// follows does not depend on who holds what. Where no node is better than the present holder
  /// (the others are being drained, or are not heard either), it keeps what it has.
  ///
  /// @param holder the node
  /// @param candidates as for [Choice#choose], and so the others
  public static SortedMap<AddressGroup, Verdict.Chosen> moves(
      String holder,
      Collection<Candidate> candidates,
      Collection<Wish> wishes,
      Map<InetAddress, String> holders,
      double loadFactor) {
    SortedMap<AddressGroup, Verdict> now = Choice.choose(candidates, wishes, holders, loadFactor);
    SortedMap<AddressGroup, Verdict> afresh =
        Choice.choose(candidates, wishes, Map.of(), loadFactor);
    SortedMap<AddressGroup, Verdict.Chosen> moves = new TreeMap<>();
    for (Wish wish : wishes) {
      AddressGroup group = wish.group();
      if (now.get(group) instanceof Verdict.Chosen(var stays, _)
          && stays.equals(holder)
          && Choice.presentHolder(group, holders).filter(holder::equals).isPresent()
          && afresh.get(group) instanceof Verdict.Chosen to
          && !to.node().equals(holder)
          && isBetterThanNone(to.node(), candidates, wish)) {
        moves.put(group, to);
      }
    }
    return moves;
  }

  private static boolean isBetterThanNone(
      String node, Collection<Candidate> candidates, Wish wish) {
    return candidates.stream()
        .filter(candidate -> candidate.node().equals(node))
        .noneMatch(candidate ->
            candidate.links().draining() || Choice.fit(candidate, wish) == Fit.UNHEARD);
  }
}
