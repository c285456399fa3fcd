package dev.thresher.vip.services;

import dev.thresher.vip.l2.LeaseSlots;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;

/// Slots without a kernel, which remember what was done against the rules.
final class FakeSlots implements LeaseSlots {
  private final Set<Long> armed = new HashSet<>();
  private final List<String> violations = new CopyOnWriteArrayList<>();
  private long last;

  @Override
  public synchronized void arm(long round, long nanos) {
    if (!armed.add(round)) {
      violations.add("round " + round + " armed twice");
    }
  }

  @Override
  public synchronized void confirm(long round) {
    if (!armed.contains(round) || round < last) {
      violations.add("round " + round + " confirmed after " + last + ", armed: " + armed);
    }
    last = round;
  }

  @Override
  public OptionalLong aloneSince() {
    return OptionalLong.empty();
  }

  synchronized long confirmed() {
    return last;
  }

  List<String> violations() {
    return List.copyOf(violations);
  }
}
