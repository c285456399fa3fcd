package dev.thresher.e2e.soak.ccm;

import dev.thresher.e2e.cloud.Cloud;
import dev.thresher.e2e.lab.LabException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/// Does a kubelet's part while time passes: a program that ended is started again. One that ended
/// for anything but a lost lease is a fault.
final class Supervisor {

  private static final Duration STEP = Duration.ofMillis(250);

  private final Cloud cloud;
  private final List<String> faults = new ArrayList<>();
  private int restarts;

  Supervisor(Cloud cloud) {
    this.cloud = cloud;
  }

  /// Lets time pass.
  void pause(Duration time) {
    var _ = until(time, () -> false);
  }

  /// Lets time pass until a condition holds.
  ///
  /// @return whether it does
  boolean until(Duration atMost, BooleanSupplier condition) {
    long deadline = System.nanoTime() + atMost.toNanos();
    while (true) {
      look();
      long looked = System.nanoTime();
      if (condition.getAsBoolean()) {
        return true;
      }
      long now = System.nanoTime();
      if (deadline - now <= 0) {
        return false;
      }
      // A look at everything costs the same cores as what is looked at.
      long pause = Math.max(STEP.toNanos(), 2 * (now - looked));
      LockSupport.parkNanos(Math.min(deadline - now, pause));
    }
  }

  /// What was seen since the last call.
  List<String> takeFaults() {
    List<String> taken = List.copyOf(faults);
    faults.clear();
    return taken;
  }

  /// Programs that were started again since the last call.
  int takeRestarts() {
    int taken = restarts;
    restarts = 0;
    return taken;
  }

  private void look() {
    for (String name : cloud.programs()) {
      if (cloud.process(name).isAlive()) {
        continue;
      }
      restarts++;
      try {
        cloud.restartDeposed();
      } catch (LabException e) {
        faults.add(String.valueOf(e.getMessage()));
        cloud.startAgain(name);
      }
    }
  }
}
