package dev.thresher.loadbalancer.ipam;

import dev.thresher.api.address.IpAddress;
import dev.thresher.api.address.IpFamily;
import dev.thresher.api.address.IpRange;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// The address to try next.
///
/// The order: the address that was asked for, and no other; one that the pool keeps for the owner;
/// an address that the owner had before; round robin after the last one given, range by range in
/// the order of the spec. Gateway, exclusions and what is kept for others are never given.
///
/// The effort grows with the number of taken addresses that lie in a row, never with the size of a
/// range.
public final class AddressChoice {

  private AddressChoice() {}

  /// What is asked for.
  ///
  /// @param wanted the one address the user wants, null for any
  /// @param before addresses that the owner had, the best one first
  /// @param last the address given last in this family, null at the beginning; it may have left the
  ///   pool since
  /// @param reserved addresses that the pool keeps for the owner
  /// @param reservedForOthers addresses that it keeps for somebody else
  public record Query(
      IpFamily family,
      @Nullable IpAddress wanted,
      List<IpAddress> before,
      @Nullable IpAddress last,
      List<IpAddress> reserved,
      Map<IpAddress, Reservation.Holder> reservedForOthers) {
    public Query {
      before = List.copyOf(before);
      reserved = List.copyOf(reserved);
      reservedForOthers = Map.copyOf(reservedForOthers);
    }
  }

  /// @param taken whether an address cannot be had: claimed, being claimed, or held by somebody
  ///   whom no claim speaks for yet
  public static Choice choose(Pool pool, Query query, Predicate<IpAddress> taken) {
    return chooseKnown(pool, query, taken).orElseGet(() -> chooseNext(pool, query, taken));
  }

  /// What is decided without a search for the next free address: that which was asked for, is kept
  /// for the owner or was its own before. Empty if nothing of that decides.
  static Optional<Choice> chooseKnown(Pool pool, Query query, Predicate<IpAddress> taken) {
    if (query.wanted() != null) {
      return Optional.of(wanted(pool, query, query.wanted(), taken));
    }
    if (!pool.has(query.family())) {
      return Optional.of(
          new Choice.Refused(
              Choice.Cause.NO_SUCH_FAMILY,
              "pool \""
                  + pool.name()
                  + "\" has no "
                  + query.family()
                  + " range; add one to spec.ranges or name another pool"));
    }
    return first(pool, query.family(), query.reserved(), Choice.Why.RESERVED, taken)
        .or(() ->
            first(
                pool,
                query.family(),
                query.before(),
                Choice.Why.HAD_BEFORE,
                address -> query.reservedForOthers().containsKey(address) || taken.test(address)));
  }

  private static Optional<Choice> first(
      Pool pool,
      IpFamily family,
      List<IpAddress> addresses,
      Choice.Why why,
      Predicate<IpAddress> taken) {
    for (IpAddress address : addresses) {
      Optional<PoolRange> range = pool.rangeGiving(address);
      if (address.family() == family && range.isPresent() && !taken.test(address)) {
        return Optional.of(new Choice.Given(address, range.get(), why));
      }
    }
    return Optional.empty();
  }

  /// The next free address after the last one given.
  static Choice chooseNext(Pool pool, Query query, Predicate<IpAddress> taken) {
    List<PoolRange> ranges =
        pool.ranges().stream().filter(range -> range.family() == query.family()).toList();
    return next(
            ranges,
            query.last(),
            address -> query.reservedForOthers().containsKey(address) || taken.test(address))
        .orElseGet(() ->
            new Choice.Refused(
                Choice.Cause.EXHAUSTED,
                "all "
                    + query.family()
                    + " addresses of pool \""
                    + pool.name()
                    + "\" are taken; add a range or delete load balancers"));
  }

  private static Choice wanted(
      Pool pool, Query query, IpAddress wanted, Predicate<IpAddress> taken) {
    Optional<PoolRange> range = pool.rangeGiving(wanted);
    if (range.isEmpty()) {
      return new Choice.Refused(
          Choice.Cause.OUTSIDE_POOL,
          "address "
              + wanted
              + " was asked for, but pool \""
              + pool.name()
              + (pool.covers(wanted)
                  ? "\" keeps it back as gateway or exclusion"
                  : "\" does not contain it")
              + "; ask for another address or change the pool");
    }
    Reservation.@Nullable Holder other = query.reservedForOthers().get(wanted);
    if (other != null) {
      return new Choice.Refused(
          Choice.Cause.RESERVED_FOR_ANOTHER,
          "address "
              + wanted
              + " was asked for, but spec.reservations of pool \""
              + pool.name()
              + "\" keeps it for "
              + other
              + "; ask for another address or change the reservation");
    }
    if (taken.test(wanted)) {
      return new Choice.Refused(
          Choice.Cause.TAKEN,
          "address " + wanted + " was asked for, but another load balancer has it");
    }
    return new Choice.Given(wanted, range.get(), Choice.Why.WANTED);
  }

  private static Optional<Choice> next(
      List<PoolRange> ranges, @Nullable IpAddress last, Predicate<IpAddress> taken) {
    int begin = indexOf(ranges, last);
    // The range of the last address comes twice: first its part behind it, at the end all of it.
    for (int i = 0; i <= ranges.size(); i++) {
      PoolRange range = ranges.get((begin + i) % ranges.size());
      @Nullable IpAddress after = i == 0 ? last : null;
      boolean inside = after != null && range.range().contains(after);
      Optional<IpAddress> found = firstFree(range, inside ? after : null, taken);
      if (found.isPresent()) {
        return Optional.of(new Choice.Given(found.get(), range, Choice.Why.NEXT));
      }
    }
    return Optional.empty();
  }

  private static int indexOf(List<PoolRange> ranges, @Nullable IpAddress last) {
    for (int i = 0; i < ranges.size(); i++) {
      if (last != null && ranges.get(i).range().contains(last)) {
        return i;
      }
    }
    return 0;
  }

  private static Optional<IpAddress> firstFree(
      PoolRange range, @Nullable IpAddress after, Predicate<IpAddress> taken) {
    for (IpRange part : range.free()) {
      Optional<IpAddress> candidate = Optional.of(part.first());
      if (after != null && after.compareTo(part.first()) >= 0) {
        candidate = after.next();
      }
      while (candidate.isPresent() && candidate.get().compareTo(part.last()) <= 0) {
        if (!taken.test(candidate.get())) {
          return candidate;
        }
        candidate = candidate.get().next();
      }
    }
    return Optional.empty();
  }
}
