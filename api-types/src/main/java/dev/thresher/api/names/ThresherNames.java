package dev.thresher.api.names;

/// Names of our own. All of them live under one domain.
public final class ThresherNames {

  /// The one domain under which everything of ours lives.
  public static final String DOMAIN = "thresher.dev";

  /// API group of our own resources.
  public static final String API_GROUP = "net." + DOMAIN;

  /// Prefix of our own labels and annotations.
  public static final String PREFIX = DOMAIN + "/";

  /// On a `LoadBalancer`, a guest `Service` or an `AddressClaim`: where the address is held,
  /// `guest` or `host`.
  ///
  /// It repeats `LoadBalancer.spec.placement` because an older writer's typed PUT, or a host whose
  /// schema does not know the optional field, wipes the field but keeps annotations.
  public static final String PLACEMENT = PREFIX + "placement";

  /// On a `LoadBalancer` or a guest `Service`: the addresses the user asks for, comma separated.
  public static final String WANTED_ADDRESSES = PREFIX + "wanted-addresses";

  /// On a `LoadBalancer`: the families of its addresses in order, as `IPv4,IPv6`; written whenever
  /// they are not plain IPv4. It survives writers and hosts that do not know `spec.ipFamilyPolicy`.
  public static final String IP_FAMILIES = PREFIX + "ip-families";

  /// On a `LoadBalancer` and its claims: UID of the guest Service behind it.
  public static final String SERVICE_UID = PREFIX + "service-uid";

  /// On a `LoadBalancer`: UID of the Service `default/kubernetes` of the guest cluster that made
  /// it, which tells two guests with the same name apart.
  public static final String GUEST_CLUSTER_UID = PREFIX + "guest-cluster-uid";

  /// On a `LoadBalancer` held on the host: `spec.loadBalancerSourceRanges` of the guest Service,
  /// comma separated.
  public static final String SOURCE_RANGES = PREFIX + "source-ranges";

  /// On a `LoadBalancer` held on the host: the nodes' addresses at which node ports are answered,
  /// comma separated.
  public static final String BACKEND_ADDRESSES = PREFIX + "backend-addresses";

  /// On a `LoadBalancer` that was made as `v1alpha1`: its list of back ends, a JSON array of
  /// addresses.
  public static final String V1ALPHA1_BACKENDS = PREFIX + "v1alpha1-backend-servers";

  /// On a `LoadBalancer` of a guest cluster, `true` while the cluster's machines are marked to be
  /// removed: it outlives them, so that a controller that did not run meanwhile knows.
  public static final String GUEST_REMOVED = PREFIX + "guest-cluster-removed";

  /// On a host Service: the session affinity that its load balancer asked for, so that one that is
  /// no longer asked for goes, and one that a person set on the Service stays.
  public static final String SESSION_AFFINITY = PREFIX + "session-affinity";

  /// On a `LoadBalancer` whose `spec.healthCheck.port` answers HTTP: the path to ask for, where
  /// status 200 means healthy.
  public static final String HEALTH_CHECK_PATH = PREFIX + "health-check-path";

  /// Label on an `AddressClaim`: name of the pool the address is from. Annotation on a guest
  /// `Service`: the pool to take the address from, or two, comma separated: that of IPv4 and that
  /// of IPv6.
  public static final String POOL = PREFIX + "pool";

  /// On a `LoadBalancer` that names no pool: a label selector for pools, as `kubectl -l` takes it.
  public static final String POOL_SELECTOR = PREFIX + "pool-selector";

  /// On `LoadBalancer` objects of one namespace that share an address: the name of their group.
  public static final String SHARE_GROUP = PREFIX + "share-group";

  /// Label on an `AddressClaim`: hash of the owner's namespace and name, so that an owner finds its
  /// claims by one list.
  public static final String OWNER = PREFIX + "owner";

  /// Label on host objects that loadbalancer-controller made, and annotation on its Services: UID
  /// of the `LoadBalancer`.
  public static final String LOAD_BALANCER_UID = PREFIX + "load-balancer-uid";

  /// Finalizer of loadbalancer-controller on `LoadBalancer` objects.
  public static final String LOAD_BALANCER_FINALIZER = PREFIX + "loadbalancer-controller";

  /// On a host Service of a guest Service: keys of the annotations that were handed on, comma
  /// separated, so that one that goes in the guest goes on the host too.
  public static final String PASSED_ANNOTATIONS = PREFIX + "passed-annotations";

  /// On a host Service: name of the guest cluster, where the label cannot hold it.
  public static final String CLUSTER_NAME = PREFIX + "cluster-name";

  /// Condition of a guest Service: whether its load balancer is as the Service asks.
  public static final String LOAD_BALANCER_READY = PREFIX + "LoadBalancerReady";

  /// `managed-by` value of the EndpointSlices that the ccm writes.
  public static final String CCM_ENDPOINT_SLICE_MANAGER = "ccm." + DOMAIN;

  /// Label on a guest Node: UID of the virtual machine that it was initialised from, where the
  /// provider ID holds a name only.
  public static final String MACHINE_UID = PREFIX + "machine-uid";

  /// `managed-by` value of the EndpointSlices that loadbalancer-controller writes.
  public static final String ENDPOINT_SLICE_MANAGER = "loadbalancer-controller." + DOMAIN;

  /// On the Lease of the ccm's leader election: the digest, printed in an Event, of the nodes that
  /// may be deleted although they are many.
  public static final String CONFIRM_NODE_DELETION = PREFIX + "confirm-node-deletion";

  /// Key in the guest's ConfigMap `harvester-nad-mapping` for networks whose card is not the same
  /// on all nodes: JSON object of `namespace/name` to an object of node to interface name.
  public static final String NAD_MAPPING_BY_NODE_KEY = DOMAIN + ".interface-nad-mapping-by-node";

  /// Label on a guest Node: the host node that runs its machine now.
  public static final String HOST_NODE_LABEL = PREFIX + "host-node";

  private ThresherNames() {}
}
