package dev.thresher.vip.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.base.Splitter;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WithoutEffectTest {

  private static final Map<String, String> MODES =
      Map.of(
          "leases", "vip_right=leases",
          "majority", "vip_right=majority vip_mesh_insecure=true",
          "compatible", "vip_profile=compatible",
          "control-plane", "cp_enable=true address=192.0.2.10",
          "checked",
              "cp_enable=true address=192.0.2.10"
                  + " control_plane_health_check_address=https://[::1]:6443/livez");

  private static List<String> warnings(String mode, String... more) {
    Map<String, String> environment =
        new HashMap<>(Map.of("vip_arp", "true", "svc_enable", "true"));
    for (String setting : Splitter.on(' ').split(MODES.getOrDefault(mode, ""))) {
      put(setting, environment);
    }
    for (String setting : more) {
      put(setting, environment);
    }
    SettingValues values = SettingValues.read(List.of(), environment);
    // None of these ends the start.
    ManagerConfig config = ManagerConfig.of(values, "h", any -> true);
    return WithoutEffect.of(values, config.compatible().forced().orElse(Profile.FULL));
  }

  private static void put(String setting, Map<String, String> environment) {
    List<String> parts = Splitter.on('=').limit(2).splitToList(setting);
    environment.put(parts.getFirst(), parts.getLast());
  }

  /// Each in a mode in which it does nothing, with what is said, and in one in which it works.
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          vip_majority_lease=200     | leases | vip_right=leases | vip_leaseduration | majority
          vip_majority_lease=400     | leases | vip_right=leases | vip_right=majority | majority
          vip_no_majority=keep       | leases | vip_right=leases | vip_renewdeadline | majority
          vip_two_node=available     | leases | vip_right=leases | vip_right=majority | majority
          vip_mesh_keys=/k           | compatible | vip_profile=compatible | profile full | leases
          vip_mesh_insecure=true     | leases | vip_right=leases | vip_right=majority | majority
          vip_state_dir=/s           | leases | vip_right=leases | vip_right=majority | majority
          vip_bootstrap=true         | leases | vip_right=leases | vip_right=majority | majority
          vip_startleader=true       | leases | vip_right=leases | vip_right=majority | majority
          vip_leaseduration=20       | majority | vip_right=majority | vip_majority_lease | leases
          vip_renewdeadline=8        | majority | vip_right=majority | vip_majority_lease | leases
          vip_retryperiod=1          | majority | vip_right=majority | vip_majority_lease | leases
          svc_election=true          | leases | vip_profile=full | a holder of its own | compatible
          svc_leasename=a/b          | leases | vip_profile=full | cp_namespace | compatible
          vip_leasename=mine         | majority | vip_profile=full | vip_profile=compatible | compatible
          per_service_election_on_demand=true | leases | vip_profile=full | vip_profile=compatible | compatible
          address=192.0.2.9          | leases | cp_enable=false | cp_enable=true | control-plane
          vip_address=192.0.2.9      | leases | cp_enable=false | cp_enable=true | control-plane
          vip_device=lo              | leases | cp_enable=false | cp_enable=true | control-plane
          lb_enable=true             | leases | cp_enable=false | cp_enable=true | control-plane
          control_plane_health_check_address=https://192.0.2.1/ | leases | cp_enable=false | cp_enable=true | control-plane
          control_plane_health_check_period_seconds=1 | leases | cp_enable=false | cp_enable=true | checked
          control_plane_health_check_period_seconds=1 | control-plane | control_plane_health_check_address not set | once a second | checked
          control_plane_health_check_timeout_seconds=1 | leases | cp_enable=false | cp_enable=true | control-plane
          control_plane_health_check_failure_threshold=1 | leases | cp_enable=false | cp_enable=true | control-plane
          control_plane_health_check_ca_path=/ca | leases | cp_enable=false | cp_enable=true | control-plane
          vip_drain_on_cordon=true   | compatible | vip_profile=compatible | stop vip-manager | leases
          vip_mesh_port=9            | compatible | vip_profile=compatible | profile full | leases
          """)
  void isSaidWithItsValueAndWhatToUseInstead(
      String setting, String mode, String because, String instead, String other) {
    assertThat(warnings(mode, setting))
        .singleElement()
        .asString()
        .startsWith(setting + " has no effect with " + because + ": ")
        .contains(instead);
    assertThat(warnings(mode)).isEmpty();
    assertThat(warnings(other, setting)).isEmpty();
  }

  @Test
  void whatAsksForNothingIsNotSaid() {
    assertThat(
            warnings(
                "leases",
                "svc_election=false",
                "svc_leasename=plndr-svcs-lock",
                "vip_leasename=plndr-cp-lock",
                "vip_startleader=false",
                "lb_enable=false",
                "vip_drain_on_cordon=false"))
        .isEmpty();
  }

  @Test
  void whatHasNoEffectInAnyModeIsSaidFirst() {
    SettingValues values =
        SettingValues.read(
            List.of("--state-dir=/s"), Map.of("vip_arpRate", "7", "vip_arp", "true"));
    assertThat(WithoutEffect.all(values, Profile.FULL))
        .satisfiesExactly(
            first -> assertThat(first).startsWith("the environment variable vip_arpRate has no"),
            second -> assertThat(second).startsWith("vip_state_dir=/s has no effect with"));
  }
}
