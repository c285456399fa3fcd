package dev.thresher.vip.app;

import dev.thresher.vip.app.Setting.Effect;
import dev.thresher.vip.app.Setting.Group;
import dev.thresher.vip.app.Setting.Kind;
import java.util.ArrayList;
import java.util.List;

/// Every setting of kube-vip, and those of our own. One table drives parsing, refusal and
/// `docs/reference/vip-manager.md`.
///
/// Source of names and defaults: kube-vip/kube-vip, `pkg/kubevip/config_envvar.go`,
/// `config_environment.go`, `cmd/kube-vip.go`.
public final class Settings {

  public static final Setting ARP =
      acts("vip_arp", "arp", Kind.BOOL, "false", Group.LAYER2, "answer ARP and NDP; must be true");
  public static final Setting SERVICES =
      acts(
          "svc_enable",
          "services",
          Kind.BOOL,
          "false",
          Group.SERVICES,
          "serve Services of type" + " LoadBalancer; must be true");
  public static final Setting SERVICE_NAMESPACE =
      acts(
          "svc_namespace",
          "",
          Kind.TEXT,
          "",
          Group.SERVICES,
          "namespace of the Services; empty:" + " all");
  public static final Setting CLASS_NAME =
      acts(
          "lb_class_name",
          "lbClassName",
          Kind.TEXT,
          "kube-vip.io/kube-vip-class",
          Group.SERVICES,
          "spec.loadBalancerClass that is served");
  public static final Setting CLASS_ONLY =
      acts(
          "lb_class_only",
          "lbClassOnly",
          Kind.BOOL,
          "false",
          Group.SERVICES,
          "leave Services without a class alone");
  public static final Setting CLASS_LEGACY =
      acts(
          "lb_class_legacy_handling",
          "lbClassNameLegacyHandling",
          Kind.BOOL,
          "true",
          Group.SERVICES,
          "serve Services without a class beside those of the class; false: exactly"
              + " those of the class");
  public static final Setting NO_STATUS =
      acts(
          "disable_service_updates",
          "disableServiceUpdates",
          Kind.BOOL,
          "false",
          Group.SERVICES,
          "do not write status and annotations of Services");
  public static final Setting INTERFACE =
      acts(
          "vip_interface",
          "interface",
          Kind.TEXT,
          "",
          Group.LAYER2,
          "interface of this node for all addresses; empty: found by address, else that of the"
              + " default route");
  public static final Setting SERVICES_INTERFACE =
      acts(
          "vip_servicesinterface",
          "serviceInterface",
          Kind.TEXT,
          "",
          Group.LAYER2,
          "the same for Services; goes before vip_interface");
  public static final Setting ICMP =
      acts(
          "vip_icmp",
          "vip-icmp",
          Kind.BOOL,
          "true",
          Group.LAYER2,
          "answer pings to held addresses (of this program, not of kube-vip)");
  public static final Setting NODE_NAME =
      acts(
          "vip_nodename",
          "nodeName",
          Kind.TEXT,
          "",
          Group.GENERAL,
          "name of this node's Node object; empty: the host name");
  public static final Setting KUBECONFIG =
      acts(
          "k8s_config_file",
          "k8sConfigPath",
          Kind.TEXT,
          "/etc/kubernetes/admin.conf",
          Group.GENERAL,
          "kubeconfig file; if the default does not exist, the ServiceAccount of the"
              + " pod is used");
  public static final Setting KUBERNETES_ADDRESS =
      acts(
          "kubernetes_addr",
          "",
          Kind.TEXT,
          "",
          Group.GENERAL,
          "address of the API server in place of the one in the kubeconfig");
  public static final Setting PROMETHEUS =
      acts(
          "prometheus_server",
          "prometheusHTTPServer",
          Kind.TEXT,
          ":2112",
          Group.GENERAL,
          "address and port for /metrics, /healthz, /livez and /readyz; empty: none");
  public static final Setting LOG_LEVEL =
      acts(
          "vip_loglevel",
          "log",
          Kind.NUMBER,
          "0",
          Group.GENERAL,
          "-4, or 5 and above: details; anything else: decisions");
  public static final Setting LOG_FORMAT =
      acts(
          "log_format",
          "log-format",
          Kind.TEXT,
          "text",
          Group.GENERAL,
          "text or json (of this program, not of kube-vip)");
  public static final Setting LEASE_NAMESPACE =
      acts(
          "cp_namespace",
          "namespace",
          Kind.TEXT,
          "kube-system",
          Group.OWNERSHIP,
          "namespace of the Leases by which the nodes agree");
  public static final Setting LEASE_DURATION =
      acts(
          "vip_leaseduration",
          "leaseDuration",
          Kind.NUMBER,
          "15",
          Group.OWNERSHIP,
          "seconds after which a node that says nothing, and whose death nobody saw, counts as"
              + " dead");
  public static final Setting RENEW_DEADLINE =
      acts(
          "vip_renewdeadline",
          "leaseRenewDuration",
          Kind.NUMBER,
          "10",
          Group.OWNERSHIP,
          "seconds after which a node that cannot renew its Lease falls silent");
  public static final Setting RETRY_PERIOD =
      acts(
          "vip_retryperiod",
          "leaseRetry",
          Kind.NUMBER,
          "2",
          Group.OWNERSHIP,
          "seconds between renewals of a node's Lease");
  public static final Setting MESH_PORT =
      acts(
          "vip_mesh_port",
          "mesh-port",
          Kind.NUMBER,
          "10263",
          Group.OWNERSHIP,
          "TCP and UDP port on the node's InternalIPs for what the nodes say to each other; the"
              + " same on all (of this program, not of kube-vip)");

