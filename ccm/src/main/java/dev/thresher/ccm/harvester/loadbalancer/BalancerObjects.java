package dev.thresher.ccm.harvester.loadbalancer;

import com.google.gson.JsonObject;
import dev.thresher.api.ObjectKey;
import dev.thresher.api.json.LenientJson;
import dev.thresher.api.loadbalancer.LoadBalancer;
import dev.thresher.api.loadbalancer.LoadBalancerTypes;
import dev.thresher.api.names.LoadBalancerName;
import dev.thresher.runtime.client.KubeApi;
import dev.thresher.runtime.client.KubeApiException;
import dev.thresher.runtime.client.KubeApiException.Reason;
import dev.thresher.runtime.client.Precondition;
import dev.thresher.runtime.informer.Informer;
import io.kubernetes.client.openapi.models.V1Service;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

/// The `LoadBalancer` objects in the namespace of the host: found by Service, made, brought up to
/// date, deleted.
///
/// Followed by a cache, so that a Service at rest costs no request. Thread-safe.
final class BalancerObjects {

  private static final String BY_SERVICE = "service";

  /// The host's controller writes the same object; then the change is made again in what it wrote.
  private static final int TRIES = 4;

  private final String namespace;
  private final KubeApi host;
  private final Informer<LoadBalancer> cache;

  /// Only before the informer starts.
  BalancerObjects(String namespace, KubeApi host, Informer<LoadBalancer> cache) {
    this.namespace = namespace;
    this.host = host;
    this.cache = cache;
    cache.addIndex(
        BY_SERVICE,
        balancer ->
            Ownership.Claim.of(balancer)
                .map(claim -> claim.serviceNamespace() + "/" + claim.serviceName())
                .map(List::of)
                .orElse(List.of()));
  }

  /// Hears which Service an object that changed is of.
  void onChange(Consumer<ObjectKey> service) {
    cache.onChange(change ->
        Ownership.Claim.of(change.object())
            .ifPresent(claim ->
                service.accept(ObjectKey.of(claim.serviceNamespace(), claim.serviceName()))));
  }

  /// The objects of this Service that the cache knows.
  List<LoadBalancer> cached(V1Service service) {
    Identity of = Identity.of(service);
    return cache.byIndex(BY_SERVICE, of.namespace + "/" + of.name).stream()
        .filter(balancer -> Ownership.isOf(balancer, of.namespace, of.name, of.uid))
        .toList();
  }

  /// The object of this Service under the name that it would be made with, as the server has it.
  Optional<LoadBalancer> live(String cluster, V1Service service) {
    Identity of = Identity.of(service);
    String name = LoadBalancerName.of(cluster, of.namespace, of.name, of.uid);
    return host.get(LoadBalancerTypes.LOAD_BALANCER, ObjectKey.of(namespace, name))
        .filter(balancer -> Ownership.isOf(balancer, of.namespace, of.name, of.uid));
  }

  /// @return empty if the name is taken
  Optional<LoadBalancer> create(JsonObject document) {
    try {
      return Optional.of(host.createJson(LoadBalancerTypes.LOAD_BALANCER, namespace, document));
    } catch (KubeApiException e) {
      if (e.is(Reason.ALREADY_EXISTS)) {
        return Optional.empty();
      }
      throw e;
    }
  }

  /// Makes an object as the change makes it, if it is not so.
  ///
  /// The model that was read says whether there is anything to do; what is written is the document
  /// that the server has.
  ///
  /// @param change of a document in place; may be called several times
  /// @return the object as it is then, empty if it is gone
  Optional<LoadBalancer> bring(LoadBalancer present, UnaryOperator<JsonObject> change) {
    JsonObject known = LenientJson.gson().toJsonTree(present).getAsJsonObject();
    if (change.apply(known.deepCopy()).equals(known)) {
      return Optional.of(present);
    }
    ObjectKey key = ObjectKey.of(present);
    for (int attempt = 1; ; attempt++) {
      Optional<JsonObject> read = host.getJson(LoadBalancerTypes.LOAD_BALANCER, key);
      if (read.isEmpty()) {
        return Optional.empty();
      }
      JsonObject before = read.get().deepCopy();
      JsonObject after = change.apply(read.get());
      if (after.equals(before)) {
        return Optional.of(LenientJson.gson().fromJson(before, LoadBalancer.class));
      }
      try {
        return host.replaceJson(LoadBalancerTypes.LOAD_BALANCER, key, after);
      } catch (KubeApiException e) {
        if (!e.is(Reason.CONFLICT) || attempt == TRIES) {
          throw e;
        }
      }
    }
  }

  /// Deletes exactly this object, not one that took its name.
  ///
  /// @return false if it was gone
  boolean delete(LoadBalancer balancer) {
    return host.delete(
        LoadBalancerTypes.LOAD_BALANCER,
        ObjectKey.of(balancer),
        Precondition.uid(Objects.requireNonNull(balancer.getMetadata().getUid())));
  }

  private record Identity(String namespace, String name, String uid) {
    private static Identity of(V1Service service) {
      var meta = service.getMetadata();
      return new Identity(
          Objects.requireNonNull(meta.getNamespace()),
          Objects.requireNonNull(meta.getName()),
          Objects.requireNonNull(meta.getUid()));
    }
  }
}
