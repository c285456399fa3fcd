package dev.thresher.vip.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.runtime.metrics.Metrics;
import dev.thresher.runtime.time.SystemTimeline;
import dev.thresher.vip.services.NodeEvents;
import io.kubernetes.client.openapi.models.V1Node;
import io.kubernetes.client.openapi.models.V1ObjectMeta;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConfigFollowerTest {

  private static final String LEAST = "vip_arp: true\nsvc_enable: true\n";

  @TempDir private Path folder;
  private Path file;
  private final List<String> events = new ArrayList<>();
  private final List<ManagerConfig> applied = new ArrayList<>();
  private final Metrics metrics = new Metrics();

  @BeforeEach
  void start() throws IOException {
    file = Files.writeString(folder.resolve("config"), LEAST);
  }

  private SettingValues read() {
    return SettingValues.read(
        List.of("--config-file=" + file), Map.of("vip_nodename", "n1", "vip_icmp", "true"));
  }

  private Reload reload(SettingValues inForce) {
    return Reload.of(inForce, Profile.FULL, this::read, "h", Files::exists);
  }

  private ConfigFollower follower() {
    return new ConfigFollower(
        file,
        read(),
        WithoutEffect.all(read(), Profile.FULL),
        this::reload,
        applied::add,
        new NodeEvents(
            () ->
                Optional.of(
                    new V1Node()
                        .apiVersion("v1")
                        .kind("Node")
                        .metadata(new V1ObjectMeta().name("n1"))),
            (about, type, reason, message) -> events.add(type + " " + reason + " " + message)),
        new SystemTimeline(),
        metrics);
  }

  private void write(String more) throws IOException {
    Files.writeString(file, LEAST + more);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "vip_allowed_ranges: 10.0.0.0/24 | vip_allowed_ranges | ",
        "vip_interface: eth1 |  | vip_interface",
        "{vip_arp: true, svc_enable: true, lb_class_only: true, vip_mesh_port: 9} | lb_class_only | vip_mesh_port",
        "vip_icmp: false |  | ",
        "vip_arpRate: 7 |  | ",
        "'# nothing but a comment' |  | ",
      })
  void namesWhatIsFollowedAndWhatNeedsARestart(String text, String followed, String restart)
      throws IOException {
    SettingValues before = read();
    if (text.startsWith("{")) {
      Files.writeString(file, text);
    } else {
      write(text);
    }
    assertThat(reload(before))
        .isInstanceOfSatisfying(
            Reload.Taken.class,
            taken -> {
              assertThat(taken.applied())
                  .isEqualTo(followed == null ? List.of() : List.of(followed));
              assertThat(taken.restart()).isEqualTo(restart == null ? List.of() : List.of(restart));
              assertThat(taken.config().configuredInterface()).isEmpty();
              assertThat(taken.config().meshPort()).isEqualTo(10263);
            });
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "vip_allowed_ranges: 10.0.0.0/99 | vip_allowed_ranges | 10.0.0.0/99",
        "vip_alowed_ranges: 10.0.0.0/24 | vip_alowed_ranges | did you mean",
        "enableBGP: true | bgp_enable | MetalLB",
        "vip_mesh_port: x | vip_mesh_port | whole number",
        "cp_enable: true | address | must name",
        "vip_probe: slow | vip_probe | fast or rfc5227",
      })
  void aMistakeIsRefusedByName(String text, String setting, String fix) throws IOException {
    SettingValues before = read();
    write(text);
    assertThat(reload(before))
        .isInstanceOfSatisfying(
            Reload.Refused.class,
            refused -> assertThat(refused.why()).contains(setting).contains(fix));
  }

  @Test
  void theLastGoodOneStaysInForceUntilTheMistakeIsMended() throws IOException {
    ConfigFollower follower = follower();
    follower.look();
    assertThat(events).isEmpty();

    write("vip_allowed_ranges: 10.0.0.0/24\n");
    follower.look();
    follower.look();
    assertThat(applied).hasSize(1);
    assertThat(applied.getFirst().services().allowed()).hasSize(1);
    assertThat(events).hasSize(1).allMatch(event -> event.startsWith("NORMAL ConfigApplied"));

    write("vip_allowed_ranges: nonsense\n");
    follower.look();
    follower.look();
    assertThat(applied).hasSize(1);
    assertThat(events).hasSize(2);
    assertThat(events.getLast())
        .startsWith("WARNING ConfigRefused")
        .contains("vip_allowed_ranges")
        .contains("nonsense");
    assertThat(metrics.text()).contains("thresher_vip_config_good 0");

    // Back to what is in force: nothing to do but to say that it is good.
    write("vip_allowed_ranges: 10.0.0.0/24\n");
    follower.look();
    assertThat(applied).hasSize(1);
    assertThat(metrics.text())
        .contains("thresher_vip_config_good 1")
        .contains("thresher_vip_config_reloads_total{result=\"refused\"} 1");
  }

  @Test
  void aRestartIsAskedForOnceAndNoMoreWhenTheFileIsAsItWas() throws IOException {
    ConfigFollower follower = follower();
    write("vip_interface: eth1\n");
    follower.look();
    write("vip_interface: eth1\nvip_loglevel: 5\n");
    follower.look();
    assertThat(events)
        .satisfiesExactly(
            event -> assertThat(event).contains("ConfigNeedsRestart").contains("[vip_interface]"),
            event -> assertThat(event).contains("ConfigApplied").contains("[vip_loglevel]"));
    assertThat(metrics.text()).contains("thresher_vip_config_restart_settings 1");
    write("vip_loglevel: 5\n");
    follower.look();
    assertThat(metrics.text()).contains("thresher_vip_config_restart_settings 0");
    assertThat(events).hasSize(2);
  }

  /// What the file asks for as a whole counts, also where it needs a restart.
  @Test
  void whatComesWithoutEffectIsSaidOnceWhileItStays() throws IOException {
    write("vip_state_dir: /s\n");
    ConfigFollower follower = follower();
    write("vip_state_dir: /s\nvip_drain_on_cordon: true\nvip_device: lo\n");
    follower.look();
    write("vip_state_dir: /s\nvip_drain_on_cordon: true\nvip_device: lo\nvip_loglevel: 5\n");
    follower.look();
    assertThat(events)
        .filteredOn(event -> event.contains("ConfigWithoutEffect"))
        .singleElement()
        .asString()
        .startsWith("WARNING")
        .contains("[vip_device=lo has no effect with cp_enable=false: ")
        .doesNotContain("vip_state_dir");
    write(
        "vip_arpRate: 7\nvip_right: majority\nvip_mesh_insecure: true\nvip_majority_lease: 200\n");
    follower.look();
    assertThat(events.getLast()).contains("ConfigNeedsRestart").contains("vip_majority_lease");
    assertThat(events)
        .filteredOn(event -> event.contains("ConfigWithoutEffect"))
        .hasSize(2)
        .last()
        .asString()
        .contains("vip_arpRate in config_file has no effect")
        .doesNotContain("vip_majority_lease");
  }

  @Test
  void aFileThatIsGoneChangesNothing() throws IOException {
    ConfigFollower follower = follower();
    Files.delete(file);
    follower.look();
    assertThat(applied).isEmpty();
    assertThat(events)
        .singleElement()
        .asString()
        .contains("ConfigRefused")
        .contains("cannot be read");
  }
}
