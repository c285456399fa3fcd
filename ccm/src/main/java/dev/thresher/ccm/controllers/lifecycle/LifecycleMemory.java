package dev.thresher.ccm.controllers.lifecycle;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// What one pass leaves to the next. Immutable. A new leader begins without any, so it misses every
/// machine twice itself before it deletes.
///
/// @param firstMiss UID of a Node to the monotonic nanoseconds at which its machine was first found
///   missing, without an answer to the contrary since
/// @param deletions what was deleted without being confirmed, not older than the guard's window
/// @param confirmed UIDs of Nodes whose deletion a person confirmed
record LifecycleMemory(Map<String, Long> firstMiss, List<Long> deletions, Set<String> confirmed) {

  static final LifecycleMemory EMPTY = new LifecycleMemory(Map.of(), List.of(), Set.of());

  LifecycleMemory {
    firstMiss = Map.copyOf(firstMiss);
    deletions = List.copyOf(deletions);
    confirmed = Set.copyOf(confirmed);
  }

  /// The cloud could not be asked: no two misses are consecutive across that.
  LifecycleMemory withoutMisses() {
    return new LifecycleMemory(Map.of(), deletions, confirmed);
  }

  LifecycleMemory withoutMiss(String uid) {
    Map<String, Long> fewer = new HashMap<>(firstMiss);
    fewer.remove(uid);
    return new LifecycleMemory(fewer, deletions, confirmed);
  }

  /// A person confirmed that these may go.
  LifecycleMemory confirming(Set<String> uids) {
    Set<String> more = new HashSet<>(confirmed);
    more.addAll(uids);
    return new LifecycleMemory(firstMiss, deletions, more);
  }

  /// The Node was deleted. One that was confirmed does not count against the next ones.
  LifecycleMemory deleted(String uid, long now) {
    LifecycleMemory rest = withoutMiss(uid);
    if (confirmed.contains(uid)) {
      return rest;
    }
    List<Long> more = new ArrayList<>(deletions);
    more.add(now);
    return new LifecycleMemory(rest.firstMiss, more, confirmed);
  }
}
