package dev.thresher.loadbalancer.health;

/// Hears of every probe and of every change, to count them. Must return at once; called from
/// several threads.
public interface HealthObserver {

  /// A probe ended.
  ///
  /// @param kind see [Probe#kind()]
  /// @param result `success`, `failure` or `inconclusive`
  /// @param seconds from its begin to its end
  void probed(String kind, String result, double seconds);

  /// A verdict changed.
  void changed(Verdict.Health to);

  /// Nobody listens.
  HealthObserver NONE =
      new HealthObserver() {
        @Override
        public void probed(String kind, String result, double seconds) {}

        @Override
        public void changed(Verdict.Health to) {}
      };
}
