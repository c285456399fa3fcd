package dev.thresher.api.names;

/// Names of Harvester's contract, spelled as its programs spell them.
///
/// Sources, by repository: `cloud-provider-harvester` is harvester/cloud-provider-harvester
/// (`pkg/utils/consts.go`, `pkg/cloud-controller-manager`), `load-balancer` is
/// harvester/load-balancer-harvester (`pkg/utils/const.go`, `pkg/controller`, `pkg/webhook`),
/// `network-controller` is harvester/network-controller-harvester, `node driver` is
/// harvester/docker-machine-driver-harvester. Names announced in Harvester's enhancement proposals
/// but not built there are fields, not names, and stand in the schema.
public final class HarvesterNames {

  /// The provider's name. Source: cloud-provider-harvester, `ccm.go`.
  public static final String PROVIDER = "harvester";

  /// What a provider ID begins with; the UID of the VirtualMachine follows. Source:
  /// cloud-provider-harvester, `instance.go`.
  public static final String PROVIDER_ID_PREFIX = PROVIDER + "://";

  /// The framework's default of `--cluster-name`; two clusters that keep it collide. Source:
  /// kubernetes/cloud-provider `options`, cloud-provider-harvester.
  public static final String DEFAULT_CLUSTER_NAME = "kubernetes";

  // --- On guest Services (cloud-provider-harvester, pkg/utils/consts.go) ---

  /// Prefix of the cloud provider's labels and annotations.
  public static final String CLOUD_PROVIDER_PREFIX = "cloudprovider.harvesterhci.io/";

  /// Service annotation: `pool` (default) or `dhcp`.
  public static final String IPAM = CLOUD_PROVIDER_PREFIX + "ipam";

  /// Service annotation: NetworkAttachmentDefinition `namespace/name` of the address; frozen once
  /// the LoadBalancer exists.
  public static final String NETWORK = CLOUD_PROVIDER_PREFIX + "network";

  /// Service annotation: copied to the LoadBalancer, where the host's mutator overwrites it.
  public static final String PROJECT = CLOUD_PROVIDER_PREFIX + "project";

  /// Service annotation: copied to the LoadBalancer, where the host's mutator overwrites it.
  public static final String NAMESPACE = CLOUD_PROVIDER_PREFIX + "namespace";

  /// Service annotation: `namespace/name` of the Service whose address is shared. Service label on
  /// the one that shares: `namespace.name`.
  public static final String PRIMARY_SERVICE = CLOUD_PROVIDER_PREFIX + "primary-service";

  // --- On guest Nodes (cloud-provider-harvester, pkg/utils/consts.go) ---

  /// Node annotation: JSON array of addresses that are not to be reported as ExternalIP.
  public static final String ADDITIONAL_INTERNAL_IPS =
      CLOUD_PROVIDER_PREFIX + "additional-internal-ips";

  /// Node annotation: name of the virtual machine behind the Node.
  public static final String VM_NAME_OF_NODE =
      CLOUD_PROVIDER_PREFIX + "vm-name-of-guest-cluster-node";

  // --- In the guest cluster (cloud-provider-harvester, pkg/utils/consts.go) ---

  /// ConfigMap in `kube-system` with the card of each network; Rancher's UI reads it.
  public static final String NAD_MAPPING_CONFIG_MAP = "harvester-nad-mapping";

  /// Key in that ConfigMap: JSON object of `namespace/name` to the guest's interface name.
  public static final String NAD_MAPPING_KEY = "interface-nad-mapping";

  /// Lease in `kube-system` of whoever runs the cloud provider's controllers. Source:
  /// kubernetes/cloud-provider, `config/v1alpha1/defaults.go`.
  public static final String CLOUD_PROVIDER_LEASE = "cloud-controller-manager";

  // --- On LoadBalancers, written by the cloud provider (pkg/utils/consts.go) ---

