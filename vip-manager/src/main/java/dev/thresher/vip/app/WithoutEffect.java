package dev.thresher.vip.app;

import dev.thresher.vip.app.Setting.Kind;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/// What somebody set and what has no effect in the mode in which the program runs: other modes have
/// it. Pure.
final class WithoutEffect {

  private static final String MAJORITY = "vip_right=majority has it";
  private static final String OF_LEASES =
      "fail-over is as fast as vip_majority_lease says; it counts only while nodes that go by Leases"
          + " are replaced";
  private static final String ON_ITS_OWN =
      "each address has a holder of its own, by Leases of this program in cp_namespace; leave it"
          + " out, or set vip_profile=compatible to go by kube-vip's";
  private static final String NO_ADDRESS =
      "no address of a control plane is held; set cp_enable=true and address, or leave it out";

  /// When something has no effect.
  private enum Mode {
    COMPATIBLE("vip_profile=compatible"),
    FULL("vip_profile=full"),
    BY_LEASES("vip_right=leases"),
    BY_MAJORITY("vip_right=majority"),
    NO_CONTROL_PLANE("cp_enable=false"),
    OWN_CHECK("control_plane_health_check_address not set");

    private final String text;

    Mode(String text) {
      this.text = text;
    }

    boolean holds(SettingValues values, Profile profile) {
      boolean controlPlane = values.bool(ControlPlaneSettings.ENABLE);
      boolean majority = MajoritySettings.wanted(values);
      return switch (this) {
        case COMPATIBLE -> profile == Profile.COMPATIBLE;
        case FULL -> profile == Profile.FULL;
        case BY_LEASES -> !majority;
        case BY_MAJORITY -> majority;
        case NO_CONTROL_PLANE -> !controlPlane;
        case OWN_CHECK -> values.text(ControlPlaneSettings.CHECK_ADDRESS).isEmpty();
      };
    }
  }

  /// @param instead what is so in that mode, and what to set in place of this
  private record Rule(Setting setting, Mode mode, String instead) {}

  /// Of several that hold for a setting the first is told.
  private static final List<Rule> RULES = rules();

  private WithoutEffect() {}

  /// All that was given without effect, of which [SettingValues#warnings] knows the part that has
  /// none in any mode.
  ///
  /// @param profile in which the program runs
  static List<String> all(SettingValues values, Profile profile) {
    return Stream.concat(values.warnings().stream(), of(values, profile).stream()).toList();
  }

  /// Of each such setting its name, its value, why it has no effect here, and what to use instead.
  static List<String> of(SettingValues values, Profile profile) {
    List<String> warnings = new ArrayList<>();
    Set<Setting> said = new HashSet<>();
    for (Rule rule : RULES) {
      if (asksForSomething(rule.setting(), values)
          && rule.mode().holds(values, profile)
          && said.add(rule.setting())) {
        warnings.add(
            rule.setting().name()
                + "="
                + values.text(rule.setting())
                + " has no effect with "
                + rule.mode().text
                + ": "
                + rule.instead());
      }
    }
    return warnings;
  }

  /// Every manifest that kube-vip prints names its Leases, and switches that are off ask for
  /// nothing.
  private static boolean asksForSomething(Setting setting, SettingValues values) {
    boolean nothing =
        setting.kind() == Kind.BOOL
            || setting.equals(CompatibleSettings.SERVICES_LEASE)
            || setting.equals(CompatibleSettings.CONTROL_PLANE_LEASE);
    return values.isTold(setting) && !(nothing && values.text(setting).equals(setting.fallback()));
  }

  private static List<Rule> rules() {
    List<Rule> rules = new ArrayList<>();
    ofProfiles(rules);
    ofRights(rules);
    for (Setting setting :
        List.of(
            ControlPlaneSettings.ADDRESS,
            ControlPlaneSettings.VIP,
            ControlPlaneSettings.DEVICE,
            ControlPlaneSettings.CHECK_ADDRESS,
            ControlPlaneSettings.CHECK_PERIOD,
            ControlPlaneSettings.CHECK_TIMEOUT,
            ControlPlaneSettings.CHECK_THRESHOLD,
            ControlPlaneSettings.CHECK_CA,
            BalancingSettings.ENABLE)) {
      rules.add(new Rule(setting, Mode.NO_CONTROL_PLANE, NO_ADDRESS));
    }
    rules.add(
        new Rule(
            ControlPlaneSettings.CHECK_PERIOD,
            Mode.OWN_CHECK,
            "this node's API server is asked once a second; set that address, or leave it out"));
    return List.copyOf(rules);
  }

  private static void ofProfiles(List<Rule> rules) {
    rules.add(
        new Rule(
            Settings.DRAIN_ON_CORDON,
            Mode.COMPATIBLE,
            "kube-vip's Leases say who holds an address, and this node knows no other that could"
                + " take one over; stop vip-manager on the node, or run profile full"));
    rules.add(
        new Rule(
            MajoritySettings.KEYS,
            Mode.COMPATIBLE,
            "the nodes say nothing to each other; run profile full"));
    rules.add(
        new Rule(
            Settings.MESH_PORT,
            Mode.COMPATIBLE,
            "the nodes say nothing to each other; leave it out, or run profile full"));
    for (Setting setting :
        List.of(
            CompatibleSettings.SERVICE_ELECTION,
            CompatibleSettings.SERVICES_LEASE,
            CompatibleSettings.ON_DEMAND,
            CompatibleSettings.CONTROL_PLANE_LEASE)) {
      rules.add(new Rule(setting, Mode.FULL, ON_ITS_OWN));
    }
  }

  private static void ofRights(List<Rule> rules) {
    rules.add(
        new Rule(
            MajoritySettings.LEASE,
            Mode.BY_LEASES,
            "vip_leaseduration says how soon a silent node is replaced; " + MAJORITY));
    rules.add(
        new Rule(
            MajoritySettings.NO_MAJORITY,
            Mode.BY_LEASES,
            "a holder falls silent at vip_renewdeadline without the API server; " + MAJORITY));
    rules.add(
        new Rule(
            MajoritySettings.TWO_NODES,
            Mode.BY_LEASES,
            "two nodes go by the API server as more do; " + MAJORITY));
    rules.add(
        new Rule(
            MajoritySettings.STATE,
            Mode.BY_LEASES,
            "the Leases are all that is kept; " + MAJORITY));
    rules.add(
        new Rule(
            MajoritySettings.INSECURE,
            Mode.BY_LEASES,
            "nobody asks for vip_mesh_keys, without which what the nodes say to each other is not"
                + " authenticated; "
                + MAJORITY));
    for (Setting setting : List.of(MajoritySettings.BOOTSTRAP, MajoritySettings.START_LEADER)) {
      rules.add(
          new Rule(
              setting,
              Mode.BY_LEASES,
              "the first node that an API server answers takes an address; " + MAJORITY));
    }
    for (Setting setting :
        List.of(Settings.LEASE_DURATION, Settings.RENEW_DEADLINE, Settings.RETRY_PERIOD)) {
      rules.add(new Rule(setting, Mode.BY_MAJORITY, OF_LEASES));
    }
  }
}
