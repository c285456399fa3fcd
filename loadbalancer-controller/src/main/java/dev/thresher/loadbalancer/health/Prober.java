package dev.thresher.loadbalancer.health;

import dev.thresher.api.address.IpAddress;
import java.util.function.Consumer;

/// Asks one back end once.
public interface Prober {

  /// Begins a probe and returns at once. Thread-safe.
  ///
  /// @param outcome called once, on any thread, at the latest soon after the check's timeout; never
  ///   if the prober is stopped meanwhile. It must return at once
  void probe(IpAddress address, Check check, Consumer<Outcome> outcome);
}
