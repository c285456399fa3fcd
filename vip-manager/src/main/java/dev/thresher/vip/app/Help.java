package dev.thresher.vip.app;

import dev.thresher.vip.app.Setting.Effect;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/// The table of settings as text: for the terminal and for the reference page.
final class Help {

  private Help() {}

  static String text() {
    StringBuilder out = new StringBuilder();
    out.append(
        """
        vip-manager holds the virtual addresses of Services on the nodes of a cluster.

        Usage:
          vip-manager manager [flags]
          vip-manager version
          vip-manager help

        Every flag has a twin in the environment, which goes before the flag, as with kube-vip.
        """);
    for (Setting.Group group : Setting.Group.values()) {
      List<Setting> acting =
          Settings.ALL.stream()
              .filter(setting -> setting.group() == group)
              .filter(setting -> setting.effect() instanceof Effect.Acts)
              .toList();
      if (acting.isEmpty()) {
        continue;
      }
      out.append('\n').append(group.title()).append(":\n");
      for (Setting setting : acting) {
        out.append("  ").append(names(setting, ", ")).append('\n');
        out.append("        ").append(setting.about());
        if (!setting.fallback().isEmpty()) {
          out.append(" (default ").append(setting.fallback()).append(')');
        }
        out.append('\n');
      }
    }
    out.append("\nAccepted for compatibility, without effect:\n  ");
    out.append(list(Effect.Accepted.class));
    out.append("\n\nRefused; any value but the default ends the start:\n  ");
    out.append(list(Effect.Refused.class)).append('\n');
    return out.toString();
  }

  /// The page `docs/reference/vip-manager.md`.
  static String markdown() {
    StringBuilder out = new StringBuilder();
    out.append(
        """
        # vip-manager: settings

        <!-- Written by the build from dev.thresher.vip.app.Settings: change it there. -->

        `vip-manager manager` takes kube-vip's environment variables, flags and file. The environment goes before the flags, and both before the file that `config_file` names. An empty variable counts as unset.
        A setting that is *refused* ends the start with a message if it has any value but the default. One that is accepted *without effect* is named in a warning of the log if it has any value but the default; so is a variable that begins like one of kube-vip's and is none. The commands `service`, `manifest`, `kubeadm` and `sample` are not there yet; `version` prints version, commit and Java.
        """);
    for (Setting.Group group : Setting.Group.values()) {
      List<Setting> settings =
          Settings.ALL.stream().filter(setting -> setting.group() == group).toList();
      out.append("\n## ").append(group.title()).append("\n\n");
      out.append("| variable | flag | default | what it does |\n|---|---|---|---|\n");
      for (Setting setting : settings) {
        out.append("| ")
            .append(code(setting.variable()))
            .append(" | ")
            .append(setting.flag().isEmpty() ? "" : code("--" + setting.flag()))
            .append(" | ")
            .append(code(setting.fallback()))
            .append(" | ")
            .append(effect(setting))
            .append(" |\n");
      }
    }
    return out.toString();
  }

  private static String effect(Setting setting) {
    return switch (setting.effect()) {
      case Effect.Acts() -> setting.about();
      case Effect.Accepted(var why) -> "accepted, without effect: " + why;
      case Effect.Refused(var instead) -> "**refused**: " + instead;
    };
  }

  private static String code(String text) {
    return text.isEmpty() ? "" : "`" + text + "`";
  }

  private static String names(Setting setting, String between) {
    List<String> names = new ArrayList<>();
    if (!setting.flag().isEmpty()) {
      names.add("--" + setting.flag());
    }
    if (!setting.variable().isEmpty()) {
      names.add(setting.variable());
    }
    return String.join(between, names);
  }

  private static String list(Class<? extends Effect> effect) {
    return Settings.ALL.stream()
        .filter(setting -> effect.isInstance(setting.effect()))
        .map(setting -> setting.variable().isEmpty() ? "--" + setting.flag() : setting.variable())
        .collect(Collectors.joining(", "));
  }
}
