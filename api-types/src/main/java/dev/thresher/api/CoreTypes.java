package dev.thresher.api;

import io.kubernetes.client.openapi.models.CoreV1Event;
import io.kubernetes.client.openapi.models.V1ConfigMap;
import io.kubernetes.client.openapi.models.V1CustomResourceDefinition;
import io.kubernetes.client.openapi.models.V1EndpointSlice;
import io.kubernetes.client.openapi.models.V1Lease;
import io.kubernetes.client.openapi.models.V1MutatingWebhookConfiguration;
import io.kubernetes.client.openapi.models.V1Namespace;
import io.kubernetes.client.openapi.models.V1Node;
import io.kubernetes.client.openapi.models.V1Secret;
import io.kubernetes.client.openapi.models.V1Service;
import io.kubernetes.client.openapi.models.V1ServiceCIDR;
import io.kubernetes.client.openapi.models.V1ValidatingWebhookConfiguration;

/// The resources of Kubernetes itself that the programs use.
public final class CoreTypes {

  public static final ResourceType<V1Service> SERVICE =
      new ResourceType<>("", "v1", "services", "Service", true, V1Service.class);
  public static final ResourceType<V1Node> NODE =
      new ResourceType<>("", "v1", "nodes", "Node", false, V1Node.class);
  public static final ResourceType<V1Namespace> NAMESPACE =
      new ResourceType<>("", "v1", "namespaces", "Namespace", false, V1Namespace.class);
  public static final ResourceType<V1ConfigMap> CONFIG_MAP =
      new ResourceType<>("", "v1", "configmaps", "ConfigMap", true, V1ConfigMap.class);
  public static final ResourceType<V1Secret> SECRET =
      new ResourceType<>("", "v1", "secrets", "Secret", true, V1Secret.class);
  public static final ResourceType<CoreV1Event> EVENT =
      new ResourceType<>("", "v1", "events", "Event", true, CoreV1Event.class);
  public static final ResourceType<V1EndpointSlice> ENDPOINT_SLICE =
      new ResourceType<>(
          "discovery.k8s.io", "v1", "endpointslices", "EndpointSlice", true, V1EndpointSlice.class);
  public static final ResourceType<V1ServiceCIDR> SERVICE_CIDR =
      new ResourceType<>(
          "networking.k8s.io", "v1", "servicecidrs", "ServiceCIDR", false, V1ServiceCIDR.class);
  public static final ResourceType<V1Lease> LEASE =
      new ResourceType<>("coordination.k8s.io", "v1", "leases", "Lease", true, V1Lease.class);
  public static final ResourceType<V1CustomResourceDefinition> CUSTOM_RESOURCE_DEFINITION =
      new ResourceType<>(
          "apiextensions.k8s.io",
          "v1",
          "customresourcedefinitions",
          "CustomResourceDefinition",
          false,
          V1CustomResourceDefinition.class);
  public static final ResourceType<V1ValidatingWebhookConfiguration>
      VALIDATING_WEBHOOK_CONFIGURATION =
          new ResourceType<>(
              "admissionregistration.k8s.io",
              "v1",
              "validatingwebhookconfigurations",
              "ValidatingWebhookConfiguration",
              false,
              V1ValidatingWebhookConfiguration.class);
  public static final ResourceType<V1MutatingWebhookConfiguration> MUTATING_WEBHOOK_CONFIGURATION =
      new ResourceType<>(
          "admissionregistration.k8s.io",
          "v1",
          "mutatingwebhookconfigurations",
          "MutatingWebhookConfiguration",
          false,
          V1MutatingWebhookConfiguration.class);

  private CoreTypes() {}
}
