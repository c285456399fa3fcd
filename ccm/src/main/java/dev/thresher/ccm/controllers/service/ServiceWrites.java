package dev.thresher.ccm.controllers.service;

import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import dev.thresher.api.CoreTypes;
import dev.thresher.api.ObjectKey;
import dev.thresher.api.names.KubernetesNames;
import dev.thresher.ccm.cloudprovider.IngressPoint;
import dev.thresher.ccm.cloudprovider.ServiceMarks;
import dev.thresher.runtime.client.KubeApi;
import dev.thresher.runtime.client.KubeApiException;
import dev.thresher.runtime.client.KubeApiException.Reason;
import dev.thresher.runtime.patch.Patch;
import dev.thresher.runtime.patch.Patches;
import io.kubernetes.client.openapi.models.V1LoadBalancerIngress;
import io.kubernetes.client.openapi.models.V1Service;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// The writes of the service controller to a Service: finalizer, marks, status. Each is left out
/// when the Service has it already.
final class ServiceWrites {

  /// Somebody else may write the same Service at the same moment; then the patch is made again from
  /// what the server has now.
  private static final int TRIES = 4;

  private final KubeApi guest;

  ServiceWrites(KubeApi guest) {
    this.guest = guest;
  }

  /// @return the Service with the finalizer, empty if the Service is gone, being deleted or another
  ///   one of the same name
  Optional<V1Service> addFinalizer(V1Service service) {
    return patchFresh(
            service,
            seen ->
                seen.getMetadata().getDeletionTimestamp() == null
                    ? Patches.addFinalizer(seen, KubernetesNames.LOAD_BALANCER_FINALIZER)
                    : Optional.empty())
        .filter(Stance::hasFinalizer);
  }

  void removeFinalizer(V1Service service) {
    var _ =
        patchFresh(
            service,
            seen -> Patches.removeFinalizer(seen, KubernetesNames.LOAD_BALANCER_FINALIZER));
  }

  /// @return the Service with the marks, empty if it is gone
  Optional<V1Service> mark(V1Service service, ServiceMarks marks) {
    JsonObject meta = new JsonObject();
    JsonObject annotations = differing(service.getMetadata().getAnnotations(), marks.annotations());
    JsonObject labels = differing(service.getMetadata().getLabels(), marks.labels());
    if (!annotations.isEmpty()) {
      meta.add("annotations", annotations);
    }
    if (!labels.isEmpty()) {
      meta.add("labels", labels);
    }
    if (meta.isEmpty()) {
      return Optional.of(service);
    }
    meta.addProperty("uid", service.getMetadata().getUid());
    return guest.patch(
        CoreTypes.SERVICE,
        ObjectKey.of(service),
        new Patch.Merge(Patches.nest(meta, "metadata"), ""));
  }

  /// @return the Service as it was written, empty if there was nothing to write or it is gone
  Optional<V1Service> status(V1Service service, List<IngressPoint> ingress) {
    if (present(service).equals(ingress)) {
      return Optional.empty();
    }
    List<V1LoadBalancerIngress> points =
        ingress.stream()
            .map(point ->
                new V1LoadBalancerIngress()
                    .ip(nullIfEmpty(point.ip()))
                    .hostname(nullIfEmpty(point.hostname()))
                    .ipMode(nullIfEmpty(point.ipMode())))
            .toList();
    return guest.patch(CoreTypes.SERVICE, ObjectKey.of(service), Patches.serviceIngress(points));
  }

  /// What the Service's status says; the API server's default of `ipMode` is filled in.
  static List<IngressPoint> present(V1Service service) {
    var status = service.getStatus();
    var balancer = status == null ? null : status.getLoadBalancer();
    List<V1LoadBalancerIngress> points = balancer == null ? null : balancer.getIngress();
    if (points == null) {
      return List.of();
    }
    return points.stream()
        .map(point -> {
          String ip = text(point.getIp());
          String mode = text(point.getIpMode());
          return new IngressPoint(
              ip, text(point.getHostname()), mode.isEmpty() && !ip.isEmpty() ? "VIP" : mode);
        })
        .toList();
  }

  /// Patches what is seen, and if somebody wrote meanwhile, what the server has now.
  ///
  /// @param change empty if there is nothing to change; carries the version that it was made for
  /// @return the Service as it is then, empty if it is gone or another one has its name
  Optional<V1Service> patchFresh(V1Service service, Function<V1Service, Optional<Patch>> change) {
    ObjectKey key = ObjectKey.of(service);
    V1Service seen = service;
    for (int attempt = 1; ; attempt++) {
      Optional<Patch> patch = change.apply(seen);
      if (patch.isEmpty()) {
        return Optional.of(seen);
      }
      try {
        return guest.patch(CoreTypes.SERVICE, key, patch.get());
      } catch (KubeApiException e) {
        if (!e.is(Reason.CONFLICT) || attempt == TRIES) {
          throw e;
        }
      }
      Optional<V1Service> fresh = guest.get(CoreTypes.SERVICE, key);
      if (fresh.isEmpty() || !isSame(fresh.get(), service)) {
        return Optional.empty();
      }
      seen = fresh.get();
    }
  }

  private static boolean isSame(V1Service one, V1Service other) {
    return Objects.equals(one.getMetadata().getUid(), other.getMetadata().getUid());
  }

  private static JsonObject differing(
      @Nullable Map<String, String> present, Map<String, Optional<String>> wanted) {
    JsonObject changes = new JsonObject();
    wanted.forEach((key, value) -> {
      String now = present == null ? null : present.get(key);
      if (!Optional.ofNullable(now).equals(value)) {
        changes.add(key, value.<JsonElement>map(JsonPrimitive::new).orElse(JsonNull.INSTANCE));
      }
    });
    return changes;
  }

  private static @Nullable String nullIfEmpty(String text) {
    return text.isEmpty() ? null : text;
  }

  private static String text(@Nullable String text) {
    return text == null ? "" : text;
  }
}
