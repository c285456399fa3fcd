package dev.thresher.vip.app;

import dev.thresher.vip.app.Setting.Group;
import dev.thresher.vip.app.Setting.Kind;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/// Settings about what this program does that it does without them, and those that ask for what it
/// does otherwise: a part of the table of [Settings].
final class Without {

  private static final String NO_ETCD =
      "etcd as a place to agree is not there: leave it at kubernetes, the nodes agree among"
          + " themselves";
  private static final String NOTHING_CONFIGURED = "nothing is configured on the interface";

  static final List<Setting> SERVICES = services();
  static final List<Setting> OWNERSHIP = ownership();
  static final List<Setting> LAYER2 = layer2();

  private Without() {}

  private static List<Setting> services() {
    List<Setting> all = new ArrayList<>();
    Group group = Group.SERVICES;
    Collections.addAll(
        all,
        Setting.accepted(
            "enable_endpoints",
            "enableEndpoints",
            Kind.BOOL,
            "false",
            group,
            "EndpointSlices are used"),
        Setting.accepted(
            "", "enableEndpointSlices", Kind.BOOL, "false", group, "EndpointSlices are used"),
        Setting.accepted(
            "debounce_time",
            "",
            Kind.TEXT,
            "0",
            group,
            "changes that come together are looked at together"),
        Setting.accepted(
            "enable_service_security",
            "onlyAllowTrafficServicePorts",
            Kind.BOOL,
            "false",
            group,
            "the holder always refuses ports that the Service does not have"));
    return List.copyOf(all);
  }

  private static List<Setting> ownership() {
    List<Setting> all = new ArrayList<>();
    Group group = Group.OWNERSHIP;
    Collections.addAll(
        all,
        Setting.accepted(
            "vip_leaderelection",
            "leaderElection",
            Kind.BOOL,
            "false",
            group,
            "there is always exactly one holder of an address"),
        Setting.refused("", "leaderElectionType", Kind.TEXT, "kubernetes", group, NO_ETCD),
        Setting.accepted(
            "vip_leaseannotations",
            "",
            Kind.TEXT,
            "",
            group,
            "the Leases' annotations carry the ownership"),
        Setting.refused(
            "vip_preserve_on_leadership_loss",
            "",
            Kind.BOOL,
            "false",
            group,
            "a node never answers for an address that another one may hold; leave it out"),
        Setting.accepted(
            "vip_loseleadership",
            "loseLeadership",
            Kind.BOOL,
            "false",
            group,
            "an orderly stop always hands the addresses over"));
    // The flag was shipped with a slip of the pen; manifests have either.
    for (String flag : List.of("loseLeadershipTimeoutSeconds", "loseLeadershiptTimeoutSeconds")) {
      String variable = flag.contains("shipt") ? "" : "vip_loseleadership_timeout_seconds";
      Collections.addAll(
          all,
          Setting.accepted(
              variable, flag, Kind.NUMBER, "30", group, "handing over takes milliseconds"));
    }
    for (String flag : List.of("etcdCACert", "etcdCert", "etcdKey", "etcdEndpoints")) {
      all.add(Setting.refused("", flag, Kind.TEXT, "", group, NO_ETCD));
    }
    return List.copyOf(all);
  }

  private static List<Setting> layer2() {
    List<Setting> all = new ArrayList<>();
    Group group = Group.LAYER2;
    Collections.addAll(
        all,
        Setting.accepted(
            "vip_arpRate",
            "",
            Kind.NUMBER,
            "3000",
            group,
            "announced at once, at 100 ms, 1 s, 2 s, then every 60 s"),
        Setting.accepted("vip_subnet", "vipSubnet", Kind.TEXT, "", group, NOTHING_CONFIGURED),
        Setting.accepted("vip_cidr", "", Kind.TEXT, "", group, NOTHING_CONFIGURED),
        Setting.accepted("vip_skipdad", "", Kind.BOOL, "false", group, NOTHING_CONFIGURED),
        Setting.accepted(
            "vip_interfaceloglobal",
            "loInterfaceGlobalScope",
            Kind.BOOL,
            "false",
            group,
            NOTHING_CONFIGURED),
        Setting.accepted(
            "vip_allow_interface_not_up",
            "",
            Kind.BOOL,
            "false",
            group,
            "an interface that comes up later is used then"),
        Setting.refused(
            "mirror_dest_interface",
            "mirrorDestInterface",
            Kind.TEXT,
            "",
            group,
            "mirror the interface with tc"));
    return List.copyOf(all);
  }
}
