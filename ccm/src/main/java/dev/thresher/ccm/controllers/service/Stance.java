package dev.thresher.ccm.controllers.service;

import dev.thresher.api.names.KubernetesNames;
import io.kubernetes.client.openapi.models.V1Service;
import java.util.List;
import java.util.Objects;

/// What a Service is to the service controller.
public enum Stance {
  /// It is to have a balancer.
  WANTED,
  /// It has our finalizer but is to have no balancer any more.
  CLEANUP,
  /// As [#CLEANUP], but a class names another implementation, which may share the finalizer (KEP
  /// 1959): only a balancer of ours makes it ours.
  CLEANUP_IF_OURS,
  /// None of our business.
  NONE;

  public static Stance of(V1Service service) {
    boolean deleting = service.getMetadata().getDeletionTimestamp() != null;
    boolean balanced = isLoadBalancer(service);
    boolean classed = hasClass(service);
    if (balanced && !classed && !deleting) {
      return WANTED;
    }
    if (!hasFinalizer(service) || (balanced && !deleting)) {
      return NONE;
    }
    return classed ? CLEANUP_IF_OURS : CLEANUP;
  }

  /// Type LoadBalancer and no class, whether it is being deleted or not.
  static boolean wants(V1Service service) {
    return isLoadBalancer(service) && !hasClass(service);
  }

  static boolean hasFinalizer(V1Service service) {
    List<String> finalizers = service.getMetadata().getFinalizers();
    return finalizers != null && finalizers.contains(KubernetesNames.LOAD_BALANCER_FINALIZER);
  }

  private static boolean isLoadBalancer(V1Service service) {
    var spec = service.getSpec();
    return spec != null && "LoadBalancer".equals(spec.getType());
  }

  private static boolean hasClass(V1Service service) {
    var spec = service.getSpec();
    return spec != null && !Objects.requireNonNullElse(spec.getLoadBalancerClass(), "").isEmpty();
  }
}
