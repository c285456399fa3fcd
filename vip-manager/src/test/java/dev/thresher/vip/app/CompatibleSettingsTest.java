package dev.thresher.vip.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.thresher.api.ObjectKey;
import dev.thresher.runtime.informer.Scope;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class CompatibleSettingsTest {

  private static ManagerConfig read(String... variables) {
    Map<String, String> environment = new HashMap<>();
    environment.put("vip_arp", "true");
    environment.put("svc_enable", "true");
    for (int i = 0; i < variables.length; i += 2) {
      environment.put(variables[i], variables[i + 1]);
    }
    return ManagerConfig.read(List.of(), environment, "this-host");
  }

  @Test
  void theAccountDecidesUnlessToldOtherwise() {
    assertThat(read().compatible().forced()).isEmpty();
    assertThat(read("vip_profile", "full").compatible().forced()).contains(Profile.FULL);
    assertThat(read("vip_profile", "compatible").compatible().forced())
        .contains(Profile.COMPATIBLE);
    assertThat(read("vip_right", "majority", "vip_mesh_insecure", "true").compatible().forced())
        .contains(Profile.FULL);
  }

  @Test
  void whatContradictsIsRefused() {
    assertThatThrownBy(() -> read("vip_profile", "kube-vip"))
        .hasMessageContaining("must be auto, full or compatible, found \"kube-vip\"");
    assertThatThrownBy(() ->
            read("vip_profile", "compatible", "vip_right", "majority", "vip_mesh_insecure", "true"))
        .hasMessageContaining("vip_right");
  }

  @Test
  void theLeasesAreThoseOfKubeVip() {
    CompatibleConfig defaults = read().compatible();
    assertThat(defaults.names().services())
        .isEqualTo(ObjectKey.of("kube-system", "plndr-svcs-lock"));
    assertThat(defaults.names().controlPlane())
        .isEqualTo(ObjectKey.of("kube-system", "plndr-cp-lock"));
    assertThat(defaults.watched(Optional.of("")))
        .containsExactlyInAnyOrder(
            Scope.object("kube-system", "plndr-svcs-lock"),
            Scope.object("kube-system", "plndr-cp-lock"));
    CompatibleConfig others =
        read(
                "cp_namespace", "vip",
                "svc_leasename", "other/svcs",
                "vip_leasename", "cp",
                "svc_election", "true")
            .compatible();
    assertThat(others.names().services()).isEqualTo(ObjectKey.of("other", "svcs"));
    assertThat(others.names().controlPlane()).isEqualTo(ObjectKey.of("vip", "cp"));
    assertThat(others.names().perService()).isTrue();
    assertThat(others.watched(Optional.of(""))).contains(Scope.ALL);
    assertThat(others.watched(Optional.empty())).containsExactly(Scope.object("vip", "cp"));
  }
}
