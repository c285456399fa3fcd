package dev.thresher.vip.nodes;

import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.api.net.NodeNetworkSetting;
import dev.thresher.api.net.NodeNetworkSettingSpec;
import dev.thresher.vip.linux.InterfaceNames;
import dev.thresher.vip.linux.LinuxNetwork;
import io.kubernetes.client.openapi.models.V1ObjectMeta;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class SettingRulesTest {

  private static final InterfaceSettings STARTED =
      InterfaceSettings.started(InterfaceNames.parse("eth0"));

  @Test
  void nodesWithOtherInterfacesHaveSettingsOfTheirOwn() {
    List<NodeNetworkSetting> settings =
        List.of(
            setting("a", null, Map.of("rack", "1"), List.of("enp1s0")),
            setting("b", null, Map.of("rack", "2"), List.of("bond0", "eth*")));
    assertThat(SettingRules.of(settings, Map.of("rack", "1", "x", "y"), STARTED).used())
        .isEqualTo(InterfaceNames.parse("enp1s0"));
    assertThat(SettingRules.of(settings, Map.of("rack", "2"), STARTED))
        .isEqualTo(
            new InterfaceSettings(
                InterfaceNames.parse("bond0,eth*"), InterfaceSettings.CONTAINER_DEVICES, "b"));
    assertThat(SettingRules.of(settings, Map.of(), STARTED)).isEqualTo(STARTED);
  }

  @Test
  void theHighestPriorityIsInForceThenTheFirstByName() {
    NodeNetworkSetting all = setting("all", null, null, List.of("eth1"));
    NodeNetworkSetting b = setting("b", 10, null, List.of("eth2"));
    NodeNetworkSetting a = setting("a", 10, null, List.of("eth3"));
    assertThat(SettingRules.of(List.of(all), Map.of(), STARTED).source()).isEqualTo("all");
    assertThat(SettingRules.of(List.of(all, b), Map.of(), STARTED).source()).isEqualTo("b");
    assertThat(SettingRules.of(List.of(all, b, a), Map.of(), STARTED).source()).isEqualTo("a");
  }

  @Test
  void whatASettingDoesNotSayIsAsStarted() {
    NodeNetworkSetting setting = setting("a", null, null, null);
    setting.getSpec().setIgnore(List.of("user-*"));
    assertThat(SettingRules.of(List.of(setting), Map.of(), STARTED))
        .isEqualTo(
            new InterfaceSettings(
                InterfaceNames.parse("eth0"), InterfaceNames.parse("user-*"), "a"));
  }

  @Test
  void autoFindsThemByAddressAgain() {
    NodeNetworkSetting setting = setting("a", null, null, List.of("auto"));
    assertThat(SettingRules.of(List.of(setting), Map.of(), STARTED).used())
        .isEqualTo(InterfaceNames.NONE);
    setting.getSpec().setInterfaces(List.of("eth1", "bond*"));
    assertThat(SettingRules.of(List.of(setting), Map.of(), STARTED).used().patterns())
        .containsExactly("eth1", "bond*");
  }

  @Test
  void devicesOfContainerNetworksAreNoNews() {
    LocalSettings settings = new LocalSettings(InterfaceSettings.started(InterfaceNames.NONE));
    Pictures all = new Pictures().link("eth0", "", "10.0.0.1/24").tell();
    UsedNetwork used = new UsedNetwork(all, settings);
    List<LinuxNetwork> heard = new ArrayList<>();
    used.onChange(heard::add);
    all.link("veth1234", "veth").tell();
    assertThat(heard).hasSize(1);
    all.link("cni0", "bridge", "10.42.0.1/24").tell();
    all.link("harvester-vtep0", "vxlan", "10.9.0.1/24").tell();
    assertThat(heard).as("the first picture only").hasSize(1);
    assertThat(used.current().links()).extracting("name").containsExactly("eth0");
    assertThat(used.current().addresses()).hasSize(1);
    all.link("br-user", "bridge", "10.7.0.1/24").tell();
    assertThat(heard).hasSize(2);
    settings.become(
        new InterfaceSettings(InterfaceNames.NONE, InterfaceNames.parse("br-*"), "site"));
    assertThat(heard).hasSize(3);
    assertThat(heard.getLast().links()).extracting("name").doesNotContain("br-user");
  }

  @Test
  void aDeviceThatIsNamedIsUsedThoughAPatternIgnoresIt() {
    InterfaceSettings named = InterfaceSettings.started(InterfaceNames.parse("veth7"));
    Pictures links = new Pictures().link("veth7", "veth").link("veth8", "veth");
    assertThat(links.picture().links().stream().filter(link -> !named.ignores(link)))
        .extracting("name")
        .containsExactly("veth7");
  }

  private static NodeNetworkSetting setting(
      String name,
      @Nullable Integer priority,
      @Nullable Map<String, String> selector,
      @Nullable List<String> interfaces) {
    NodeNetworkSettingSpec spec = new NodeNetworkSettingSpec();
    spec.setPriority(priority);
    spec.setNodeSelector(selector);
    spec.setInterfaces(interfaces);
    NodeNetworkSetting setting = new NodeNetworkSetting();
    setting.setMetadata(new V1ObjectMeta().name(name));
    setting.setSpec(spec);
    return setting;
  }
}
