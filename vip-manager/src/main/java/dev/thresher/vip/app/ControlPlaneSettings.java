package dev.thresher.vip.app;

import dev.thresher.vip.app.Setting.Group;
import dev.thresher.vip.app.Setting.Kind;
import java.util.ArrayList;
import java.util.List;

/// The settings of the address of the control plane: a part of the table of [Settings].
final class ControlPlaneSettings {

  private static final String NOT_YET =
      "the control-plane address is not there yet: keep kube-vip for it, with svc_enable=false";
  private static final String ONLY = "concerns the control-plane address only";

  static final List<Setting> ALL = all();

  private ControlPlaneSettings() {}

  private static List<Setting> all() {
    List<Setting> all = new ArrayList<>();
    Group group = Group.CONTROL_PLANE;
    all.add(Setting.refused("cp_enable", "controlplane", Kind.BOOL, "false", group, NOT_YET));
    all.add(Setting.refused("address", "address", Kind.TEXT, "", group, NOT_YET));
    all.add(Setting.refused("vip_address", "vip", Kind.TEXT, "", group, NOT_YET));
    all.add(Setting.refused("cp_detect", "autodetectcp", Kind.BOOL, "false", group, NOT_YET));
    all.add(Setting.accepted("port", "port", Kind.NUMBER, "6443", group, ONLY));
    all.add(
        Setting.accepted("vip_leasename", "leaseName", Kind.TEXT, "plndr-cp-lock", group, ONLY));
    all.add(Setting.accepted("vip_singlenode", "", Kind.BOOL, "false", group, ONLY));
    all.add(Setting.accepted("vip_startleader", "", Kind.BOOL, "false", group, ONLY));
    all.add(
        Setting.accepted(
            "dns_mode",
            "dnsMode",
            Kind.TEXT,
            "first",
            group,
            "concerns control-plane addresses given by name only"));
    balancing(all);
    health(all);
    return List.copyOf(all);
  }

  private static void balancing(List<Setting> all) {
    Group group = Group.BALANCING;
    all.add(Setting.refused("lb_enable", "enableLoadBalancer", Kind.BOOL, "false", group, NOT_YET));
    all.add(Setting.accepted("lb_port", "lbPort", Kind.NUMBER, "6443", group, ONLY));
    all.add(
        Setting.accepted("lb_fwdmethod", "lbForwardingMethod", Kind.TEXT, "local", group, ONLY));
    all.add(Setting.accepted("iptables_backend", "", Kind.TEXT, "", group, "nftables is used"));
    all.add(Setting.accepted("backend_health_check_interval", "", Kind.NUMBER, "5", group, ONLY));
  }

  private static void health(List<Setting> all) {
    Group group = Group.HEALTH;
    String prefix = "control_plane_health_check_";
    all.add(Setting.refused(prefix + "address", "", Kind.TEXT, "", group, NOT_YET));
    all.add(Setting.accepted(prefix + "period_seconds", "", Kind.NUMBER, "5", group, ONLY));
    all.add(Setting.accepted(prefix + "timeout_seconds", "", Kind.NUMBER, "3", group, ONLY));
    all.add(Setting.accepted(prefix + "failure_threshold", "", Kind.NUMBER, "3", group, ONLY));
    all.add(Setting.accepted(prefix + "ca_path", "", Kind.TEXT, "", group, ONLY));
    all.add(
        Setting.refused(
            "health_check_port",
            "healthCheckPort",
            Kind.NUMBER,
            "0",
            group,
            "health is served on prometheus_server: /healthz, /livez, /readyz"));
  }
}
