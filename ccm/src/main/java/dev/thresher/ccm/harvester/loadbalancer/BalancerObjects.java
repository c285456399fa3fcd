package dev.thresher.ccm.harvester.loadbalancer;

import com.google.gson.JsonObject;
import dev.thresher.api.ObjectKey;
import dev.thresher.api.json.LenientJson;
import dev.thresher.api.names.LoadBalancerName;
import dev.thresher.runtime.client.KubeApi;
import dev.thresher.runtime.client.KubeApiException;
import dev.thresher.runtime.client.KubeApiException.Reason;
import dev.thresher.runtime.client.Precondition;
import dev.thresher.runtime.informer.Change;
import dev.thresher.runtime.informer.Informer;
import io.kubernetes.client.openapi.models.V1Service;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

/// The `LoadBalancer` objects in the namespace of the host: found by Service, made, brought up to
/// date, deleted.
///
/// Followed by a cache, so that a Service at rest costs no request, and one that comes and goes
/// costs three: create, one update for the address that is answered, delete. Thread-safe.
final class BalancerObjects {

  private static final String BY_SERVICE = "service";
  private static final String BY_GROUP = "shareGroup";

  /// The host's controller writes the same object; then the change is made again in what it wrote.
  private static final int TRIES = 4;

  private final String namespace;
  private final KubeApi host;
  private final Informer<ReadBalancer> cache;

  /// UIDs of Services whose object the cache showed and this process deleted: when the cache shows
  /// none any more, there is none.
  private final Set<String> released = ConcurrentHashMap.newKeySet();

  /// UIDs of objects that this process deleted, until the cache has heard that they are gone. What
  /// wakes a Service meanwhile costs no second request.
  private final Set<String> going = ConcurrentHashMap.newKeySet();

  /// Only before the informer starts.
  BalancerObjects(String namespace, KubeApi host, Informer<ReadBalancer> cache) {
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
    cache.addIndex(
        BY_GROUP,
        balancer ->
            Optional.of(Balancer.of(balancer).shareGroup())
                .filter(group -> !group.isEmpty())
                .map(List::of)
                .orElse(List.of()));
    cache.onChange(change -> {
      if (change instanceof Change.Deleted<ReadBalancer>(ReadBalancer gone)) {
        going.remove(uid(gone));
      }
    });
  }

  /// Hears which Service an object that changed is of, and with one that goes those that had the
  /// address together with it.
  void onChange(Consumer<ObjectKey> service) {
    cache.onChange(change -> {
      serviceOf(change.object()).ifPresent(service);
      if (change instanceof Change.Deleted<ReadBalancer>(ReadBalancer gone)) {
        members(Balancer.of(gone).shareGroup()).forEach(service);
      }
    });
  }

  /// The Services whose objects are in a group, other than those whose object is going.
  List<ObjectKey> members(String group) {
    return cache.byIndex(BY_GROUP, group).stream()
        .filter(balancer -> !isGoing(balancer))
        .flatMap(balancer -> serviceOf(balancer).stream())
        .toList();
  }

  private static Optional<ObjectKey> serviceOf(ReadBalancer balancer) {
    return Ownership.Claim.of(balancer)
        .map(claim -> ObjectKey.of(claim.serviceNamespace(), claim.serviceName()));
  }

  /// Hears that the host answers again.
  void onReturn(Runnable listener) {
    cache.onResumed(listener);
  }

  /// The objects of this Service that the cache knows.
  List<ReadBalancer> cached(V1Service service) {
    Identity of = Identity.of(service);
    return cache.byIndex(BY_SERVICE, of.namespace + "/" + of.name).stream()
        .filter(balancer -> Ownership.isOf(balancer, of.namespace, of.name, of.uid))
        .toList();
  }

  /// The objects of this Service that are to go with it. A cache that has not heard of what was
  /// made a moment ago must not let go of it, so the server is asked when the cache knows none.
  List<ReadBalancer> left(String cluster, V1Service service) {
    List<ReadBalancer> known = cached(service);
    return !known.isEmpty() || released.remove(Identity.of(service).uid)
        ? known
        : live(cluster, service).map(List::of).orElse(List.of());
  }

  /// The object of this Service under the name that it would be made with, as the server has it.
  Optional<ReadBalancer> live(String cluster, V1Service service) {
    Identity of = Identity.of(service);
    String name = LoadBalancerName.of(cluster, of.namespace, of.name, of.uid);
    return host.get(ReadBalancer.TYPE, ObjectKey.of(namespace, name))
        .filter(balancer -> Ownership.isOf(balancer, of.namespace, of.name, of.uid));
  }

  /// @return empty if the name is taken
  Optional<ReadBalancer> create(V1Service service, JsonObject document) {
    released.remove(Identity.of(service).uid);
    try {
      return Optional.of(host.createJson(ReadBalancer.TYPE, namespace, document));
    } catch (KubeApiException e) {
      if (e.is(Reason.ALREADY_EXISTS)) {
        return Optional.empty();
      }
      throw e;
    }
  }

  /// Makes an object as the change makes it, if it is not so: in the document that was read, and if
  /// somebody wrote meanwhile, in what the server has now.
  ///
  /// @param change of a document in place; may be called several times
  /// @return the object as it is then, empty if it is gone
  Optional<ReadBalancer> bring(ReadBalancer present, UnaryOperator<JsonObject> change) {
    ObjectKey key = ObjectKey.of(present);
    JsonObject before = present.document();
    for (int attempt = 1; ; attempt++) {
      JsonObject after = change.apply(before.deepCopy());
      if (after.equals(before)) {
        return Optional.of(
            attempt == 1 ? present : LenientJson.gson().fromJson(before, ReadBalancer.class));
      }
      try {
        return host.replaceJson(ReadBalancer.TYPE, key, after);
      } catch (KubeApiException e) {
        if (!e.is(Reason.CONFLICT) || attempt == TRIES) {
          throw e;
        }
      }
      Optional<JsonObject> read = host.getJson(ReadBalancer.TYPE, key);
      if (read.isEmpty() || !uid(read.get()).equals(uid(before))) {
        return Optional.empty();
      }
      before = read.get();
    }
  }

  /// Whether it is being deleted, as far as anybody here knows.
  boolean isGoing(ReadBalancer balancer) {
    return balancer.getMetadata().getDeletionTimestamp() != null || going.contains(uid(balancer));
  }

  /// Deletes exactly this object, not one that took its name.
  ///
  /// @return false if it was gone
  boolean delete(V1Service service, ReadBalancer balancer) {
    boolean shown = !cached(service).isEmpty();
    String uid = uid(balancer);
    boolean existed = false;
    going.add(uid);
    try {
      existed = host.delete(ReadBalancer.TYPE, ObjectKey.of(balancer), Precondition.uid(uid));
    } finally {
      if (!existed) {
        going.remove(uid);
      }
    }
    if (shown) {
      released.add(Identity.of(service).uid);
    }
    return existed;
  }

  private static String uid(ReadBalancer balancer) {
    return Objects.requireNonNull(balancer.getMetadata().getUid());
  }

  private static String uid(JsonObject document) {
    return document.getAsJsonObject("metadata").get("uid").getAsString();
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
