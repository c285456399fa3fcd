package dev.thresher.loadbalancer.reconcile;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import dev.thresher.api.loadbalancer.LoadBalancerTypes;
import dev.thresher.api.names.ThresherNames;
import io.kubernetes.client.common.KubernetesObject;
import io.kubernetes.client.openapi.models.V1OwnerReference;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// What host Services and EndpointSlices have in common: whose they are.
final class HostObject {

  private HostObject() {}

  /// Metadata of an object of ours.
  static JsonObject metadata(Wish wish, String name, Map<String, String> labels) {
    JsonObject metadata = new JsonObject();
    metadata.addProperty("namespace", wish.owner().namespace());
    metadata.addProperty("name", name);
    metadata.add("labels", object(labels));
    metadata.add("ownerReferences", ownerReferences(wish));
    return metadata;
  }

  /// Whether the object is owned by this very load balancer: by its reference, or, if somebody took
  /// that away, by the label or the annotation with our UID. See [Marks] for what is left if all
  /// are gone.
  static boolean isOf(Wish wish, KubernetesObject seen) {
    return owners(seen).stream().anyMatch(owner -> isOwner(wish, owner))
        || hasLostOwner(wish, seen);
  }

  /// All owners with the load balancer, if an object of it has lost them.
  static Optional<JsonArray> lostOwner(Wish wish, KubernetesObject seen) {
    return hasOwner(seen) ? Optional.empty() : Optional.of(ownerReferences(wish));
  }

  /// Who the object says that it belongs to, for people; empty if nobody.
  static Optional<String> ownerOf(KubernetesObject seen) {
    return owners(seen).stream()
        .map(owner -> owner.getKind() + " \"" + owner.getName() + "\"")
        .findFirst();
  }

  /// Whether the object says whose it is.
  static boolean hasOwner(KubernetesObject seen) {
    return !owners(seen).isEmpty();
  }

  private static boolean hasLostOwner(Wish wish, KubernetesObject seen) {
    return !hasOwner(seen)
        && Stream.of(seen.getMetadata().getLabels(), seen.getMetadata().getAnnotations())
            .filter(Objects::nonNull)
            .anyMatch(marks -> wish.uid().equals(marks.get(ThresherNames.LOAD_BALANCER_UID)));
  }

  private static boolean isOwner(Wish wish, V1OwnerReference owner) {
    return Objects.equals(owner.getKind(), LoadBalancerTypes.LOAD_BALANCER.kind())
        && Objects.equals(owner.getUid(), wish.uid());
  }

  private static List<V1OwnerReference> owners(KubernetesObject seen) {
    return Objects.requireNonNullElse(seen.getMetadata().getOwnerReferences(), List.of());
  }

  /// A merge patch of the entries of `wanted` that `seen` lacks or has otherwise; empty if none.
  static JsonObject missing(Map<String, String> wanted, @Nullable Map<String, String> seen) {
    JsonObject missing = new JsonObject();
    wanted.forEach((key, value) -> {
      if (seen == null || !value.equals(seen.get(key))) {
        missing.addProperty(key, value);
      }
    });
    return missing;
  }

  static JsonObject object(Map<String, String> entries) {
    JsonObject object = new JsonObject();
    entries.forEach(object::addProperty);
    return object;
  }

  static JsonArray array(List<String> values) {
    JsonArray array = new JsonArray();
    values.forEach(array::add);
    return array;
  }

  private static JsonArray ownerReferences(Wish wish) {
    JsonObject reference = new JsonObject();
    reference.addProperty("apiVersion", LoadBalancerTypes.LOAD_BALANCER.apiVersion());
    reference.addProperty("kind", LoadBalancerTypes.LOAD_BALANCER.kind());
    reference.addProperty("name", wish.owner().name());
    reference.addProperty("uid", wish.uid());
    JsonArray references = new JsonArray();
    references.add(reference);
    return references;
  }
}
