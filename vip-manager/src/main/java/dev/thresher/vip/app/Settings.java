package dev.thresher.vip.app;

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
      Setting.acts(
          "vip_arp", "arp", Kind.BOOL, "false", Group.LAYER2, "answer ARP and NDP; must be true");
  public static final Setting SERVICES =
      Setting.acts(
          "svc_enable",
          "services",
          Kind.BOOL,
          "false",
          Group.SERVICES,
          "serve Services of type LoadBalancer; this or cp_enable must be true");
  public static final Setting SERVICE_NAMESPACE =
      Setting.acts(
          "svc_namespace",
          "",
          Kind.TEXT,
          "",
          Group.SERVICES,
          "namespace of the Services; empty:" + " all");
  public static final Setting CLASS_NAME =
      Setting.acts(
              "lb_class_name",
              "lbClassName",
              Kind.TEXT,
              "kube-vip.io/kube-vip-class",
              Group.SERVICES,
              "spec.loadBalancerClass that is served")
          .followed();
  public static final Setting CLASS_ONLY =
      Setting.acts(
              "lb_class_only",
              "lbClassOnly",
              Kind.BOOL,
              "false",
              Group.SERVICES,
              "leave Services without a class alone")
          .followed();
  public static final Setting CLASS_LEGACY =
      Setting.acts(
              "lb_class_legacy_handling",
              "lbClassNameLegacyHandling",
              Kind.BOOL,
              "true",
              Group.SERVICES,
              "serve Services without a class beside those of the class; false: exactly"
                  + " those of the class")
          .followed();
  public static final Setting NO_STATUS =
      Setting.acts(
          "disable_service_updates",
          "disableServiceUpdates",
          Kind.BOOL,
          "false",
          Group.SERVICES,
          "do not write status and annotations of Services");
  public static final Setting INTERFACE =
      Setting.acts(
          "vip_interface",
          "interface",
          Kind.TEXT,
          "",
          Group.LAYER2,
          "interface of this node for all addresses, or names with `*` for any letters, comma"
              + " separated, of which the one in the address's subnet is taken; empty or `auto`:"
              + " found by address, else that of the default route");
  public static final Setting SERVICES_INTERFACE =
      Setting.acts(
          "vip_servicesinterface",
          "serviceInterface",
          Kind.TEXT,
          "",
          Group.LAYER2,
          "the same for Services; goes before vip_interface");
  public static final Setting ALLOWED_RANGES =
      Setting.acts(
              "vip_allowed_ranges",
              "allowed-ranges",
              Kind.TEXT,
              "",
              Group.SERVICES,
              "the only addresses that Services may have: CIDRs and `first-last`, comma separated;"
                  + " empty: all that belong to nobody else (of this program, not of kube-vip)")
          .followed();
  public static final Setting SHARED_BY_ALL =
      Setting.acts(
              "vip_share_across_namespaces",
              "share-across-namespaces",
              Kind.BOOL,
              "true",
              Group.SERVICES,
              "Services of different namespaces may have one address, each with ports of its own;"
                  + " `false`: only if both have one `metallb.io/allow-shared-ip`, or the address"
                  + " stands in the status already (of this program, not of kube-vip)")
          .followed();
  public static final Setting PROBE =
      Setting.acts(
          "vip_probe",
          "probe",
          Kind.TEXT,
          "fast",
          Group.LAYER2,
          "how a first claim asks whether a stranger has the address: `fast` claims after 40 ms and"
              + " gives way to whoever objects within 7 s, `rfc5227` asks for 4 to 7 s before it"
              + " claims (of this program, not of kube-vip)");
  public static final Setting ANNOUNCE_PERIOD =
      Setting.acts(
          "vip_announce_period",
          "announce-period",
          Kind.NUMBER,
          "60",
          Group.LAYER2,
          "seconds between announcements of a held address, 1 to 3600 (of this program, not of"
              + " kube-vip)");
  public static final Setting ICMP =
      Setting.acts(
          "vip_icmp",
          "vip-icmp",
          Kind.BOOL,
          "true",
          Group.LAYER2,
          "answer pings to held addresses (of this program, not of kube-vip)");
  public static final Setting RETURN_PATH =
      Setting.acts(
          "vip_return_path",
          "return-path",
          Kind.TEXT,
          "auto",
          Group.LAYER2,
          "`auto`: answers to clients beyond an interface's networks leave by the interface by"
              + " which the request came, also where the default route leads elsewhere; `off`: by"
              + " the default route (of this program, not of kube-vip)");
  public static final Setting VIRTUAL_MAC =
      Setting.acts(
          "vip_virtual_mac",
          "virtual-mac",
          Kind.BOOL,
          "false",
          Group.LAYER2,
          "each held address has a MAC of its own, the same on every node, for clients that ignore"
              + " announcements; interfaces may become promiscuous, and hypervisors must let frames"
              + " for it through (of this program, not of kube-vip)");
  public static final Setting NODE_NAME =
      Setting.acts(
          "vip_nodename",
          "nodeName",
          Kind.TEXT,
          "",
          Group.GENERAL,
          "name of this node's Node object; empty: the host name");
  public static final Setting KUBECONFIG =
      Setting.acts(
          "k8s_config_file",
          "k8sConfigPath",
          Kind.TEXT,
          "/etc/kubernetes/admin.conf",
          Group.GENERAL,
          "kubeconfig file; if the default does not exist, the ServiceAccount of the"
              + " pod is used");
  public static final Setting KUBERNETES_ADDRESS =
      Setting.acts(
          "kubernetes_addr",
          "",
          Kind.TEXT,
          "",
          Group.GENERAL,
          "address of the API server in place of the one in the kubeconfig");
  public static final Setting PROMETHEUS =
      Setting.acts(
          "prometheus_server",
          "prometheusHTTPServer",
          Kind.TEXT,
          ":2112",
          Group.GENERAL,
          "address and port for /metrics, /healthz, /livez and /readyz; empty: none");
  public static final Setting LOG_LEVEL =
      Setting.acts(
              "vip_loglevel",
              "log",
              Kind.NUMBER,
              "0",
              Group.GENERAL,
              "-4, or 5 and above: details; anything else: decisions")
          .followed();
  public static final Setting LOG_FORMAT =
      Setting.acts(
          "log_format",
          "log-format",
          Kind.TEXT,
          "text",
          Group.GENERAL,
          "text or json (of this program, not of kube-vip)");
  public static final Setting LEASE_NAMESPACE =
      Setting.acts(
          "cp_namespace",
          "namespace",
          Kind.TEXT,
          "kube-system",
          Group.OWNERSHIP,
          "namespace of the Leases by which the nodes agree");
  public static final Setting LEASE_DURATION =
      Setting.acts(
          "vip_leaseduration",
          "leaseDuration",
          Kind.NUMBER,
          "15",
          Group.OWNERSHIP,
          "seconds after which a node that says nothing, and whose death nobody saw, counts as"
              + " dead");
  public static final Setting RENEW_DEADLINE =
      Setting.acts(
          "vip_renewdeadline",
          "leaseRenewDuration",
          Kind.NUMBER,
          "10",
          Group.OWNERSHIP,
          "seconds after which a node that cannot renew its Lease falls silent");
  public static final Setting RETRY_PERIOD =
      Setting.acts(
          "vip_retryperiod",
          "leaseRetry",
          Kind.NUMBER,
          "2",
          Group.OWNERSHIP,
          "seconds between renewals of a node's Lease");
  public static final Setting MESH_PORT =
      Setting.acts(
          "vip_mesh_port",
          "mesh-port",
          Kind.NUMBER,
          "10263",
          Group.OWNERSHIP,
          "TCP and UDP port on the node's InternalIPs for what the nodes say to each other (with"
              + " `cp_enable`, as long as its Node object has none: on its addresses on `vip_interface`,"
              + " else where a default route leads, else on all), with `majority` UDP on its addresses in"
              + " other networks that nodes have in common, too; the same on all (of this program, not"
              + " of kube-vip)");

  public static final Setting NODE_LABELS =
      Setting.acts(
          "enable_node_labeling",
          "enableNodeLabeling",
          Kind.BOOL,
          "false",
          Group.SERVICES,
          "label this node's Node while it holds: `kube-vip.io/has-ip` with the control plane's"
              + " address (with `cp_enable`; of several the first of `address`),"
              + " `service-provided.kube-vip.io/SERVICE.NAMESPACE` with those of a Service (with"
              + " `svc_enable`). An IPv6 address is its 32 hexadecimal digits; between several stands"
              + " `_`, where kube-vip has a comma that no API server takes; a name of more than 63"
              + " characters gets no label. A node that died keeps its labels until its vip-manager"
              + " starts. Needs `patch` on nodes, which `manifest rbac --enableNodeLabeling` has");
  public static final Setting DRAIN_ON_CORDON =
      Setting.acts(
              "vip_drain_on_cordon",
              "drain-on-cordon",
              Kind.BOOL,
              "false",
              Group.OWNERSHIP,
              "a cordoned node hands over what other nodes can hold, as `vip-manager drain` has it do"
                  + " (of this program, not of kube-vip)")
          .followed();
  public static final Setting STATUS_SOCKET =
      Setting.acts(
          "vip_status_socket",
          "status-socket",
          Kind.TEXT,
          "/run/thresher/vip-manager.sock",
          Group.GENERAL,
          "socket on which `vip-manager status` and `explain` ask the process of this node; empty:"
              + " none (of this program, not of kube-vip)");
  public static final Setting CONFIG_FILE =
      Setting.acts(
          "config_file",
          "config-file",
          Kind.TEXT,
          "",
          Group.GENERAL,
          "file with settings, YAML or JSON, under kube-vip's keys or the names of this table; what"
              + " the environment or a flag says goes before it");

  /// All of them, by group and in the order of the help.
  public static final List<Setting> ALL = all();

  private Settings() {}

  private static List<Setting> all() {
    List<Setting> all = new ArrayList<>();
    add(all, NODE_NAME, KUBECONFIG, KUBERNETES_ADDRESS, PROMETHEUS, LOG_LEVEL, LOG_FORMAT);
    add(all, CONFIG_FILE, STATUS_SOCKET);
    add(
        all,
        Setting.accepted(
            "instance_name", "", Kind.TEXT, "", Group.GENERAL, "the node's name is used"),
        Setting.accepted(
            "",
            "inCluster",
            Kind.BOOL,
            "false",
            Group.GENERAL,
            "found by whether the kubeconfig file exists"),
        Setting.accepted(
            "vip_configmap",
            "configMap",
            Kind.TEXT,
            "plndr",
            Group.GENERAL,
            "Services are read from the API server, as kube-vip does since 0.3"));
    add(
        all,
        SERVICES,
        SERVICE_NAMESPACE,
        CLASS_NAME,
        CLASS_ONLY,
        CLASS_LEGACY,
        NO_STATUS,
        ALLOWED_RANGES,
        SHARED_BY_ALL,
        NODE_LABELS);
    all.addAll(CompatibleSettings.SERVICES);
    all.addAll(Without.SERVICES);
    add(
        all,
        LEASE_NAMESPACE,
        LEASE_DURATION,
        RENEW_DEADLINE,
        RETRY_PERIOD,
        MESH_PORT,
        DRAIN_ON_CORDON,
        CompatibleSettings.PROFILE);
    all.addAll(MajoritySettings.ALL);
    all.addAll(Without.OWNERSHIP);
    add(
        all,
        ARP,
        INTERFACE,
        SERVICES_INTERFACE,
        ICMP,
        PROBE,
        ANNOUNCE_PERIOD,
        RETURN_PATH,
        VIRTUAL_MAC);
    all.addAll(Without.LAYER2);
    all.addAll(ControlPlaneSettings.ALL);
    all.addAll(OtherModes.ALL);
    return List.copyOf(all);
  }

  private static void add(List<Setting> all, Setting... more) {
    all.addAll(List.of(more));
  }
}