  private static final String NO_CONTROL_PLANE =
      "the control-plane address is not there yet: keep kube-vip for it, with svc_enable=false";
  private static final String NO_BGP = "BGP is not there yet: keep kube-vip or MetalLB for it";
  private static final String NO_TABLE =
      "the routing-table mode is not there yet: keep kube-vip for it";
  private static final String NO_DHCP =
      "addresses from DHCP are not there yet: have them allocated from a pool";
  private static final String NO_EGRESS =
      "egress is not there yet: use the egress gateway of the network plug-in";
  private static final String ONLY_CONTROL_PLANE = "concerns the control-plane address only";
  private static final String ONLY_BGP = "concerns BGP only";
  private static final String ONLY_TABLE = "concerns the routing-table mode only";
  private static final String ONLY_EGRESS = "concerns egress only";

  /// All of them, by group and in the order of the help.
  public static final List<Setting> ALL = all();

  private Settings() {}

  private static List<Setting> all() {
    List<Setting> all = new ArrayList<>();
    // General
    add(all, NODE_NAME, KUBECONFIG, KUBERNETES_ADDRESS, PROMETHEUS, LOG_LEVEL, LOG_FORMAT);
    add(
        all,
        refused(
            "config_file",
            "",
            Kind.TEXT,
            "",
            Group.GENERAL,
            "a configuration file is not read yet: use environment variables or flags"),
        accepted(
            "instance_name",
            "",
            Kind.TEXT,
            "",
            Group.GENERAL,
            "the node's name tells instances apart"),
        accepted(
            "",
            "inCluster",
            Kind.BOOL,
            "false",
            Group.GENERAL,
            "found by whether the kubeconfig file exists"));
    // Services
    add(all, SERVICES, SERVICE_NAMESPACE, CLASS_NAME, CLASS_ONLY, CLASS_LEGACY, NO_STATUS);
    add(
        all,
        accepted(
            "svc_election",
            "servicesElection",
            Kind.BOOL,
            "false",
            Group.SERVICES,
            "each address has its own holder anyway"),
        accepted(
            "svc_leasename",
            "servicesLeaseName",
            Kind.TEXT,
            "plndr-svcs-lock",
            Group.SERVICES,
            "there is no Lease for all Services"),
        accepted(
            "per_service_election_on_demand",
            "",
            Kind.BOOL,
            "false",
            Group.SERVICES,
            "each address has its own holder anyway"),
        accepted(
            "enable_endpoints", "", Kind.BOOL, "false", Group.SERVICES, "EndpointSlices are used"),
        accepted(
            "",
            "enableEndpointSlices",
            Kind.BOOL,
            "false",
            Group.SERVICES,
            "EndpointSlices are used"),
        accepted(
            "debounce_time",
            "",
            Kind.TEXT,
            "0",
            Group.SERVICES,
            "changes that come together are looked at together"),
        refused(
            "enable_service_security",
            "onlyAllowTrafficServicePorts",
            Kind.BOOL,
            "false",
            Group.SERVICES,
            "it is not there yet: use NetworkPolicies"),
        refused(
            "enable_node_labeling",
            "enableNodeLabeling",
            Kind.BOOL,
            "false",
            Group.SERVICES,
            "it is not there yet: read the annotation kube-vip.io/vipHost of the Service"));
    // Ownership
    add(all, LEASE_NAMESPACE, LEASE_DURATION, RENEW_DEADLINE, RETRY_PERIOD, MESH_PORT);
    all.addAll(MajoritySettings.ALL);
    add(
        all,
        accepted(
            "vip_leaderelection",
            "leaderElection",
            Kind.BOOL,
            "false",
            Group.OWNERSHIP,
            "there is always exactly one holder of an address"),
        refused(
            "",
            "leaderElectionType",
            Kind.TEXT,
            "kubernetes",
            Group.OWNERSHIP,
            "etcd as a place to agree is not there yet"),
        accepted(
            "vip_leaseannotations",
            "",
            Kind.TEXT,
            "",
            Group.OWNERSHIP,
            "the Leases' annotations carry the ownership"),
        refused(
            "vip_preserve_on_leadership_loss",
            "",
            Kind.BOOL,
            "false",
            Group.OWNERSHIP,
            "a node never answers for an address that another one may hold"),
        accepted(
            "vip_loseleadership",
            "loseLeadership",
            Kind.BOOL,
            "false",
            Group.OWNERSHIP,
            "an orderly stop always hands the addresses over"),
        accepted(
            "vip_loseleadership_timeout_seconds",
            "loseLeadershipTimeoutSeconds",
            Kind.NUMBER,
            "30",
            Group.OWNERSHIP,
            "handing over takes milliseconds"),
        accepted(
            "",
            "loseLeadershiptTimeoutSeconds",
            Kind.NUMBER,
            "30",
            Group.OWNERSHIP,
            "handing over takes milliseconds"),
        refused(
            "",
            "etcdCACert",
            Kind.TEXT,
            "",
            Group.OWNERSHIP,
            "etcd as a place to agree is not there yet"),
        refused(
            "",
            "etcdCert",
            Kind.TEXT,
            "",
            Group.OWNERSHIP,
            "etcd as a place to agree is not there yet"),
        refused(
            "",
            "etcdKey",
            Kind.TEXT,
            "",
            Group.OWNERSHIP,
            "etcd as a place to agree is not there yet"),
        refused(
            "",
            "etcdEndpoints",
            Kind.TEXT,
            "",
            Group.OWNERSHIP,
            "etcd as a place to agree is not there yet"));
    // Layer 2
    add(all, ARP, INTERFACE, SERVICES_INTERFACE, ICMP);
    add(
        all,
        accepted(
            "vip_arpRate",
            "",
            Kind.NUMBER,
            "3000",
            Group.LAYER2,
            "announced at once, at 100 ms, 1 s, 2 s, then every 60 s"),
        accepted(
            "vip_subnet",
            "vipSubnet",
            Kind.TEXT,
            "",
            Group.LAYER2,
            "nothing is configured on the interface"),
        accepted(
            "vip_cidr", "", Kind.TEXT, "", Group.LAYER2, "nothing is configured on the interface"),
        accepted(
            "vip_skipdad",
            "",
            Kind.BOOL,
            "false",
            Group.LAYER2,
            "nothing is configured on the interface"),
        accepted(
            "vip_interfaceloglobal",
            "loInterfaceGlobalScope",
            Kind.BOOL,
            "false",
            Group.LAYER2,
            "nothing is configured on the interface"),
        accepted(
            "vip_allow_interface_not_up",
            "",
            Kind.BOOL,
            "false",
            Group.LAYER2,
            "an interface that comes up later is used then"),
        refused(
            "mirror_dest_interface",
            "mirrorDestInterface",
            Kind.TEXT,
            "",
            Group.LAYER2,
            "mirroring is not there: use tc"));
    controlPlane(all);
    bgp(all);
    rest(all);
    return List.copyOf(all);
  }

