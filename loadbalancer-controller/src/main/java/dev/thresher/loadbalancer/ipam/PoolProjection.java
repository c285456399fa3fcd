package dev.thresher.loadbalancer.ipam;

import dev.thresher.api.address.IpAddress;
import java.math.BigInteger;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/// What a pool's status says, in Harvester's shape: a projection of the claims.
///
/// What the status says is not what is true: claims are. Only three things live nowhere else: the
/// history, where allocation stands, and entries that no claim speaks for. The latter were left by
/// the Go controller (or by somebody who deleted a claim by hand); they stay, and their addresses
/// are given to nobody, until the load balancer they name claims them or a person frees them.
///
/// @param total addresses that may be given away, at most `Long.MAX_VALUE`
/// @param available those that nobody has, at most `Long.MAX_VALUE`
/// @param lastAllocated the address given last, empty if none was
/// @param allocated address to `namespace/name`
/// @param history address to the last owner, for addresses that are free now
/// @param unclaimed addresses in `allocated` that no claim speaks for
/// @param truncated entries of claims that were left out because the object would not fit
public record PoolProjection(
    long total,
    long available,
    String lastAllocated,
    NavigableMap<String, String> allocated,
    NavigableMap<String, String> history,
    Set<String> unclaimed,
    int truncated) {

  /// What the entries of a pool may take of the API server's object size, which is 1.5 MiB by
  /// default in etcd: a pool with more would fail every write.
  public static final int MAX_BYTES = 1024 * 1024;

  /// What the object may take together with the entries of `metadata.managedFields`, in which the
  /// API server names each key again. Beyond 1.5 MiB etcd refuses it; the rest is for all else in
  /// it.
  static final int MAX_OBJECT_BYTES = 1_440_000;

  /// What the history may take; without a bound it would grow with every name ever used.
  public static final int MAX_HISTORY_BYTES = 128 * 1024;

  /// The status as it stands in the pool.
  public record Standing(
      String lastAllocated, Map<String, String> allocated, Map<String, String> history) {

    public static final Standing EMPTY = new Standing("", Map.of(), Map.of());

    public Standing {
      allocated = Map.copyOf(allocated);
      history = Map.copyOf(history);
    }
  }

  /// Projects.
  ///
  /// @param standing what the status said before
  /// @param claims all claims of the pool, released ones too
  /// @param freedByHand unclaimed entries (address to owner) that a person has freed
  public static PoolProjection of(
      Pool pool, Standing standing, Collection<Claim> claims, Map<String, String> freedByHand) {
    var allocated = new TreeMap<String, String>();
    var released = new TreeMap<String, String>();
    for (Claim claim : claims) {
      (claim.active() ? allocated : released).put(text(claim), claim.owner().toString());
    }

    var unclaimed = new TreeSet<String>();
    standing
        .allocated()
        .forEach((address, owner) -> {
          if (allocated.containsKey(address) || released.containsKey(address)) {
            return;
          }
          if (owner.equals(freedByHand.get(address))) {
            released.put(address, owner);
          } else {
            unclaimed.add(address);
          }
        });
    unclaimed.forEach(address -> allocated.put(address, standing.allocated().get(address)));

    var history = new TreeMap<String, String>();
    standing
        .history()
        .forEach((address, owner) -> {
          if (!allocated.containsKey(address) && covers(pool, address)) {
            history.put(address, owner);
          }
        });
    history.putAll(released);

    long used = allocated.keySet().stream().filter(address -> gives(pool, address)).count();
    BigInteger size = pool.size();
    int truncated = truncate(allocated, unclaimed);
    int room = Math.min(MAX_HISTORY_BYTES, MAX_BYTES - bytes(allocated));
    int roomInObject = MAX_OBJECT_BYTES - bytes(allocated) - managed(allocated);
    truncateKeeping(history, released.keySet(), Math.min(room, roomInObject / 2));
    return new PoolProjection(
        saturated(size),
        saturated(size.subtract(BigInteger.valueOf(used)).max(BigInteger.ZERO)),
        lastAllocated(standing, claims),
        allocated,
        history,
        unclaimed,
        truncated);
  }

  /// What the entries take in the object, with their keys in `metadata.managedFields`.
  public int bytes() {
    return bytes(allocated) + managed(allocated) + bytes(history) + managed(history);
  }

  /// The owners of the unclaimed entries, as `address owner`, for people.
  public List<String> unclaimedEntries() {
    return unclaimed.stream().map(address -> address + " " + allocated.get(address)).toList();
  }

  /// The newest claim that the status has not said yet; without one, what it said before. Claims
  /// that were taken over from the status are not new.
  private static String lastAllocated(Standing standing, Collection<Claim> claims) {
    return claims.stream()
        .filter(claim -> !said(standing, claim))
        .max(Comparator.comparing(Claim::allocatedAt).thenComparing(Claim::address))
        .map(PoolProjection::text)
        .orElse(standing.lastAllocated());
  }

  private static boolean said(Standing standing, Claim claim) {
    String owner = claim.owner().toString();
    return owner.equals(standing.allocated().get(text(claim)))
        || (!claim.active() && owner.equals(standing.history().get(text(claim))));
  }

  private static String text(Claim claim) {
    return claim.address().toString();
  }

  private static boolean gives(Pool pool, String address) {
    return IpAddress.tryParse(address).filter(a -> pool.rangeGiving(a).isPresent()).isPresent();
  }

  private static boolean covers(Pool pool, String address) {
    return IpAddress.tryParse(address).filter(pool::covers).isPresent();
  }

  private static long saturated(BigInteger number) {
    return number.bitLength() < Long.SIZE ? number.longValueExact() : Long.MAX_VALUE;
  }

  /// An entry as JSON: two quoted strings, colon and comma.
  private static int bytes(Map.Entry<String, String> entry) {
    return entry.getKey().length() + entry.getValue().length() + 6;
  }

  private static int bytes(Map<String, String> entries) {
    return entries.entrySet().stream().mapToInt(PoolProjection::bytes).sum();
  }

  /// Its key in `metadata.managedFields`: `"f:KEY":{},`.
  private static int managed(Map.Entry<String, String> entry) {
    return entry.getKey().length() + 8;
  }

  private static int managed(Map<String, String> entries) {
    return entries.entrySet().stream().mapToInt(PoolProjection::managed).sum();
  }

  /// Leaves out the last ones until the rest fits.
  ///
  /// @param unclaimed those that stay: nothing else says that somebody has the address, and the
  ///   object that holds them has been written already
  private static int truncate(TreeMap<String, String> entries, Set<String> unclaimed) {
    int left = bytes(entries);
    int inObject = left + managed(entries);
    int dropped = 0;
    Iterator<Map.Entry<String, String>> fromLast = entries.descendingMap().entrySet().iterator();
    while ((left > MAX_BYTES || inObject > MAX_OBJECT_BYTES) && fromLast.hasNext()) {
      Map.Entry<String, String> entry = fromLast.next();
      if (unclaimed.contains(entry.getKey())) {
        continue;
      }
      left -= bytes(entry);
      inObject -= bytes(entry) + managed(entry);
      dropped++;
      fromLast.remove();
    }
    return dropped;
  }

  /// Drops entries until the rest fits, those of `keep` last.
  private static void truncateKeeping(TreeMap<String, String> entries, Set<String> keep, int room) {
    int left = bytes(entries);
    if (left <= room) {
      return;
    }
    var order = new HashMap<Boolean, List<String>>();
    order.putAll(entries.keySet().stream().collect(Collectors.partitioningBy(keep::contains)));
    for (boolean kept : new boolean[] {false, true}) {
      for (String address : order.getOrDefault(kept, List.of())) {
        if (left <= room) {
          return;
        }
        left -= bytes(Map.entry(address, entries.remove(address)));
      }
    }
  }
}
