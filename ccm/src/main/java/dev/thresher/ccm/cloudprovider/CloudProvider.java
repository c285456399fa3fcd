package dev.thresher.ccm.cloudprovider;

import dev.thresher.runtime.informer.Informer;
import dev.thresher.runtime.lifecycle.Component;
import java.util.List;
import java.util.Optional;

/// The root of a provider: its name and the parts it has.
///
/// The parts are asked for once, before any controller starts; a controller whose part is absent is
/// not started and the program goes on without it. What a provider needs to follow in the
/// background (caches of the cloud's objects) is started by the program before the controllers and
/// stopped after them. All parts are thread-safe.
///
/// The contract is that of `cloudprovider.Interface` in kubernetes/cloud-provider, with the second
/// generation of instances only and with outcomes in place of sentinel errors.
public interface CloudProvider {

  /// The value of `--cloud-provider`, and the scheme of provider IDs.
  String name();

  /// Caches that must be filled before any part is asked.
  default List<Informer<?>> caches() {
    return List.of();
  }

  /// What works beside the parts, started with the controllers and stopped with them. Each keeps to
  /// the leadership itself.
  default List<Component> background() {
    return List.of();
  }

  default Optional<LoadBalancers> loadBalancers() {
    return Optional.empty();
  }

  default Optional<Instances> instances() {
    return Optional.empty();
  }

  default Optional<Routes> routes() {
    return Optional.empty();
  }
}
