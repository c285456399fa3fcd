package dev.thresher.vip.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.thresher.vip.lease.LeaseConfig;
import dev.thresher.vip.lease.NoMajority;
import dev.thresher.vip.lease.TwoNodes;
import dev.thresher.vip.majority.MajorityConfig;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MajoritySettingsTest {

  private static Optional<MajorityConfig> read(Map<String, String> more) {
    Map<String, String> environment = new HashMap<>();
    environment.put("vip_arp", "true");
    environment.put("svc_enable", "true");
    environment.putAll(more);
    return ManagerConfig.read(List.of(), environment, "n1").majority();
  }

  @Test
  void leasesGiveTheRightUnlessTold() {
    assertThat(read(Map.of())).isEmpty();
    assertThat(read(Map.of("vip_right", "leases"))).isEmpty();
  }

  @Test
  void aMajorityHasDefaultsOfItsOwn() {
    assertThat(read(Map.of("vip_right", "majority", "vip_mesh_keys", "/keys")))
        .contains(
            new MajorityConfig(
                new LeaseConfig(Duration.ofMillis(100), NoMajority.SILENT),
                Duration.ofMillis(400),
                false,
                Optional.empty()));
  }

  @Test
  void eachSettingIsTaken() {
    assertThat(
            read(
                Map.of(
                    "vip_right", "majority",
                    "vip_bootstrap", "true",
                    "vip_majority_lease", "200",
                    "vip_no_majority", "keep",
                    "vip_two_node", "available",
                    "vip_mesh_insecure", "true",
                    "vip_state_dir", "/state")))
        .contains(
            new MajorityConfig(
                new LeaseConfig(Duration.ofMillis(50), NoMajority.KEEP, TwoNodes.AVAILABLE),
                Duration.ofMillis(200),
                true,
                Optional.of(Path.of("/state"))));
  }

  @Test
  void kubeVipsNameForTheFirstNodeFoundsTheRecordToo() {
    Map<String, String> environment = new HashMap<>();
    environment.put("vip_right", "majority");
    environment.put("vip_mesh_keys", "/keys");
    for (String variable : List.of("vip_bootstrap", "vip_startleader")) {
      environment.put(variable, "true");
      assertThat(read(environment).orElseThrow().bootstrap()).as(variable).isTrue();
      environment.put(variable, "false");
      assertThat(read(environment).orElseThrow().bootstrap()).as(variable).isFalse();
    }
    assertThat(read(Map.of("vip_startleader", "true"))).as("with leases").isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "vip_right, raft, vip_right",
    "vip_majority_lease, 49, 50 to 10000",
    "vip_majority_lease, 10001, 50 to 10000",
    "vip_no_majority, stay, silent or keep",
    "vip_two_node, one, safe or available",
    "vip_mesh_keys, '', vip_mesh_insecure",
    "vip_nodename, voters, name of a record",
  })
  void whatIsWrongIsRefused(String variable, String value, String message) {
    Map<String, String> environment = new HashMap<>();
    environment.put("vip_right", "majority");
    environment.put("vip_mesh_keys", "/keys");
    environment.put(variable, value);
    assertThatThrownBy(() -> read(environment)).hasMessageContaining(message);
  }
}
