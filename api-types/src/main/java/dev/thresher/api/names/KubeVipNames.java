package dev.thresher.api.names;

/// Names of kube-vip, which vip-manager replaces in place.
///
/// Sources: kube-vip/kube-vip, `pkg/kubevip/annotations.go` for annotations, `labels.go` and
/// `constants.go` for labels and the class; lease names are the defaults of `svc_leasename` and
/// `vip_leasename`, https://kube-vip.io/docs/installation/flags/.
public final class KubeVipNames {

  public static final String PREFIX = "kube-vip.io/";

  // --- Leases, in the namespace of kube-vip unless said otherwise ---

  /// Lease for the addresses of all Services; taken while kube-vip may still run, so that two
  /// programs never hold one address.
  public static final String SERVICES_LEASE = "plndr-svcs-lock";

  /// Lease for the control plane's address.
  public static final String CONTROL_PLANE_LEASE = "plndr-cp-lock";

  /// Prefix of a Service's own lease, in the Service's namespace; its name follows.
  public static final String SERVICE_LEASE_PREFIX = "kubevip-";

  // --- Addresses of a Service ---

  /// Addresses to hold, comma separated; `0.0.0.0` and `::` ask DHCP.
  public static final String LOAD_BALANCER_IPS = PREFIX + "loadbalancerIPs";

  /// Host name to send to the DHCP server.
  public static final String LOAD_BALANCER_HOSTNAME = PREFIX + "loadbalancerHostname";

  /// Address to ask the DHCP server for.
  public static final String REQUESTED_IP = PREFIX + "requestedIP";

  /// Hardware address for DHCP.
  public static final String HW_ADDR = PREFIX + "hwaddr";

  /// `true`: set the broadcast flag in DHCP requests.
  public static final String DHCP_BROADCAST = PREFIX + "dhcp-broadcast";

  /// `true`: register the host name in DNS through DHCP.
  public static final String DDNS = PREFIX + "ddns";

  /// Interface to use for DHCP.
  public static final String MACVLAN_NAME = PREFIX + "macvlanName";

  // --- Where and how it is held ---

  /// `true`: leave the Service alone.
  public static final String IGNORE = PREFIX + "ignore";

  /// Interface that holds the address; `auto` finds it by the address.
  public static final String SERVICE_INTERFACE = PREFIX + "serviceInterface";

  /// VLAN interface that holds the address.
  public static final String SERVICE_VLAN = PREFIX + "serviceVLAN";

  /// Lease shared by several Services; not with `externalTrafficPolicy: Local`.
  public static final String LEASE_NAME = PREFIX + "leaseName";

  /// `true`: elect a holder for this Service alone.
  public static final String FORCE_PER_SERVICE_ELECTION = PREFIX + "forcePerServiceElection";

  /// `true`: hold the address though there is no endpoint.
  public static final String ALLOW_RECONCILE_WITHOUT_ENDPOINTS =
      PREFIX + "allow-reconcile-without-endpoints";

  /// `true`: no filter on ports that the Service does not have.
  public static final String IGNORE_SERVICE_SECURITY = PREFIX + "ignore-service-security";

  /// Value of `rp_filter` for the interface.
  public static final String RP_FILTER = PREFIX + "rp_filter";

  /// `true`: drop the connections of the address when it moves.
  public static final String FLUSH_CONNTRACK = PREFIX + "flush-conntrack";

  /// `true`: forward the ports on an UPnP gateway.
  public static final String FORWARD_UPNP = PREFIX + "forwardUPNP";

  /// Duration of such a forwarding.
  public static final String UPNP_LEASE_DURATION = PREFIX + "upnp-lease-duration";

  // --- Egress ---

  public static final String EGRESS = PREFIX + "egress";
  public static final String EGRESS_INTERNAL = PREFIX + "egress-internal";
  public static final String EGRESS_IPV6 = PREFIX + "egress-ipv6";
  public static final String EGRESS_DESTINATION_PORTS = PREFIX + "egress-destination-ports";
  public static final String EGRESS_SOURCE_PORTS = PREFIX + "egress-source-ports";
  public static final String EGRESS_ALLOWED_NETWORKS = PREFIX + "egress-allowed-networks";
  public static final String EGRESS_DENIED_NETWORKS = PREFIX + "egress-denied-networks";
  public static final String EGRESS_NO_INTERNAL_TRAFFIC = PREFIX + "egress-no-internal-traffic";
  public static final String EGRESS_DETECT_API_SERVER = PREFIX + "egress-detect-api-server";
  public static final String EGRESS_NFTABLES_TABLE = PREFIX + "egress-nftables-table";

  // --- State that is written back ---

  /// Service annotation: the node that holds the address.
  public static final String VIP_HOST = PREFIX + "vipHost";

  /// Service annotation: the pod in use for egress.
  public static final String ACTIVE_ENDPOINT = PREFIX + "active-endpoint";

  public static final String ACTIVE_ENDPOINT_IPV6 = PREFIX + "active-endpoint-ipv6";

  /// Node label: the node announces an address.
  public static final String HAS_IP_LABEL = PREFIX + "has-ip";

  /// Node label: the node announces for a Service.
  public static final String SERVICE_PROVIDED_LABEL = "service-provided.kube-vip.io";

  // --- Classes and the cloud provider's ConfigMap ---

  /// Value of `spec.loadBalancerClass` that kube-vip serves.
  public static final String LOAD_BALANCER_CLASS = PREFIX + "kube-vip-class";

  /// ConfigMap in `kube-system` of kube-vip's cloud provider. Source:
  /// kube-vip/kube-vip-cloud-provider.
  public static final String CLOUD_PROVIDER_CONFIG_MAP = "kubevip";

  private KubeVipNames() {}
}
