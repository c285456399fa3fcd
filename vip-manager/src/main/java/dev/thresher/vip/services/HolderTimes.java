package dev.thresher.vip.services;

import dev.thresher.vip.election.Holder;
import java.net.InetAddress;
import java.util.HashMap;
import java.util.Map;

/// Since when each address has its holder, wherever that is, as this process saw it: nobody tells.
/// Changed by one thread, read by any.
final class HolderTimes {

  /// @param at monotonic nanoseconds
  /// @param atLeast the holder had it before this process looked first
  record Since(Holder holder, long at, boolean atLeast) {}

  private Map<InetAddress, Holder> last = Map.of();
  private boolean looked;
  private volatile Map<InetAddress, Since> since = Map.of();

  /// @param holders never changed; the same object as before if nothing changed
  // The same object, not an equal one: this is called at every look.
  @SuppressWarnings("ReferenceEquality")
  void saw(Map<InetAddress, Holder> holders, long now) {
    if (looked && holders == last) {
      return;
    }
    Map<InetAddress, Since> before = since;
    Map<InetAddress, Since> next = new HashMap<>();
    holders.forEach((address, holder) -> {
      Since known = before.get(address);
      next.put(
          address,
          known != null && known.holder().equals(holder) ? known : new Since(holder, now, !looked));
    });
    last = holders;
    looked = true;
    since = Map.copyOf(next);
  }

  /// By address that has a holder.
  Map<InetAddress, Since> since() {
    return since;
  }
}
