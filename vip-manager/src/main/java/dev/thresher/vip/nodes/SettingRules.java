package dev.thresher.vip.nodes;

import static java.util.Objects.requireNonNullElse;

import dev.thresher.api.net.NodeNetworkSetting;
import dev.thresher.api.net.NodeNetworkSettingSpec;
import dev.thresher.vip.linux.InterfaceNames;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Which setting is in force on a node: a pure function.
public final class SettingRules {

  private SettingRules() {}

  /// @param labels of the node
  /// @param started what holds where no setting says something
  public static InterfaceSettings of(
      Collection<NodeNetworkSetting> settings,
      Map<String, String> labels,
      InterfaceSettings started) {
    return inForce(settings, labels).map(setting -> of(setting, started)).orElse(started);
  }

  /// The setting by which a node with these labels goes.
  static Optional<NodeNetworkSetting> inForce(
      Collection<NodeNetworkSetting> settings, Map<String, String> labels) {
    return settings.stream()
        .filter(setting -> chooses(setting, labels))
        .min(
            Comparator.comparingInt(SettingRules::priority)
                .reversed()
                .thenComparing(SettingRules::name));
  }

  /// What a setting says, and what holds where it says nothing.
  static InterfaceSettings of(NodeNetworkSetting setting, InterfaceSettings started) {
    return new InterfaceSettings(
        names(spec(setting).getInterfaces(), started.used()),
        names(spec(setting).getIgnore(), started.ignored()),
        name(setting));
  }

  private static boolean chooses(NodeNetworkSetting setting, Map<String, String> labels) {
    Map<String, String> wanted = spec(setting).getNodeSelector();
    return wanted == null
        || wanted.entrySet().stream()
            .allMatch(label -> Objects.equals(labels.get(label.getKey()), label.getValue()));
  }

  /// As the setting of the environment is read: `auto` says that nothing is named.
  private static InterfaceNames names(@Nullable List<String> said, InterfaceNames otherwise) {
    return said == null || said.isEmpty()
        ? otherwise
        : InterfaceNames.parse(String.join(",", said));
  }

  private static int priority(NodeNetworkSetting setting) {
    return requireNonNullElse(spec(setting).getPriority(), 0);
  }

  static String name(NodeNetworkSetting setting) {
    return requireNonNullElse(setting.getMetadata().getName(), "");
  }

  static NodeNetworkSettingSpec spec(NodeNetworkSetting setting) {
    return requireNonNullElse(setting.getSpec(), new NodeNetworkSettingSpec());
  }
}
