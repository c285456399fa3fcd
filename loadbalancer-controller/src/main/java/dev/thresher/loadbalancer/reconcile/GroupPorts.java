package dev.thresher.loadbalancer.reconcile;

import dev.thresher.loadbalancer.ipam.Owner;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/// Which member of a group has which port of the group's address, as this process let them in.
///
/// The members' status say the same, but the cache hears of it a moment later, and workers look at
/// several members at once: by the cache alone two that ask for one port would both find it free.
/// Thread-safe.
final class GroupPorts {

  /// @param uid tells a member from one that is made again under its name
  record Member(Owner owner, String uid) {}

  record Port(String protocol, int number) {}

  /// Who has a port.
  record Held(Port port, Member by) {}

  private final Map<String, Map<Port, Member>> groups = new HashMap<>();

  /// Who was let in with a port, who may be gone or ask for it no more.
  synchronized Optional<Member> holder(String group, Port port) {
    return Optional.ofNullable(groups.getOrDefault(group, Map.of()).get(port));
  }

  /// Lets a member in with all its ports, or not at all.
  ///
  /// @param has whether one that was let in before is still there, with this port
  /// @return a port that another one has
  synchronized Optional<Held> enter(
      String group, Member member, Collection<Port> ports, Predicate<Held> has) {
    Map<Port, Member> taken = groups.computeIfAbsent(group, _ -> new HashMap<>());
    taken.entrySet().removeIf(entry -> !has.test(new Held(entry.getKey(), entry.getValue())));
    for (Port port : ports) {
      Member other = taken.getOrDefault(port, member);
      if (!other.equals(member)) {
        return Optional.of(new Held(port, other));
      }
    }
    ports.forEach(port -> taken.put(port, member));
    return Optional.empty();
  }

  /// The member is gone.
  synchronized void leave(Owner owner) {
    groups.values().forEach(taken -> taken.values().removeIf(one -> one.owner().equals(owner)));
    groups.values().removeIf(Map::isEmpty);
  }
}
