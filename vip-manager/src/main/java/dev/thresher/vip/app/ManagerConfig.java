package dev.thresher.vip.app;

import dev.thresher.api.address.IpRange;
import dev.thresher.api.names.DnsLabel;
import dev.thresher.vip.app.SettingValues.WrongUsageException;
import dev.thresher.vip.controlplane.ControlPlaneConfig;
import dev.thresher.vip.election.RightTimes;
import dev.thresher.vip.l2.Pace;
import dev.thresher.vip.majority.MajorityConfig;
import dev.thresher.vip.services.ClassPolicy;
import dev.thresher.vip.services.RuleBook;
import dev.thresher.vip.services.ServicePolicy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/// What the program runs with.
///
/// @param node name of this node
/// @param kubeconfig file, empty for the ServiceAccount of the pod
/// @param server address of the API server in place of the kubeconfig's, or empty
/// @param serviceNamespace of the Services, empty for all; absent if Services are not served
/// @param leaseNamespace of the Leases
/// @param services which are ours, and what they may have
/// @param configuredInterface for addresses that name none; empty: found by address
/// @param icmp answer pings
/// @param returnPath answers leave by the interface by which the request came
/// @param virtualMac each held address is to have a MAC of its own
/// @param pace of claims and announcements
/// @param writeStatus write status and annotations of Services
/// @param times of the right by Leases
/// @param majority if a majority of voters gives the right, in place of Leases
/// @param meshKeys directory of the keys by which the nodes prove what they say to each other
/// @param compatible which profile applies, and kube-vip's Leases
/// @param controlPlane if the address of the control plane is served
/// @param drainOnCordon whether a cordoned node hands over what others can hold
/// @param nodeLabels whether this node's Node is labelled with what is held
/// @param meshPort TCP port among the nodes
/// @param opsHost where health and metrics are served
/// @param opsPort port of that, 0 for none
/// @param healthPort where `/healthz` is served besides, on all addresses; 0 for nowhere
/// @param statusSocket where this process tells what it knows, if anywhere
/// @param verbosity of the log
/// @param json log as JSON
/// @param warnings settings that were given and do nothing, for the log
public record ManagerConfig(
    String node,
    String kubeconfig,
    String server,
    Optional<String> serviceNamespace,
    String leaseNamespace,
    ServicePolicy services,
    String configuredInterface,
    boolean icmp,
    boolean returnPath,
    boolean virtualMac,
    Pace pace,
    boolean writeStatus,
    RightTimes times,
    Optional<MajorityConfig> majority,
    Optional<Path> meshKeys,
    CompatibleConfig compatible,
    Optional<ControlPlaneConfig> controlPlane,
    boolean drainOnCordon,
    boolean nodeLabels,
    int meshPort,
    String opsHost,
    int opsPort,
    int healthPort,
    Optional<Path> statusSocket,
    int verbosity,
    boolean json,
    List<String> warnings) {

  /// Reads flags and environment.
  ///
  /// @param hostName of this machine
  /// @throws WrongUsageException with a message for people
  static ManagerConfig read(
      List<String> arguments, Map<String, String> environment, String hostName) {
    return of(SettingValues.read(arguments, environment), hostName, Files::exists);
  }

  /// What follows from settings.
  ///
  /// @param exists whether there is such a file
  /// @throws WrongUsageException with a message for people
  static ManagerConfig of(SettingValues values, String hostName, Predicate<Path> exists) {
    require(values, Settings.ARP, "other modes are not there yet");
    OtherModes.check(values);
    Optional<ControlPlaneConfig> controlPlane = ControlPlaneSettings.read(values);
    if (!values.bool(Settings.SERVICES) && controlPlane.isEmpty()) {
      throw new WrongUsageException(
          "svc_enable (--services) or cp_enable (--controlplane) must be true: there is nothing"
              + " else to do");
    }
    String kubeconfig = kubeconfig(values.text(Settings.KUBECONFIG), exists);
    String node = values.text(Settings.NODE_NAME);
    String services = values.text(Settings.SERVICES_INTERFACE);
    HostAndPort ops = opsAddress(values.text(Settings.PROMETHEUS));
    return new ManagerConfig(
        nodeName(node.isEmpty() ? hostName : node),
        kubeconfig,
        server(values, controlPlane.isPresent() && !kubeconfig.isEmpty()),
        Optional.of(values.text(Settings.SERVICE_NAMESPACE))
            .filter(any -> values.bool(Settings.SERVICES)),
        leaseNamespace(values),
        new ServicePolicy(
            new ClassPolicy(
                values.text(Settings.CLASS_NAME),
                values.bool(Settings.CLASS_ONLY),
                values.bool(Settings.CLASS_LEGACY)),
            allowedRanges(values.text(Settings.ALLOWED_RANGES)),
            values.bool(Settings.SHARED_BY_ALL)),
        services.isEmpty() ? values.text(Settings.INTERFACE) : services,
        values.bool(Settings.ICMP),
        returnPath(values.text(Settings.RETURN_PATH)),
        values.bool(Settings.VIRTUAL_MAC),
        pace(values),
        !values.bool(Settings.NO_STATUS),
        times(values),
        MajoritySettings.read(values),
        MajoritySettings.keys(values),
        CompatibleSettings.read(values),
        controlPlane,
        values.bool(Settings.DRAIN_ON_CORDON),
        values.bool(Settings.NODE_LABELS),
        port(values.number(Settings.MESH_PORT), 1, "vip_mesh_port"),
        ops.host(),
        ops.port(),
        healthPort(values.number(ControlPlaneSettings.HEALTH_PORT), ops),
        Optional.of(values.text(Settings.STATUS_SOCKET))
            .filter(path -> !path.isEmpty())
            .map(Path::of),
        verbosity(values.number(Settings.LOG_LEVEL)),
        json(values.text(Settings.LOG_FORMAT)),
        values.warnings());
  }

  private record HostAndPort(String host, int port) {}

  /// A node of the control plane talks to its own API server, whatever address the kubeconfig has:
  /// that may be the very address that nobody holds yet.
  private static String server(SettingValues values, boolean ownServer) {
    String given = values.text(Settings.KUBERNETES_ADDRESS);
    if (given.isEmpty()) {
      return ownServer
          ? "https://" + ServerAddresses.NAME + ":" + ControlPlaneSettings.port(values)
          : "";
    }
    return given.contains("://") ? given : "https://" + given;
  }

  private static void require(SettingValues values, Setting setting, String why) {
    if (!values.bool(setting)) {
      throw new WrongUsageException(
          setting.variable() + " (--" + setting.flag() + ") must be true: " + why);
    }
  }

  private static String nodeName(String name) {
    if (List.of("holders", "voters", "witness").contains(name)) {
      throw new WrongUsageException(
          "vip_nodename (--nodeName) must not be \""
              + name
              + "\": the node's Lease would have the name of a record of this program");
    }
    return name;
  }

  /// Where the Leases are, by which the nodes agree.
  ///
  /// @throws WrongUsageException if no namespace can have that name
  static String leaseNamespace(SettingValues values) {
    String namespace = values.text(Settings.LEASE_NAMESPACE);
    if (!DnsLabel.is(namespace)) {
      throw new WrongUsageException(
          "cp_namespace (--namespace) must be the name of a namespace, found \""
              + namespace
              + "\": leave it out for "
              + Settings.LEASE_NAMESPACE.fallback());
    }
    return namespace;
  }

  private static List<IpRange> allowedRanges(String text) {
    try {
      return RuleBook.allowed(text);
    } catch (IllegalArgumentException e) {
      throw new WrongUsageException("vip_allowed_ranges (--allowed-ranges): " + e.getMessage());
    }
  }

  private static Pace pace(SettingValues values) {
    long period = values.number(Settings.ANNOUNCE_PERIOD);
    if (period < 1 || period > 3600) {
      throw new WrongUsageException(
          "vip_announce_period (--announce-period) must be 1 to 3600 seconds, found " + period);
    }
    return switch (values.text(Settings.PROBE)) {
      case "fast" -> Pace.fast(Duration.ofSeconds(period));
      case "rfc5227" -> Pace.rfc5227(Duration.ofSeconds(period));
      default ->
          throw new WrongUsageException(
              "vip_probe (--probe) must be fast or rfc5227, found \""
                  + values.text(Settings.PROBE)
                  + "\"");
    };
  }

  private static boolean returnPath(String text) {
    return switch (text) {
      case "auto" -> true;
      case "off" -> false;
      default ->
          throw new WrongUsageException(
              "vip_return_path (--return-path) must be auto or off, found \"" + text + "\"");
    };
  }

  private static String kubeconfig(String path, Predicate<Path> exists) {
    if (path.isEmpty()) {
      return "";
    }
    boolean there = exists.test(Path.of(path));
    if (!there && !path.equals(Settings.KUBECONFIG.fallback())) {
      throw new WrongUsageException(
          "k8s_config_file (--k8sConfigPath) names a file that does not exist: " + path);
    }
    return there ? path : "";
  }

  private static RightTimes times(SettingValues values) {
    try {
      return new RightTimes(
          Duration.ofSeconds(values.number(Settings.LEASE_DURATION)),
          Duration.ofSeconds(values.number(Settings.RENEW_DEADLINE)),
          Duration.ofSeconds(values.number(Settings.RETRY_PERIOD)));
    } catch (IllegalArgumentException e) {
      throw new WrongUsageException(String.valueOf(e.getMessage()));
    }
  }

  private static HostAndPort opsAddress(String text) {
    if (text.isEmpty()) {
      return new HostAndPort("", 0);
    }
    int colon = text.lastIndexOf(':');
    if (colon < 0) {
      throw new WrongUsageException(
          "prometheus_server must be address:port or :port, found \"" + text + "\"");
    }
    String host = text.substring(0, colon);
    if (host.startsWith("[") && host.endsWith("]")) {
      host = host.substring(1, host.length() - 1);
    }
    try {
      int port = port(Long.parseLong(text.substring(colon + 1)), 1, "prometheus_server");
      return new HostAndPort(host.isEmpty() ? "::" : host, port);
    } catch (NumberFormatException e) {
      throw new WrongUsageException(
          "prometheus_server must be address:port or :port, found \"" + text + "\"");
    }
  }

  private static int healthPort(long number, HostAndPort ops) {
    int port = port(number, 0, "health_check_port");
    if (port != 0 && port == ops.port()) {
      throw new WrongUsageException(
          "health_check_port (--healthCheckPort) must not be "
              + port
              + ", the port of prometheus_server, which has /healthz, too: leave it out");
    }
    return port;
  }

  private static int port(long number, int least, String name) {
    if (number < least || number > 65535) {
      throw new WrongUsageException(
          name + " must be a port from " + least + " to 65535, found " + number);
    }
    return (int) number;
  }

  private static int verbosity(long level) {
    return level <= -4 || level >= 5 ? 4 : 2;
  }

  private static boolean json(String format) {
    return switch (format) {
      case "text" -> false;
      case "json" -> true;
      default ->
          throw new WrongUsageException(
              "log_format (--log-format) must be text or json, found \"" + format + "\"");
    };
  }
}
