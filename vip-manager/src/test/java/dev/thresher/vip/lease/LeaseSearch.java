package dev.thresher.vip.lease;

import static dev.thresher.vip.lease.LeaseWorld.ADDRESSES;
import static dev.thresher.vip.lease.LeaseWorld.MS;

import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// Every way to put a number of faults into a short story: three voters, two addresses, one that is
/// handed over and asked for back while the other is wanted by two.
///
/// A decision is taken at every message (arrives, lost, late, doubled) and before every instruction
/// of every process (goes on, short pause, long pause, crash, cut off from all); the search tries
/// all combinations of so many faults within the window.
final class LeaseSearch {

  private final Flaw flaw;
  private final long window;

  /// One of so many histories is looked at; 1 for all.
  int stride = 1;

  /// Whether the holder names its successor, or just gives the address back.
  boolean handsOver = true;

  private long counted;

  /// Histories looked at.
  long histories;

  /// Longest time from the end of all faults until everything was held.
  long slowest;

  private final long mostUntilHeld;

  LeaseSearch(Flaw flaw, long window, long mostUntilHeld) {
    this.flaw = flaw;
    this.window = window;
    this.mostUntilHeld = mostUntilHeld;
  }

  /// Tries all with this many faults.
  ///
  /// @throws LeaseWorld.TwoHolders if a history had two holders
  /// @throws IllegalStateException if in one nobody held an address too long
  void search(int faults, long from) {
    search(faults, from, new ArrayList<>());
  }

  private void search(int faults, long from, List<Fate.ByScript.Turn> turns) {
    if (faults == 0) {
      if (counted++ % stride == 0) {
        play(from, turns);
      }
      return;
    }
    int first = turns.isEmpty() ? 0 : turns.getLast().at() + 1;
    // What follows a fault depends on it; the number of decisions too.
    List<Integer> decisions = play(from, turns);
    for (int at = first; at < decisions.size(); at++) {
      for (int fault = 1; fault <= decisions.get(at); fault++) {
        turns.add(new Fate.ByScript.Turn(at, fault));
        search(faults - 1, from, turns);
        turns.removeLast();
      }
    }
  }

  /// @return the decisions, each with the number of its possible faults
  private List<Integer> play(long from, List<Fate.ByScript.Turn> turns) {
    histories++;
    Fate.ByScript fate = new Fate.ByScript(List.copyOf(turns));
    LeaseWorld world = LeaseWorld.ofThree(fate, flaw);
    try {
      return play(world, fate, from);
    } catch (LeaseWorld.TwoHolders e) {
      throw new LeaseWorld.TwoHolders(e.getMessage() + " after " + turns);
    } catch (IllegalStateException e) {
      throw new IllegalStateException(e.getMessage() + " after " + turns, e);
    }
  }

  private List<Integer> play(LeaseWorld world, Fate.ByScript fate, long from) {
    InetAddress a = ADDRESSES.get(0);
    InetAddress b = ADDRESSES.get(1);
    SimNode n1 = world.node("n1");
    SimNode n2 = world.node("n2");
    SimNode n3 = world.node("n3");
    n1.want(Map.of(a, 0, b, 0));
    world.nodes.forEach(SimNode::start);
    world.run(600 * MS);
    world.after(0, () -> n2.want(Map.of(a, 1)));
    world.after(120 * MS, () -> n3.want(Map.of(b, 1)));
    world.after(200 * MS, () -> n1.want(Map.of(b, 0), handsOver ? Map.of(a, "n2") : Map.of()));
    world.after(260 * MS, () -> n1.want(Map.of(a, 0, b, 0)));
    world.after(from, () -> fate.calm = false);
    world.after(from + window, () -> fate.calm = true);
    world.run(Math.max(from + window, 300 * MS) + 3 * world.lease);
    long held = world.runUntil(world::allHeld, mostUntilHeld);
    if (held > mostUntilHeld) {
      throw new IllegalStateException("nobody held an address for " + held / MS + " ms");
    }
    slowest = Math.max(slowest, held);
    return fate.decisions;
  }
}
