package dev.thresher.vip.app;

import dev.thresher.api.ObjectKey;
import dev.thresher.api.names.DnsLabel;
import dev.thresher.api.names.KubeVipNames;
import dev.thresher.vip.app.Setting.Group;
import dev.thresher.vip.app.Setting.Kind;
import dev.thresher.vip.app.SettingValues.WrongUsageException;
import dev.thresher.vip.kubevip.LeaseNames;
import java.util.List;
import java.util.Optional;

/// The settings of the profile *compatible*: a part of the table of [Settings].
final class CompatibleSettings {

  private static final String OTHERWISE = "; otherwise each address has a holder of its own anyway";

  static final Setting PROFILE =
      Setting.acts(
          "vip_profile",
          "profile",
          Kind.TEXT,
          "auto",
          Group.OWNERSHIP,
          "`compatible`: runs with kube-vip's manifest and role and beside kube-vip, whose Leases"
              + " give the right; `full`, which the printed manifests say: needs the role of `manifest"
              + " rbac`; `auto`: `full` if the account may patch Leases and not everything, else"
              + " `compatible`, and the log says why (of this program, not of kube-vip)");
  static final Setting SERVICE_ELECTION =
      Setting.acts(
          "svc_election",
          "servicesElection",
          Kind.BOOL,
          "false",
          Group.SERVICES,
          "with profile `compatible`: a Lease for each Service, `kubevip-SERVICE` in its namespace"
              + OTHERWISE);
  static final Setting SERVICES_LEASE =
      Setting.acts(
          "svc_leasename",
          "servicesLeaseName",
          Kind.TEXT,
          KubeVipNames.SERVICES_LEASE,
          Group.SERVICES,
          "with profile `compatible`: the Lease for all Services, in cp_namespace unless written"
              + " `namespace/name`"
              + OTHERWISE);
  static final Setting ON_DEMAND =
      Setting.acts(
          "per_service_election_on_demand",
          "",
          Kind.BOOL,
          "false",
          Group.SERVICES,
          "with profile `compatible`: a Lease of its own for each Service with the annotation"
              + " kube-vip.io/forcePerServiceElection"
              + OTHERWISE);
  static final Setting CONTROL_PLANE_LEASE =
      Setting.acts(
          "vip_leasename",
          "leaseName",
          Kind.TEXT,
          KubeVipNames.CONTROL_PLANE_LEASE,
          Group.CONTROL_PLANE,
          "with profile `compatible`: the Lease for the control plane's address, in cp_namespace"
              + " unless written `namespace/name`; otherwise the nodes agree by Leases of their own");

  static final List<Setting> SERVICES = List.of(SERVICE_ELECTION, SERVICES_LEASE, ON_DEMAND);

  private CompatibleSettings() {}

  static CompatibleConfig read(SettingValues values) {
    String namespace = values.text(Settings.LEASE_NAMESPACE);
    Optional<Profile> forced = forced(values.text(PROFILE));
    boolean majority = MajoritySettings.wanted(values);
    if (majority && forced.equals(Optional.of(Profile.COMPATIBLE))) {
      throw new WrongUsageException(
          "vip_profile (--profile) must not be compatible where vip_right (--right) is majority:"
              + " kube-vip's Leases give the right then; leave one of them out");
    }
    return new CompatibleConfig(
        majority ? Optional.of(Profile.FULL) : forced,
        new LeaseNames(
            place(SERVICES_LEASE, values, namespace),
            place(CONTROL_PLANE_LEASE, values, namespace),
            values.bool(SERVICE_ELECTION),
            values.bool(ON_DEMAND)));
  }

  private static ObjectKey place(Setting setting, SettingValues values, String namespace) {
    String text = values.text(setting);
    if (text.contains("/") && !DnsLabel.is(text.substring(0, text.indexOf('/')))) {
      throw new WrongUsageException(
          setting.variable()
              + " (--"
              + setting.flag()
              + ") must have the name of a namespace before its slash, found \""
              + text
              + "\": write NAMESPACE/NAME, or NAME for one in cp_namespace");
    }
    return LeaseNames.place(text, namespace);
  }

  private static Optional<Profile> forced(String text) {
    return switch (text) {
      case "auto" -> Optional.empty();
      case "full" -> Optional.of(Profile.FULL);
      case "compatible" -> Optional.of(Profile.COMPATIBLE);
      default ->
          throw new WrongUsageException(
              "vip_profile (--profile) must be auto, full or compatible, found \"" + text + "\"");
    };
  }
}