  private static void controlPlane(List<Setting> all) {
    Group group = Group.CONTROL_PLANE;
    add(
        all,
        refused("cp_enable", "controlplane", Kind.BOOL, "false", group, NO_CONTROL_PLANE),
        refused("address", "address", Kind.TEXT, "", group, NO_CONTROL_PLANE),
        refused("vip_address", "vip", Kind.TEXT, "", group, NO_CONTROL_PLANE),
        refused("cp_detect", "autodetectcp", Kind.BOOL, "false", group, NO_CONTROL_PLANE),
        accepted("port", "port", Kind.NUMBER, "6443", group, ONLY_CONTROL_PLANE),
        accepted(
            "vip_leasename", "leaseName", Kind.TEXT, "plndr-cp-lock", group, ONLY_CONTROL_PLANE),
        accepted("vip_singlenode", "", Kind.BOOL, "false", group, ONLY_CONTROL_PLANE),
        accepted("vip_startleader", "", Kind.BOOL, "false", group, ONLY_CONTROL_PLANE),
        refused(
            "lb_enable",
            "enableLoadBalancer",
            Kind.BOOL,
            "false",
            Group.BALANCING,
            NO_CONTROL_PLANE),
        accepted("lb_port", "lbPort", Kind.NUMBER, "6443", Group.BALANCING, ONLY_CONTROL_PLANE),
        accepted(
            "lb_fwdmethod",
            "lbForwardingMethod",
            Kind.TEXT,
            "local",
            Group.BALANCING,
            ONLY_CONTROL_PLANE),
        accepted("iptables_backend", "", Kind.TEXT, "", Group.BALANCING, "nftables is used"),
        accepted(
            "backend_health_check_interval",
            "",
            Kind.NUMBER,
            "5",
            Group.BALANCING,
            ONLY_CONTROL_PLANE),
        refused(
            "control_plane_health_check_address",
            "",
            Kind.TEXT,
            "",
            Group.HEALTH,
            NO_CONTROL_PLANE),
        accepted(
            "control_plane_health_check_period_seconds",
            "",
            Kind.NUMBER,
            "5",
            Group.HEALTH,
            ONLY_CONTROL_PLANE),
        accepted(
            "control_plane_health_check_timeout_seconds",
            "",
            Kind.NUMBER,
            "3",
            Group.HEALTH,
            ONLY_CONTROL_PLANE),
        accepted(
            "control_plane_health_check_failure_threshold",
            "",
            Kind.NUMBER,
            "3",
            Group.HEALTH,
            ONLY_CONTROL_PLANE),
        accepted(
            "control_plane_health_check_ca_path",
            "",
            Kind.TEXT,
            "",
            Group.HEALTH,
            ONLY_CONTROL_PLANE),
        refused(
            "health_check_port",
            "healthCheckPort",
            Kind.NUMBER,
            "0",
            Group.HEALTH,
            "health is served on prometheus_server: /healthz, /livez, /readyz"));
  }

