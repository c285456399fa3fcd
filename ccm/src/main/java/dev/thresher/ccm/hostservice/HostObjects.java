package dev.thresher.ccm.hostservice;

import com.google.gson.JsonObject;
import dev.thresher.api.CoreTypes;
import dev.thresher.api.ObjectKey;
import dev.thresher.api.ResourceType;
import dev.thresher.api.names.KubeVirtCloudNames;
import dev.thresher.runtime.client.KubeApi;
import dev.thresher.runtime.client.KubeApiException;
import dev.thresher.runtime.client.KubeApiException.Reason;
import dev.thresher.runtime.client.Precondition;
import dev.thresher.runtime.informer.Informer;
import dev.thresher.runtime.informer.Informers;
import dev.thresher.runtime.informer.Scope;
import dev.thresher.runtime.patch.Patch;
import io.kubernetes.client.common.KubernetesObject;
import io.kubernetes.client.openapi.models.V1EndpointSlice;
import io.kubernetes.client.openapi.models.V1Service;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The host Services and EndpointSlices in the namespace of the machines: found, made, brought up
/// to date, deleted.
///
/// Followed by caches, so that a Service at rest costs no request. Thread-safe.
final class HostObjects {

  private static final Logger log = LoggerFactory.getLogger(HostObjects.class);

  private static final String BY_SERVICE = "hostService";

  private final String namespace;
  private final KubeApi host;
  private final Informer<V1Service> services;
  private final Informer<V1EndpointSlice> slices;

  /// Only before the informers start.
  HostObjects(String namespace, KubeApi host, Informers informers) {
    this.namespace = namespace;
    this.host = host;
    this.services = services(namespace, informers);
    this.slices = slices(namespace, informers);
    slices.addIndex(BY_SERVICE, slice -> List.of(Ownership.service(slice)));
  }

  /// Those that say which guest Service they are of.
  static Informer<V1Service> services(String namespace, Informers informers) {
    return informers.informer(
        CoreTypes.SERVICE, new Scope(namespace, KubeVirtCloudNames.TENANT_SERVICE_NAME, ""));
  }

  static Informer<V1EndpointSlice> slices(String namespace, Informers informers) {
    return informers.informer(CoreTypes.ENDPOINT_SLICE, Scope.namespace(namespace));
  }

  Informer<V1Service> services() {
    return services;
  }

  Informer<V1EndpointSlice> slices() {
    return slices;
  }

  /// The object under the name that the guest Service's has, as the cache knows it.
  Optional<V1Service> cached(V1Service guest) {
    return services.get(key(guest));
  }

  /// The same as the server has it, also when its labels are gone.
  Optional<V1Service> live(V1Service guest) {
    return host.get(CoreTypes.SERVICE, key(guest));
  }

  /// All slices of a host Service.
  List<V1EndpointSlice> slicesOf(String hostService) {
    return slices.byIndex(BY_SERVICE, hostService);
  }

  /// @return empty if the name is taken
  Optional<V1Service> createService(JsonObject document) {
    return create(CoreTypes.SERVICE, document);
  }

  /// @return empty if the object is gone
  Optional<V1Service> repair(V1Service seen, Patch patch) {
    Optional<V1Service> repaired = host.patch(CoreTypes.SERVICE, ObjectKey.of(seen), patch);
    log.atInfo()
        .addKeyValue("hostService", ObjectKey.of(seen))
        .log("host service brought up to date");
    return repaired;
  }

  /// Makes what is missing before it takes anything away.
  void carryOut(SlicePlan plan) {
    for (JsonObject document : plan.create()) {
      if (create(CoreTypes.ENDPOINT_SLICE, document).isEmpty()) {
        // The cache has not heard of it yet, or somebody took its labels away: write ours over it.
        String name = document.getAsJsonObject("metadata").get("name").getAsString();
        takeBack(ObjectKey.of(namespace, name), document);
      }
    }
    plan.repair()
        .forEach((key, patch) -> {
          var _ = host.patch(CoreTypes.ENDPOINT_SLICE, key, patch);
          log.atInfo().addKeyValue("slice", key).log("host slice brought up to date");
        });
    plan.delete().forEach(this::delete);
  }

  /// Deletes exactly this object, not one that took its name.
  ///
  /// @return false if it was gone
  boolean delete(V1Service service) {
    return delete(CoreTypes.SERVICE, service);
  }

  void delete(V1EndpointSlice slice) {
    var _ = delete(CoreTypes.ENDPOINT_SLICE, slice);
  }

  /// Names of slices are made from the UID of the guest Service: one that exists under such a name
  /// is ours whatever its labels say.
  private void takeBack(ObjectKey key, JsonObject document) {
    JsonObject change = new JsonObject();
    change.add("metadata", document.getAsJsonObject("metadata").deepCopy());
    change.getAsJsonObject("metadata").remove("name");
    change.getAsJsonObject("metadata").remove("namespace");
    change.add("ports", document.get("ports"));
    change.add("endpoints", document.get("endpoints"));
    var _ = host.patch(CoreTypes.ENDPOINT_SLICE, key, new Patch.Merge(change, ""));
    log.atInfo().addKeyValue("slice", key).log("host slice taken back");
  }

  private <T extends KubernetesObject> Optional<T> create(
      ResourceType<T> type, JsonObject document) {
    try {
      T created = host.createJson(type, namespace, document);
      log.atInfo()
          .addKeyValue("kind", type.kind())
          .addKeyValue("name", ObjectKey.of(created))
          .log("host object created");
      return Optional.of(created);
    } catch (KubeApiException e) {
      if (e.is(Reason.ALREADY_EXISTS)) {
        return Optional.empty();
      }
      throw e;
    }
  }

  private boolean delete(ResourceType<?> type, KubernetesObject object) {
    boolean existed =
        host.delete(
            type,
            ObjectKey.of(object),
            Precondition.uid(Objects.requireNonNull(object.getMetadata().getUid())));
    log.atInfo()
        .addKeyValue("kind", type.kind())
        .addKeyValue("name", ObjectKey.of(object))
        .addKeyValue("uid", object.getMetadata().getUid())
        .addKeyValue("existed", existed)
        .log("host object deleted");
    return existed;
  }

  private ObjectKey key(V1Service guest) {
    return ObjectKey.of(
        namespace,
        KubeVirtCloudNames.hostService(Objects.requireNonNull(guest.getMetadata().getUid())));
  }
}
