package dev.thresher.vip.app;

import dev.thresher.vip.app.SettingValues.WrongUsageException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import org.yaml.snakeyaml.error.YAMLException;

/// The file that `config_file` names: YAML, of which JSON is a part. Keys are those of kube-vip's
/// file in either of its spellings, the names of variables and those of flags, upper and lower case
/// alike.
///
/// Source of kube-vip's keys: kube-vip/kube-vip, `pkg/kubevip/config_types.go`.
final class ConfigFile {

  /// Keys of kube-vip that are neither a variable's name nor a flag's, by the variable.
  private static final Map<String, List<String>> KEYS =
      Map.ofEntries(
          Map.entry("vip_loglevel", List.of("logging")),
          Map.entry("vip_arp", List.of("enableARP")),
          Map.entry("vip_arpRate", List.of("arpBroadcastRate")),
          Map.entry("bgp_enable", List.of("enableBGP")),
          Map.entry("vip_wireguard", List.of("enableWireguard")),
          Map.entry("vip_routingtable", List.of("enableRoutingTable")),
          Map.entry("vip_routingtableid", List.of("routingTableID")),
          Map.entry("vip_routingtabletype", List.of("routingTableType")),
          Map.entry("cp_enable", List.of("enableControlPlane")),
          Map.entry("cp_detect", List.of("detectControlPlane")),
          Map.entry("kubernetes_addr", List.of("kubernetesAddr")),
          Map.entry("svc_enable", List.of("enableServices")),
          Map.entry("svc_election", List.of("enableServicesElection")),
          Map.entry("svc_namespace", List.of("serviceNamespace")),
          Map.entry("lb_class_only", List.of("loadBalancerClassOnly")),
          Map.entry("lb_class_name", List.of("loadBalancerClassName")),
          Map.entry("lb_class_legacy_handling", List.of("loadBalancerClassLegacyHandling")),
          Map.entry("enable_service_security", List.of("enableServiceSecurity")),
          Map.entry("vip_leaderelection", List.of("enableLeaderElection")),
          Map.entry("vip_renewdeadline", List.of("renewDeadline")),
          Map.entry("vip_retryperiod", List.of("retryPeriod")),
          Map.entry("vip_leaseannotations", List.of("leaseAnnotations")),
          Map.entry("vip_nodename", List.of("leaseNodeName")),
          Map.entry("vip_singlenode", List.of("singleNode")),
          Map.entry("vip_startleader", List.of("startAsLeader")),
          Map.entry("vip_addpeerstolb", List.of("addPeersAsBackends")),
          Map.entry("vip_servicesinterface", List.of("servicesInterface")),
          Map.entry("lb_port", List.of("loadBalancerPort")),
          Map.entry("lb_fwdmethod", List.of("loadBalancerForwardingMethod")),
          Map.entry("k8s_config_file", List.of("k8sConfigFile")),
          Map.entry("dns_mode", List.of("dnsDualStackMode")),
          Map.entry("iptables_backend", List.of("iptablesBackend")),
          Map.entry("backend_health_check_interval", List.of("backendHealthCheckInterval")),
          Map.entry("enable_upnp", List.of("enableUPNP")),
          Map.entry("egress_clean", List.of("egressClean")),
          Map.entry("egress_podcidr", List.of("egressPodCidr")),
          Map.entry("egress_servicecidr", List.of("egressServiceCidr")),
          Map.entry("egress_withnftables", List.of("egressWithNftables")));

  /// Structures of kube-vip's file that shape only what another key switches on.
  private static final Set<String> SHAPING =
      Set.of("bgpconfig", "bgppeerconfig", "bgppeers", "loadbalancers", "configfile", "etcd");

  private ConfigFile() {}

  /// The settings in the file at `path`, each as text.
  ///
  /// @throws WrongUsageException if it cannot be read, is no mapping, or has a key that is unknown
  static Map<Setting, String> read(Path path) {
    String text;
    try {
      text = Files.readString(path, StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new WrongUsageException(
          "config_file (--config-file) cannot be read: " + path + ": " + e.getMessage());
    }
    return parse(text, path.toString());
  }

  static Map<Setting, String> parse(String text, String name) {
    @Nullable Object document;
    try {
      document = new Yaml(new SafeConstructor(new LoaderOptions())).load(text);
    } catch (YAMLException e) {
      throw new WrongUsageException(
          "config_file (--config-file) " + name + " is neither YAML nor JSON: " + e.getMessage());
    }
    if (document == null) {
      return Map.of();
    }
    if (!(document instanceof Map<?, ?> mapping)) {
      throw new WrongUsageException(
          "config_file (--config-file) " + name + " must be a mapping of keys to values");
    }
    Map<Setting, String> values = new HashMap<>();
    collect(mapping, name, keys(), values);
    return Map.copyOf(values);
  }

  private static void collect(
      Map<?, ?> mapping, String name, Map<String, Setting> keys, Map<Setting, String> values) {
    for (Map.Entry<?, ?> entry : mapping.entrySet()) {
      String key = String.valueOf(entry.getKey());
      String lower = key.toLowerCase(Locale.ROOT);
      Object value = entry.getValue();
      if (value == null || SHAPING.contains(lower)) {
        continue;
      }
      // kube-vip embeds this structure: its file has it flat as JSON and nested as YAML.
      if (lower.equals("kubernetesleaderelection") && value instanceof Map<?, ?> nested) {
        collect(nested, name, keys, values);
        continue;
      }
      Setting setting = keys.get(lower);
      if (setting == null) {
        throw new WrongUsageException(
            "config_file (--config-file) "
                + name
                + " has the unknown key \""
                + key
                + "\""
                + SettingValues.near(lower, keys.keySet())
                    .map(near -> ", did you mean \"" + near + "\"?")
                    .orElse(""));
      }
      values.put(setting, text(value));
    }
  }

  private static String text(Object value) {
    return switch (value) {
      case List<?> list -> list.stream().map(String::valueOf).collect(Collectors.joining(","));
      case Double number when number == Math.rint(number) -> String.valueOf(number.longValue());
      default -> String.valueOf(value);
    };
  }

  private static Map<String, Setting> keys() {
    Map<String, Setting> keys = new HashMap<>();
    for (Setting setting : Settings.ALL) {
      if (!setting.flag().isEmpty()) {
        keys.put(setting.flag().toLowerCase(Locale.ROOT), setting);
      }
    }
    for (Setting setting : Settings.ALL) {
      if (!setting.variable().isEmpty()) {
        keys.put(setting.variable().toLowerCase(Locale.ROOT), setting);
        KEYS.getOrDefault(setting.variable(), List.of())
            .forEach(key -> keys.put(key.toLowerCase(Locale.ROOT), setting));
      }
    }
    return keys;
  }
}
