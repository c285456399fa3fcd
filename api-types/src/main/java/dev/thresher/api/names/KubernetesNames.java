package dev.thresher.api.names;

/// Well-known names of Kubernetes itself.
///
/// Source, unless said otherwise: https://kubernetes.io/docs/reference/labels-annotations-taints/
public final class KubernetesNames {

  /// Namespace of the cluster's own objects.
  public static final String KUBE_SYSTEM = "kube-system";

  // --- Nodes ---

  /// Taint: no cloud provider has seen the node yet. Only the key counts.
  public static final String TAINT_UNINITIALIZED = "node.cloudprovider.kubernetes.io/uninitialized";

  /// Taint: the instance behind the node is shut down.
  public static final String TAINT_SHUTDOWN = "node.cloudprovider.kubernetes.io/shutdown";

  /// Taint: the cluster autoscaler is about to delete the node. Source: kubernetes/autoscaler,
  /// `cluster-autoscaler/utils/taints`; kubernetes/cloud-provider, `controllers/service`.
  public static final String TAINT_TO_BE_DELETED = "ToBeDeletedByClusterAutoscaler";

  /// Taint: the node is out of service, its volumes may be detached by force.
  public static final String TAINT_OUT_OF_SERVICE = "node.kubernetes.io/out-of-service";

  /// Label: the node is no back end of load balancers, unless the value parses as false.
  public static final String EXCLUDE_FROM_LOAD_BALANCERS =
      "node.kubernetes.io/exclude-from-external-load-balancers";

  public static final String LABEL_HOSTNAME = "kubernetes.io/hostname";
  public static final String LABEL_ZONE = "topology.kubernetes.io/zone";
  public static final String LABEL_REGION = "topology.kubernetes.io/region";
  public static final String LABEL_INSTANCE_TYPE = "node.kubernetes.io/instance-type";

  /// The older keys, which the node controller keeps equal to the new ones. Source: kubernetes/api,
  /// `core/v1/well_known_labels.go`.
  public static final String LABEL_ZONE_BETA = "failure-domain.beta.kubernetes.io/zone";

  public static final String LABEL_REGION_BETA = "failure-domain.beta.kubernetes.io/region";
  public static final String LABEL_INSTANCE_TYPE_BETA = "beta.kubernetes.io/instance-type";

  /// Label of control-plane nodes.
  public static final String LABEL_CONTROL_PLANE = "node-role.kubernetes.io/control-plane";

  /// Node annotation: the address given to the kubelet by `--node-ip`, or two, comma separated.
  /// Source: kubernetes/cloud-provider, `api/well_known_annotations.go`.
  public static final String PROVIDED_NODE_IP = "alpha.kubernetes.io/provided-node-ip";

  // --- Services and EndpointSlices ---

  /// Finalizer of the service controller on Services that have a load balancer. Source:
  /// kubernetes/cloud-provider, `service/helpers`.
  public static final String LOAD_BALANCER_FINALIZER =
      "service.kubernetes.io/load-balancer-cleanup";

  /// Label of an EndpointSlice: name of its Service.
  public static final String LABEL_SERVICE_NAME = "kubernetes.io/service-name";

  /// Label of an EndpointSlice: who writes it.
  public static final String LABEL_MANAGED_BY = "endpointslice.kubernetes.io/managed-by";

  /// Value of [#LABEL_MANAGED_BY] for slices of a Service with a selector. Source:
  /// kubernetes/kubernetes, `pkg/controller/endpointslice`.
  public static final String ENDPOINT_SLICE_CONTROLLER = "endpointslice-controller.k8s.io";

  /// Label: a service proxy other than kube-proxy serves this Service.
  public static final String LABEL_SERVICE_PROXY_NAME = "service.kubernetes.io/service-proxy-name";

  /// Label: the Service is headless.
  public static final String LABEL_HEADLESS = "service.kubernetes.io/headless";

  /// Older form of `spec.loadBalancerSourceRanges`. Source: kubernetes/cloud-provider,
  /// `service/helpers`.
  public static final String SOURCE_RANGES =
      "service.beta.kubernetes.io/load-balancer-source-ranges";

  /// What `kubectl apply` remembers; never copied from one object to another.
  public static final String LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration";

  /// Label recommended for all objects: the tool that manages them.
  public static final String LABEL_APP_MANAGED_BY = "app.kubernetes.io/managed-by";

  private KubernetesNames() {}
}