  /// LoadBalancer label: the guest cluster. The host deletes by it when a cluster is removed.
  public static final String CLUSTER_LABEL = CLOUD_PROVIDER_PREFIX + "cluster";

  /// LoadBalancer label: namespace of the guest Service.
  public static final String SERVICE_NAMESPACE_LABEL = CLOUD_PROVIDER_PREFIX + "serviceNamespace";

  /// LoadBalancer label: name of the guest Service.
  public static final String SERVICE_NAME_LABEL = CLOUD_PROVIDER_PREFIX + "serviceName";

  /// LoadBalancer annotation: the network as the Service asked for it; written once. Those made by
  /// version 0.2.6 and older lack it.
  public static final String LB_NETWORK = CLOUD_PROVIDER_PREFIX + "lb-network";

  /// LoadBalancer annotation: the cluster's management network, while the flag of that name is set.
  public static final String MANAGEMENT_NETWORK = CLOUD_PROVIDER_PREFIX + "managementNetwork";

  // --- On LoadBalancers and pools (load-balancer, pkg/utils/const.go) ---

  /// Prefix of the load balancer's labels and annotations, and its API group.
  public static final String LOAD_BALANCER_PREFIX = "loadbalancer.harvesterhci.io/";

  /// LoadBalancer annotation, for the choice of a pool: network, `namespace/name` or empty.
  public static final String LB_REQUIRED_NETWORK = LOAD_BALANCER_PREFIX + "network";

  /// LoadBalancer annotation, for the choice of a pool: Rancher project, `cluster/project`.
  public static final String LB_REQUIRED_PROJECT = LOAD_BALANCER_PREFIX + "project";

  /// LoadBalancer annotation, for the choice of a pool: namespace; absent means the object's own.
  public static final String LB_REQUIRED_NAMESPACE = LOAD_BALANCER_PREFIX + "namespace";

  /// LoadBalancer annotation, for the choice of a pool: the guest cluster.
  public static final String LB_REQUIRED_CLUSTER = LOAD_BALANCER_PREFIX + "cluster";

  /// IPPool annotation: `<address>: <namespace>/<load balancer>` frees that address, if the load
  /// balancer is gone.
  public static final String MANUALLY_RELEASE_IP = LOAD_BALANCER_PREFIX + "manuallyReleaseIP";

  /// IPPool label: `true` on the pool used when no other matches.
  public static final String GLOBAL_IP_POOL_LABEL = LOAD_BALANCER_PREFIX + "global-ip-pool";

  /// IPPool label: VLAN of the pool's network, `0` for none. Source: load-balancer,
  /// `pkg/utils/vid.go`.
  public static final String VID_LABEL = LOAD_BALANCER_PREFIX + "vid";

  /// IPPool annotation: made from kube-vip's ConfigMap once. Source: load-balancer,
  /// `pkg/controller/ippool/kubevip/kubevip.go`.
  public static final String AFTER_CONVERSION = LOAD_BALANCER_PREFIX + "after-conversion";

  /// Label `true` on the host Service and EndpointSlice of a load balancer. Source: load-balancer,
  /// `pkg/lb/servicelb`.
  public static final String SERVICE_LB_LABEL = LOAD_BALANCER_PREFIX + "servicelb";

  /// In a field for an IPv4 address: ask a DHCP server. Source: load-balancer, `const.go`, and
  /// kube-vip.
  public static final String DHCP_ADDRESS_V4 = "0.0.0.0";

  /// In a field for an IPv6 address: ask a DHCPv6 server. Source: kube-vip.
  public static final String DHCP_ADDRESS_V6 = "::";

  /// Lease in `kube-system` of the load balancer's controller; taken by ours, so that two
  /// controllers never allocate. Source: load-balancer, `main.go`.
  public static final String LOAD_BALANCER_LEASE = "harvester-load-balancer";

  /// Name of the load balancer's webhook: its Deployment, Service and webhook configurations, and
  /// what its Secrets begin with. Source: load-balancer, `cmd/webhook/main.go`.
  public static final String LOAD_BALANCER_WEBHOOK = "harvester-load-balancer-webhook";

