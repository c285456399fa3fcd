package dev.thresher.loadbalancer.reconcile;

import dev.thresher.api.ObjectKey;
import dev.thresher.api.kubevirt.VirtualMachineInstance;
import dev.thresher.api.loadbalancer.LoadBalancer;
import dev.thresher.api.names.HarvesterNames;
import dev.thresher.loadbalancer.ipam.Requirement;
import dev.thresher.loadbalancer.rules.Requirements;
import dev.thresher.runtime.informer.Informer;
import io.kubernetes.client.openapi.models.V1Namespace;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/// What load balancers need of a pool, and the annotations that the mutating webhook gives them.
public final class Needs {

  private final Informer<V1Namespace> namespaces;
  private final Informer<VirtualMachineInstance> instances;

  public Needs(Informer<V1Namespace> namespaces, Informer<VirtualMachineInstance> instances) {
    this.namespaces = namespaces;
    this.instances = instances;
  }

  /// What the object says, as the webhook would have made it say.
  public Requirement of(LoadBalancer object) {
    return Requirements.complete(object, surroundings(object.getMetadata().getNamespace()));
  }

  /// The annotations that the webhook writes.
  public Map<String, String> annotations(LoadBalancer object) {
    return Requirements.defaults(object, surroundings(object.getMetadata().getNamespace()));
  }

  /// The Rancher project of a namespace as `cluster/project`, empty for none.
  String project(String namespace) {
    return projectId(namespace).replaceFirst(":", "/");
  }

  private String projectId(String namespace) {
    return namespaces.get(ObjectKey.cluster(namespace)).map(Needs::projectId).orElse("");
  }

  /// The Rancher project as the namespace names it, empty for none.
  static String projectId(V1Namespace namespace) {
    Map<String, String> annotations = namespace.getMetadata().getAnnotations();
    return annotations == null
        ? ""
        : Objects.requireNonNullElse(annotations.get(HarvesterNames.PROJECT_ID), "");
  }

  private Requirements.Surroundings surroundings(String namespace) {
    return new Requirements.Surroundings(
        projectId(namespace), List.copyOf(instances.list(namespace)));
  }
}