  private static void bgp(List<Setting> all) {
    Group group = Group.BGP;
    add(
        all,
        refused("bgp_enable", "bgp", Kind.BOOL, "false", group, NO_BGP),
        refused("zebra_enable", "", Kind.BOOL, "false", group, NO_BGP));
    String[][] others = {
      {"bgp_attach_ip_to_interface", ""},
      {"bgp_routerid", "bgpRouterID"},
      {"bgp_routerinterface", ""},
      {"bgp_as", "localAS"},
      {"bgp_peeraddress", "peerAddress"},
      {"bgp_peeras", "peerAS"},
      {"bgp_peerpass", "peerPass"},
      {"bgp_multihop", "multihop"},
      {"bgp_peers", "bgppeers"},
      {"bgp_sourceif", "sourceIF"},
      {"bgp_sourceip", "sourceIP"},
      {"bgp_hold_time", "bgpHoldTimer"},
      {"bgp_keepalive_interval", "bgpKeepAliveInterval"},
      {"mpbgp_nexthop", ""},
      {"mpbgp_ipv4", ""},
      {"mpbgp_ipv6", ""},
      {"zebra_url", ""},
      {"zebra_version", ""},
      {"zebra_software_name", ""},
      {"annotation", "annotations"},
    };
    for (String[] names : others) {
      add(all, accepted(names[0], names[1], Kind.TEXT, "", group, ONLY_BGP));
    }
    add(
        all,
        refused("vip_routingtable", "table", Kind.BOOL, "false", Group.ROUTING_TABLE, NO_TABLE),
        accepted(
            "vip_routingtableid", "tableID", Kind.NUMBER, "198", Group.ROUTING_TABLE, ONLY_TABLE),
        accepted(
            "vip_routingtabletype", "tableType", Kind.NUMBER, "1", Group.ROUTING_TABLE, ONLY_TABLE),
        accepted(
            "vip_routingprotocol",
            "routingProtocol",
            Kind.NUMBER,
            "248",
            Group.ROUTING_TABLE,
            ONLY_TABLE),
        accepted(
            "vip_cleanroutingtable",
            "cleanRoutingTable",
            Kind.BOOL,
            "false",
            Group.ROUTING_TABLE,
            ONLY_TABLE));
  }

