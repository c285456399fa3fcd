package dev.thresher.loadbalancer.reconcile;

import dev.thresher.api.ObjectKey;
import dev.thresher.api.loadbalancer.IPPool;
import dev.thresher.loadbalancer.ipam.Pool;
import dev.thresher.loadbalancer.rules.LoadBalancerRules;
import dev.thresher.loadbalancer.rules.PoolReading;
import dev.thresher.runtime.informer.Informer;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/// The pools as the cache has them, each read once for as long as it stays the same. Thread-safe.
final class Pools {

  /// @param object what was read
  private record Read(IPPool object, PoolReading reading) {}

  private final Informer<IPPool> informer;
  private final Map<String, Read> read = new ConcurrentHashMap<>();

  Pools(Informer<IPPool> informer) {
    this.informer = informer;
  }

  Optional<IPPool> object(String name) {
    return name.isEmpty() ? Optional.empty() : informer.get(ObjectKey.cluster(name));
  }

  List<IPPool> objects() {
    return informer.list();
  }

  /// The pool, if it exists, is not being deleted and can be understood.
  Optional<Pool> usable(String name) {
    return object(name).flatMap(this::usable);
  }

  List<Pool> usable() {
    return informer.list().stream().flatMap(pool -> usable(pool).stream()).toList();
  }

  /// Why nothing is given from a pool that is named.
  ///
  /// @param field where it is named
  String whyUnusable(String field, String name) {
    return object(name)
        .map(pool ->
            switch (reading(pool)) {
              case PoolReading.Broken broken ->
                  "pool \"" + name + "\" cannot be used: " + broken.problem();
              case PoolReading.Usable _ -> "pool \"" + name + "\" is being deleted";
            })
        .orElseGet(() -> LoadBalancerRules.noSuchPool(field, name).message());
  }

  /// The layer-2 domain of a pool that may be gone.
  Optional<String> network(String name) {
    return object(name)
        .map(pool -> {
          var selector = pool.getSpec() == null ? null : pool.getSpec().getSelector();
          String network = selector == null ? null : selector.getNetwork();
          return network == null ? "" : network;
        });
  }

  private Optional<Pool> usable(IPPool object) {
    return object.getMetadata().getDeletionTimestamp() == null
        ? reading(object).usable()
        : Optional.empty();
  }

  @SuppressWarnings("ReferenceEquality") // the cache makes a new object of each change
  private PoolReading reading(IPPool object) {
    return read.compute(
            object.getMetadata().getName(),
            (_, known) ->
                known != null && known.object() == object
                    ? known
                    : new Read(object, PoolReading.of(object)))
        .reading();
  }
}
