package dev.thresher.vip.kubevip;

import dev.thresher.api.ObjectKey;
import dev.thresher.vip.election.AddressGroup;
import dev.thresher.vip.election.RightTimes;
import dev.thresher.vip.l2.Claim;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/// All Leases that this node asks for, and the addresses that it may answer for through them. All
/// times are handed in. Confined to one thread.
///
/// An address is granted while this node holds every Lease of it. The kernel has one clock for all:
/// a round of renewals is confirmed once every Lease that is held was renewed in it or later. A
/// Lease that lags behind the others is given up before it would hold their round back.
final class Contests {

  /// What is wanted of the right.
  ///
  /// @param leases by address, in the order of asking, at least one each
  /// @param here the addresses that this node can hold
  record Wanted(Map<InetAddress, List<ObjectKey>> leases, Set<InetAddress> here) {
    static final Wanted NOTHING = new Wanted(Map.of(), Set.of());

    Wanted {
      leases = Map.copyOf(leases);
      here = Set.copyOf(here);
    }
  }

  /// What follows from the present state.
  ///
  /// @param revoked before all else
  /// @param attempts to be made in one round
  /// @param confirmed the round that counts from now on, if another than before
  /// @param wakeAt when to look again
  record Step(
      Set<InetAddress> revoked,
      SortedMap<InetAddress, Claim> granted,
      List<Attempt> attempts,
      Optional<Long> confirmed,
      long wakeAt) {}

  private final String node;
  private final RightTimes times;
  private final SortedMap<ObjectKey, Contest> contests = new TreeMap<>();
  private Wanted wanted = Wanted.NOTHING;
  private Set<InetAddress> granted = Set.of();
  private long confirmed;
  private boolean leaving;

  Contests(String node, RightTimes times) {
    this.node = node;
    this.times = times;
  }

  void want(Wanted next) {
    wanted = next;
    Set<ObjectKey> named = new HashSet<>();
    next.leases().values().forEach(named::addAll);
    named.forEach(this::contest);
    contests
        .entrySet()
        .removeIf(entry -> entry.getValue().isIdle() && !named.contains(entry.getKey()));
  }

  /// Gives all back.
  void leave() {
    leaving = true;
  }

  /// Whether all that was held has been given back.
  boolean hasLeft() {
    return leaving && contests.values().stream().allMatch(Contest::isIdle);
  }

  /// Whether no Lease is wanted, and none is to be given back.
  boolean isAtRest() {
    return wanted.leases().isEmpty() && contests.values().stream().allMatch(Contest::isIdle);
  }

  /// Empty if this node has nothing to do with that Lease.
  Optional<Contest> of(ObjectKey lease) {
    return Optional.ofNullable(contests.get(lease));
  }

  private Contest contest(ObjectKey key) {
    return contests.computeIfAbsent(key, any -> new Contest(key, node, times));
  }

  Set<InetAddress> granted() {
    return granted;
  }

  long held() {
    return contests.values().stream().filter(Contest::isHeld).count();
  }

  /// Whether this node holds the Leases of each name that it has to do with.
  Map<String, Boolean> leading() {
    Map<String, Boolean> leading = new HashMap<>();
    contests.forEach(
        (key, contest) -> leading.merge(key.name(), contest.isHeld(), Boolean::logicalOr));
    return leading;
  }

  /// Who has each Lease that this node has to do with, as far as known.
  SortedMap<String, String> byLease() {
    SortedMap<String, String> byLease = new TreeMap<>();
    contests.forEach((key, contest) -> byLease.put(key.toString(), contest.holder()));
    return byLease;
  }

  /// Who holds each address as far as known; addresses without an entry have no holder.
  Map<InetAddress, String> holders() {
    Map<InetAddress, String> holders = new HashMap<>();
    wanted
        .leases()
        .forEach((address, leases) -> {
          String holder =
              leases.stream()
                  .map(lease -> contest(lease).holder())
                  .filter(name -> !name.equals(node))
                  .findFirst()
                  .orElse(node);
          if (!holder.isEmpty()) {
            holders.put(address, holder);
          }
        });
    return holders;
  }

