package dev.thresher.vip.app;

import dev.thresher.vip.app.Setting.Group;
import dev.thresher.vip.app.Setting.Kind;
import dev.thresher.vip.app.SettingValues.WrongUsageException;
import dev.thresher.vip.controlplane.ControlPlaneConfig.Balancing;
import java.util.List;
import java.util.Optional;

/// The settings of spreading connections to the control plane's address over the API servers: a
/// part of the table of [Settings].
final class BalancingSettings {

  private static final Group GROUP = Group.BALANCING;

  static final Setting ENABLE =
      Setting.acts(
          "lb_enable",
          "enableLoadBalancer",
          Kind.BOOL,
          "false",
          GROUP,
          "spread connections to the control plane's address over the API servers that are well, by"
              + " nftables; without `cp_enable` there is nothing to spread");
  static final Setting PORT =
      Setting.acts(
          "lb_port",
          "lbPort",
          Kind.NUMBER,
          "6443",
          GROUP,
          "port of that address whose connections are spread");
  static final Setting METHOD =
      Setting.acts(
          "lb_fwdmethod",
          "lbForwardingMethod",
          Kind.TEXT,
          "local",
          GROUP,
          "`local` or `masquerade`, which are one here: what goes to the server of another node seems"
              + " to come from the holder, the holder's own server sees the client; `tunnel`,"
              + " `directroute` and `bypass` are refused");
  static final Setting PERIOD =
      Setting.acts(
          "backend_health_check_interval",
          "",
          Kind.NUMBER,
          "5",
          GROUP,
          "seconds between two questions whether an API server is well (https, /livez)");

  static final List<Setting> ALL =
      List.of(
          ENABLE,
          PORT,
          METHOD,
          Setting.accepted("iptables_backend", "", Kind.TEXT, "", GROUP, "nftables is used"),
          PERIOD);

  private BalancingSettings() {}

  /// Empty if nothing is spread.
  static Optional<Balancing> read(SettingValues values) {
    if (!values.bool(ENABLE)) {
      return Optional.empty();
    }
    String method = values.text(METHOD);
    if (!List.of("local", "masquerade").contains(method)) {
      throw new WrongUsageException(
          "lb_fwdmethod (--lbForwardingMethod) must be local or masquerade, found \""
              + method
              + "\": others need the address on every server");
    }
    return Optional.of(
        new Balancing(
            ControlPlaneSettings.port(values, PORT),
            ControlPlaneSettings.positive(values, PERIOD)));
  }
}
