package dev.thresher.vip.app;

import com.google.common.net.InetAddresses;
import dev.thresher.vip.app.Setting.Group;
import dev.thresher.vip.app.Setting.Kind;
import dev.thresher.vip.app.SettingValues.WrongUsageException;
import dev.thresher.vip.controlplane.ControlPlaneConfig;
import dev.thresher.vip.controlplane.ControlPlaneConfig.Check;
import dev.thresher.vip.controlplane.ControlPlaneConfig.Device;
import dev.thresher.vip.controlplane.ControlPlaneConfig.Families;
import dev.thresher.vip.election.NodeLinks;
import java.net.InetAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// The settings of the address of the control plane: a part of the table of [Settings].
final class ControlPlaneSettings {

  private static final String HEALTH = "control_plane_health_check_";
  private static final Group CONTROL_PLANE = Group.CONTROL_PLANE;

  static final Setting ENABLE =
      Setting.acts(
          "cp_enable",
          "controlplane",
          Kind.BOOL,
          "false",
          CONTROL_PLANE,
          "hold the address of the control plane on a node whose API server is well");
  static final Setting ADDRESS =
      Setting.acts(
              "address",
              "address",
              Kind.TEXT,
              "",
              CONTROL_PLANE,
              "the address of the control plane: IP addresses and DNS names, comma separated")
          .followed();
  static final Setting VIP =
      Setting.acts(
              "vip_address", "vip", Kind.TEXT, "", CONTROL_PLANE, "the older name of `address`")
          .followed();
  static final Setting PORT =
      Setting.acts(
          "port",
          "port",
          Kind.NUMBER,
          "6443",
          CONTROL_PLANE,
          "port of the API server of each node");
  static final Setting DNS_MODE =
      Setting.acts(
              "dns_mode",
              "dnsMode",
              Kind.TEXT,
              "first",
              CONTROL_PLANE,
              "which addresses of a DNS name are held: `first`, of whichever family the system's resolver"
                  + " puts first (getaddrinfo, by RFC 6724 and /etc/gai.conf), `ipv4`, `ipv6` or"
                  + " `dual`")
          .followed();
  static final Setting DEVICE =
      Setting.acts(
          "vip_device",
          "vip-device",
          Kind.TEXT,
          "auto",
          CONTROL_PLANE,
          "what makes the control plane's address one of the node's own while it is held: `tun`, a"
              + " device that dies with this process; `nic` or `lo`, the interface that answers or"
              + " the loopback, which the kernel takes it back from within seconds of this process'"
              + " death; `none`, if something else brings its packets to the API server; `auto`,"
              + " `tun` or else `lo`. Addresses of Services are on no interface (of this program,"
              + " not of kube-vip)");
  static final Setting CHECK_ADDRESS =
      Setting.acts(
              HEALTH + "address",
              "",
              Kind.TEXT,
              "",
              Group.HEALTH,
              "URL by which this node's API server is asked whether it is well; empty:"
                  + " https://127.0.0.1:`port`/livez, once a second")
          .followed();
  static final Setting CHECK_PERIOD =
      Setting.acts(
              HEALTH + "period_seconds",
              "",
              Kind.NUMBER,
              "5",
              Group.HEALTH,
              "seconds between two tries, if an address is given")
          .followed();
  static final Setting CHECK_TIMEOUT =
      Setting.acts(
              HEALTH + "timeout_seconds",
              "",
              Kind.NUMBER,
              "3",
              Group.HEALTH,
              "seconds that a try may take")
          .followed();
  static final Setting CHECK_THRESHOLD =
      Setting.acts(
              HEALTH + "failure_threshold",
              "",
              Kind.NUMBER,
              "3",
              Group.HEALTH,
              "failures in a row after which the address goes to a node whose server is well, if there"
                  + " is one; a closed port is tried again after 0.2 s")
          .followed();
  static final Setting CHECK_CA =
      Setting.acts(
              HEALTH + "ca_path",
              "",
              Kind.TEXT,
              "",
              Group.HEALTH,
              "certificates to trust at that; empty: those of the kubeconfig")
          .followed();

  static final Setting HEALTH_PORT =
      Setting.acts(
          "health_check_port",
          "healthCheckPort",
          Kind.NUMBER,
          "0",
          Group.HEALTH,
          "port on all addresses for /healthz of this process alone, beside prometheus_server, which"
              + " has it, too; 0: none");

  static final List<Setting> ALL = all();

  private ControlPlaneSettings() {}

  private static List<Setting> all() {
    List<Setting> all = new ArrayList<>();
    all.addAll(List.of(ENABLE, ADDRESS, VIP, PORT, DNS_MODE, DEVICE));
    all.add(
        Setting.accepted(
            "cp_detect",
            "autodetectcp",
            Kind.BOOL,
            "false",
            CONTROL_PLANE,
            "the API server of this node is asked first anyway"));
    all.add(CompatibleSettings.CONTROL_PLANE_LEASE);
    all.add(
        Setting.accepted(
            "vip_singlenode",
            "",
            Kind.BOOL,
            "false",
            CONTROL_PLANE,
            "a node that is alone holds the address"));
    all.add(MajoritySettings.START_LEADER);
    all.addAll(BalancingSettings.ALL);
    all.addAll(List.of(CHECK_ADDRESS, CHECK_PERIOD, CHECK_TIMEOUT, CHECK_THRESHOLD, CHECK_CA));
    all.add(HEALTH_PORT);
    return List.copyOf(all);
  }