  Step step(long now) {
    lapse(now);
    Set<ObjectKey> asked = asked();
    List<Attempt> attempts = attempts(asked, now);
    Map<InetAddress, Long> later = new HashMap<>();
    Set<InetAddress> may = may(later, now);
    Set<InetAddress> revoked = new HashSet<>(granted);
    revoked.removeAll(may);
    SortedMap<InetAddress, Claim> grants = new TreeMap<>(AddressGroup.ORDER);
    for (InetAddress address : may) {
      if (!granted.contains(address)) {
        boolean smooth =
            wanted.leases().getOrDefault(address, List.of()).stream()
                .allMatch(lease -> contest(lease).isSmooth(now));
        grants.put(address, smooth ? Claim.TAKE_OVER : Claim.FIRST);
      }
    }
    granted = may;
    return new Step(revoked, grants, attempts, confirm(), wake(asked, later, now));
  }

  private boolean alone() {
    return held() == 1;
  }

  private void lapse(long now) {
    boolean alone = alone();
    contests.values().stream()
        .filter(contest -> contest.isHeld() && now - contest.heldUntil(alone) >= 0)
        .forEach(Contest::lapsed);
  }

  /// The Leases that this node should have: of an address with several, those that it has and the
  /// next one.
  private Set<ObjectKey> asked() {
    Set<ObjectKey> asked = new HashSet<>();
    if (leaving) {
      return asked;
    }
    for (InetAddress address : wanted.here()) {
      for (ObjectKey lease : wanted.leases().getOrDefault(address, List.of())) {
        asked.add(lease);
        if (!contest(lease).isHeld()) {
          break;
        }
      }
    }
    return asked;
  }

  /// Nothing is given back before the answers under it have ended, which is in the step before.
  private List<Attempt> attempts(Set<ObjectKey> asked, long now) {
    List<Attempt> attempts = new ArrayList<>();
    for (boolean early : List.of(false, true)) {
      if (early && attempts.isEmpty()) {
        break;
      }
      contests.forEach((key, contest) ->
          contest.attempt(asked.contains(key), early, now).ifPresent(attempts::add));
    }
    return attempts;
  }

  private Set<InetAddress> may(Map<InetAddress, Long> later, long now) {
    Set<InetAddress> may = new HashSet<>();
    if (leaving) {
      return may;
    }
    for (InetAddress address : wanted.here()) {
      List<ObjectKey> leases = wanted.leases().getOrDefault(address, List.of());
      if (leases.isEmpty() || !leases.stream().allMatch(lease -> contest(lease).isHeld())) {
        continue;
      }
      Optional<Long> wait =
          leases.stream()
              .flatMap(lease -> contest(lease).silentUntil().stream())
              .filter(until -> until - now > 0)
              .max(Long::compare);
      if (wait.isPresent() && !granted.contains(address)) {
        later.put(address, wait.get());
      } else {
        may.add(address);
      }
    }
    return may;
  }

  private Optional<Long> confirm() {
    Optional<Long> least =
        contests.values().stream().filter(Contest::isHeld).map(Contest::round).min(Long::compare);
    if (least.isEmpty() || least.get() <= confirmed) {
      return Optional.empty();
    }
    confirmed = least.get();
    return least;
  }

  private long wake(Set<ObjectKey> asked, Map<InetAddress, Long> later, long now) {
    boolean alone = alone();
    long wake = now + times.leaseDuration().toNanos();
    for (Map.Entry<ObjectKey, Contest> entry : contests.entrySet()) {
      long at = entry.getValue().wake(asked.contains(entry.getKey()), alone, now);
      wake = at - wake < 0 ? at : wake;
    }
    for (long at : later.values()) {
      wake = at - wake < 0 ? at : wake;
    }
    return wake;
  }
}
