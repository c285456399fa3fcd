package dev.thresher.ccm.hostservice;

import dev.thresher.api.ObjectKey;
import dev.thresher.api.names.KubeVirtCloudNames;
import dev.thresher.api.names.KubernetesNames;
import dev.thresher.api.names.ThresherNames;
import io.kubernetes.client.openapi.models.V1EndpointSlice;
import io.kubernetes.client.openapi.models.V1Service;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/// Which host objects belong to a guest Service.
///
/// The guest Service's UID decides: it is in the name of the host Service and in its annotation.
/// cloud-provider-kubevirt made the name only; its objects are known by the labels that name the
/// guest Service. The name of the cluster does not count, so that a host Service is found again
/// after the cluster got another one.
final class Ownership {

  /// Who wrote the slices of a host Service that has no selector: this program, and the one before.
  private static final Set<String> SLICE_WRITERS =
      Set.of(ThresherNames.CCM_ENDPOINT_SLICE_MANAGER, KubeVirtCloudNames.ENDPOINT_SLICE_MANAGER);

  private Ownership() {}

  static boolean isOf(V1Service host, V1Service guest) {
    var meta = guest.getMetadata();
    String uid = Objects.requireNonNull(meta.getUid());
    if (!KubeVirtCloudNames.hostService(uid).equals(host.getMetadata().getName())) {
      return false;
    }
    String recorded = annotations(host).getOrDefault(ThresherNames.SERVICE_UID, "");
    return recorded.isEmpty()
        ? tenant(host).filter(ObjectKey.of(guest)::equals).isPresent()
        : recorded.equals(uid);
  }

  /// The guest Service that a host Service says it is of.
  static Optional<ObjectKey> tenant(V1Service host) {
    Map<String, String> labels =
        Objects.requireNonNullElse(host.getMetadata().getLabels(), Map.of());
    String namespace = labels.getOrDefault(KubeVirtCloudNames.TENANT_SERVICE_NAMESPACE, "");
    String name = labels.getOrDefault(KubeVirtCloudNames.TENANT_SERVICE_NAME, "");
    return namespace.isEmpty() || name.isEmpty()
        ? Optional.empty()
        : Optional.of(ObjectKey.of(namespace, name));
  }

  /// Whether this program, or the one before, wrote the slice.
  static boolean isOwn(V1EndpointSlice slice) {
    return SLICE_WRITERS.contains(manager(slice));
  }

  /// Whether the host's own controller wrote the slice, from a selector. Source:
  /// kubernetes/kubernetes, `pkg/controller/endpointslice`.
  static boolean isOfSelector(V1EndpointSlice slice) {
    return KubernetesNames.ENDPOINT_SLICE_CONTROLLER.equals(manager(slice));
  }

  /// Name of the host Service of a slice; empty if it has none.
  static String service(V1EndpointSlice slice) {
    return Objects.requireNonNullElse(slice.getMetadata().getLabels(), Map.<String, String>of())
        .getOrDefault(KubernetesNames.LABEL_SERVICE_NAME, "");
  }

  static String manager(V1EndpointSlice slice) {
    return Objects.requireNonNullElse(slice.getMetadata().getLabels(), Map.<String, String>of())
        .getOrDefault(KubernetesNames.LABEL_MANAGED_BY, "");
  }

  private static Map<String, String> annotations(V1Service host) {
    return Objects.requireNonNullElse(host.getMetadata().getAnnotations(), Map.of());
  }
}