  /// Empty if the control plane is not served.
  static Optional<ControlPlaneConfig> read(SettingValues values) {
    if (!values.bool(ENABLE)) {
      return Optional.empty();
    }
    String own = values.text(Settings.INTERFACE);
    boolean elsewhere = !values.text(Settings.SERVICES_INTERFACE).isEmpty();
    return Optional.of(
        new ControlPlaneConfig(
            addresses(values),
            families(values.text(DNS_MODE)),
            own.isEmpty() && elsewhere ? NodeLinks.AUTO : own,
            check(values),
            BalancingSettings.read(values),
            device(values.text(DEVICE))));
  }

  private static List<String> addresses(SettingValues values) {
    String text = values.text(ADDRESS).isEmpty() ? values.text(VIP) : values.text(ADDRESS);
    List<String> addresses = new ArrayList<>();
    for (String part : text.split(",", -1)) {
      if (!part.isBlank()) {
        addresses.add(address(part.strip()));
      }
    }
    if (addresses.isEmpty()) {
      throw new WrongUsageException(
          "address (--address) must name the address of the control plane: cp_enable is true");
    }
    return addresses;
  }

  private static String address(String text) {
    String bare = text.startsWith("[") && text.endsWith("]") ? inside(text) : text;
    if (!InetAddresses.isInetAddress(bare)) {
      if (!bare.matches("[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?\\.?")
          || bare.matches("[0-9./]+")) {
        throw new WrongUsageException(
            "address (--address) must be IP addresses without a prefix length or DNS names, found"
                + " \""
                + text
                + "\"");
      }
      return bare;
    }
    InetAddress address = InetAddresses.forString(bare);
    if (address.isAnyLocalAddress()) {
      throw new WrongUsageException(
          "address (--address) asks for an address from DHCP (\""
              + text
              + "\"), which is not there yet: write the address");
    }
    if (address.isLoopbackAddress()
        || address.isMulticastAddress()
        || address.isLinkLocalAddress()) {
      throw new WrongUsageException(
          "address (--address) must be one that other machines can reach, found \"" + text + "\"");
    }
    return bare;
  }

  private static String inside(String text) {
    return text.substring(1, text.length() - 1);
  }

  private static Families families(String mode) {
    return switch (mode) {
      case "first" -> Families.FIRST;
      case "ipv4" -> Families.IPV4;
      case "ipv6" -> Families.IPV6;
      case "dual" -> Families.DUAL;
      default ->
          throw new WrongUsageException(
              "dns_mode (--dnsMode) must be first, ipv4, ipv6 or dual, found \"" + mode + "\"");
    };
  }

  private static Device device(String device) {
    return switch (device) {
      case "auto" -> Device.AUTO;
      case "none" -> Device.NONE;
      case "tun" -> Device.TUN;
      case "nic" -> Device.NIC;
      case "lo" -> Device.LO;
      default ->
          throw new WrongUsageException(
              "vip_device (--vip-device) must be auto, none, tun, nic or lo, found \""
                  + device
                  + "\"");
    };
  }

  private static Check check(SettingValues values) {
    String given = values.text(CHECK_ADDRESS);
    Duration timeout = positive(values, CHECK_TIMEOUT);
    int threshold = Math.toIntExact(Math.min(1000, positive(values, CHECK_THRESHOLD).toSeconds()));
    Optional<String> authority = Optional.of(values.text(CHECK_CA)).filter(path -> !path.isEmpty());
    if (given.isEmpty()) {
      return new Check(
          URI.create("https://127.0.0.1:" + port(values) + "/livez"),
          "kubernetes",
          authority,
          Duration.ofSeconds(1),
          timeout,
          threshold);
    }
    try {
      URI url = new URI(given);
      if (url.getHost() != null && List.of("http", "https").contains(url.getScheme())) {
        return new Check(url, "", authority, positive(values, CHECK_PERIOD), timeout, threshold);
      }
    } catch (URISyntaxException e) {
      throw new WrongUsageException(CHECK_ADDRESS.variable() + " is no URL: " + e.getMessage());
    }
    throw new WrongUsageException(
        CHECK_ADDRESS.variable() + " must be an https:// or http:// URL, found \"" + given + "\"");
  }

  static int port(SettingValues values) {
    return port(values, PORT);
  }

  static int port(SettingValues values, Setting setting) {
    long port = values.number(setting);
    if (port < 1 || port > 65535) {
      throw new WrongUsageException(
          setting.variable()
              + " (--"
              + setting.flag()
              + ") must be from 1 to 65535, found "
              + port);
    }
    return (int) port;
  }

  static Duration positive(SettingValues values, Setting setting) {
    long seconds = values.number(setting);
    if (seconds < 1 || seconds > 3600) {
      throw new WrongUsageException(
          setting.variable() + " must be from 1 to 3600, found " + seconds);
    }
    return Duration.ofSeconds(seconds);
  }
}
