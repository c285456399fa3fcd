package dev.thresher.loadbalancer.reconcile;

import dev.thresher.api.address.IpAddress;
import dev.thresher.loadbalancer.ipam.Owner;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/// What each load balancer last had on the host when it made sense, so that this can be kept up
/// while it makes none. Only this process knows. Thread-safe.
final class LastGood {

  /// What stood on the host.
  ///
  /// @param addresses as in [HostService]
  record Asked(Wish wish, List<IpAddress> addresses) {
    Asked {
      addresses = List.copyOf(addresses);
    }
  }

  private final Map<Owner, Asked> asked = new ConcurrentHashMap<>();

  /// This stands on the host now.
  void note(Wish wish, List<IpAddress> addresses) {
    asked.put(wish.owner(), new Asked(wish, addresses));
  }

  /// What stood for this very object; empty if that is not known, or if an address of it may be
  /// somebody else's by now.
  ///
  /// @param wish which makes no sense
  /// @param held addresses that are this load balancer's
  Optional<Asked> of(Wish wish, Collection<IpAddress> held) {
    @Nullable Asked last = asked.get(wish.owner());
    return Optional.ofNullable(last)
        .filter(one -> one.wish().uid().equals(wish.uid()))
        .filter(one -> held.containsAll(one.addresses()));
  }

  /// Nothing of it stands any more.
  void forget(Owner owner) {
    asked.remove(owner);
  }
}