  private static void rest(List<Setting> all) {
    add(
        all,
        refused("vip_ddns", "ddns", Kind.BOOL, "false", Group.DHCP, NO_DHCP),
        refused("dhcp_mode", "", Kind.TEXT, "", Group.DHCP, NO_DHCP),
        accepted("dhcp_backoff_attempts", "", Kind.NUMBER, "3", Group.DHCP, "concerns DHCP only"),
        accepted(
            "dns_mode",
            "dnsMode",
            Kind.TEXT,
            "first",
            Group.DHCP,
            "concerns control-plane addresses given by name only"),
        accepted("egress_podcidr", "", Kind.TEXT, "", Group.EGRESS, ONLY_EGRESS),
        accepted("egress_servicecidr", "", Kind.TEXT, "", Group.EGRESS, ONLY_EGRESS),
        accepted("egress_withnftables", "", Kind.BOOL, "true", Group.EGRESS, ONLY_EGRESS),
        refused("egress_enableinternalsnat", "", Kind.BOOL, "false", Group.EGRESS, NO_EGRESS),
        refused("egress_clean", "", Kind.BOOL, "false", Group.EGRESS, NO_EGRESS),
        refused(
            "vip_wireguard",
            "wireguard",
            Kind.BOOL,
            "false",
            Group.OTHER,
            "WireGuard is not supported: use the network plug-in's encryption"),
        refused(
            "enable_upnp",
            "",
            Kind.BOOL,
            "false",
            Group.OTHER,
            "UPnP is not supported: forward the port on the router"),
        refused("", "taint", Kind.BOOL, "false", Group.OTHER, "manifests are not generated yet"));
  }

  static Setting acts(
      String variable, String flag, Kind kind, String fallback, Group group, String about) {
    return new Setting(variable, flag, kind, fallback, group, new Effect.Acts(), about);
  }

  private static Setting accepted(
      String variable, String flag, Kind kind, String fallback, Group group, String why) {
    return new Setting(variable, flag, kind, fallback, group, new Effect.Accepted(why), why);
  }

  private static Setting refused(
      String variable, String flag, Kind kind, String fallback, Group group, String instead) {
    return new Setting(variable, flag, kind, fallback, group, new Effect.Refused(instead), instead);
  }

  private static void add(List<Setting> all, Setting... more) {
    all.addAll(List.of(more));
  }
}