  /// Namespace of the load balancer's Deployments. Source: harvester/harvester, chart.
  public static final String SYSTEM_NAMESPACE = "harvester-system";

  // --- Finalizers that Harvester's controllers leave; recognised and cleared, never added.
  // Wrangler
  // makes them of its prefix and the handler's name (load-balancer, pkg/controller). ---

  public static final String LB_FINALIZER = "wrangler.cattle.io/harvester-lb-controller";
  public static final String IPAM_FINALIZER = "wrangler.cattle.io/harvester-ipam-controller";
  public static final String VM_FINALIZER = "wrangler.cattle.io/harvester-lb-vm-controller";
  public static final String VMI_FINALIZER = "wrangler.cattle.io/harvester-lb-vmi-controller";

  // --- On virtual machines and their instances ---

  /// Label: who made the machine. Source: node driver; cloud-provider-harvester, `consts.go`.
  public static final String CREATOR_LABEL = "harvesterhci.io/creator";

  /// Value of [#CREATOR_LABEL] for nodes of guest clusters. Source: node driver.
  public static final String CREATOR_NODE_DRIVER = "docker-machine-driver-harvester";

  /// Label: name of the VirtualMachine of an instance. Source: harvester/harvester; load-balancer,
  /// `pkg/webhook/loadbalancer/converter.go`.
  public static final String VM_NAME_LABEL = "harvesterhci.io/vmName";

  /// Label: the guest cluster that the machine is a node of. Source: node driver.
  public static final String GUEST_CLUSTER_LABEL = "guestcluster.harvesterhci.io/name";

  /// Label: the pool of nodes. Source: node driver.
  public static final String NODE_POOL_LABEL = "nodepool.harvesterhci.io/name";

  /// Label: the machine set. Source: node driver.
  public static final String MACHINE_SET_LABEL = "harvesterhci.io/machineSetName";

  /// VirtualMachine annotation: `true` while the whole guest cluster is being removed. Source:
  /// rancher/rancher, `pkg/controllers/provisioningv2/harvestercleanup`; load-balancer, `const.go`.
  public static final String REMOVE_ALL_PVCS = "harvesterhci.io/removeAllPersistentVolumeClaims";

  // --- Networks and namespaces ---

  /// Label of a NetworkAttachmentDefinition: its VLAN. Source: network-controller.
  public static final String VLAN_ID_LABEL = "network.harvesterhci.io/vlan-id";

  /// Label of a NetworkAttachmentDefinition: its cluster network. Source: network-controller.
  public static final String CLUSTER_NETWORK_LABEL = "network.harvesterhci.io/clusternetwork";

  /// Label of a NetworkAttachmentDefinition: its type. Source: network-controller.
  public static final String NETWORK_TYPE_LABEL = "network.harvesterhci.io/type";

  /// Value of [#NETWORK_TYPE_LABEL]: one VLAN. Source: network-controller, `pkg/utils/nad.go`.
  public static final String NETWORK_TYPE_VLAN = "L2VlanNetwork";

  /// Value of [#NETWORK_TYPE_LABEL]: no VLAN. Source: network-controller, `pkg/utils/nad.go`.
  public static final String NETWORK_TYPE_UNTAGGED = "UntaggedNetwork";

  /// What follows the name of a cluster network in the name of its bridge. Source:
  /// network-controller, `pkg/network/iface`.
  public static final String BRIDGE_SUFFIX = "-br";

  /// Label of a NetworkAttachmentDefinition: whether it is ready. Source: network-controller.
  public static final String NETWORK_READY_LABEL = "network.harvesterhci.io/ready";

  /// Namespace annotation: Rancher project as `cluster:project`. Source: rancher/rancher.
  public static final String PROJECT_ID = "field.cattle.io/projectId";

  private HarvesterNames() {}
}
