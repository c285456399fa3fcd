package dev.thresher.vip.app;

import com.google.common.net.InetAddresses;
import dev.thresher.runtime.cli.BuildInfo;
import dev.thresher.vip.app.Setting.Effect;
import dev.thresher.vip.app.SettingValues.WrongUsageException;
import dev.thresher.vip.controlplane.ControlPlaneConfig;
import dev.thresher.vip.majority.MajorityConfig;
import dev.thresher.vip.manifest.Manifests;
import dev.thresher.vip.manifest.Plan;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// `manifest pod|daemonset|rbac` and `kubeadm init|join`: prints what to apply, from the settings
/// that the program itself would run with.
final class ManifestCommand {

  private static final String USAGE =
      "want manifest pod, manifest daemonset or manifest rbac, with the flags of manager";
  private static final String KEYS = "/etc/vip-manager/mesh";
  private static final String STATE = "/var/lib/vip-manager";
  private static final String KUBEADM = "want kubeadm init or kubeadm join, with --address";

  private ManifestCommand() {}

  /// @param arguments behind `manifest`
  /// @throws WrongUsageException with a message for people
  static String manifest(List<String> arguments, Map<String, String> environment) {
    String kind = arguments.isEmpty() ? "" : arguments.getFirst();
    List<String> flags = arguments.isEmpty() ? List.of() : arguments.subList(1, arguments.size());
    return switch (kind) {
      case "pod" -> Manifests.pod(plan(flags, environment, true));
      case "daemonset" -> Manifests.daemonSet(plan(flags, environment, false));
      case "rbac" -> rbac(SettingValues.read(flags, environment));
      default -> throw new WrongUsageException(USAGE);
    };
  }

  private static String rbac(SettingValues values) {
    String namespace = ManagerConfig.leaseNamespace(values);
    CompatibleConfig compatible = CompatibleSettings.read(values);
    boolean nodeLabels = values.bool(Settings.NODE_LABELS);
    return compatible.forced().equals(Optional.of(Profile.COMPATIBLE))
        ? Manifests.compatibleRbac(compatible.namespaces(), nodeLabels)
        : Manifests.rbac(namespace, nodeLabels);
  }

  /// @param arguments behind `kubeadm`
  /// @throws WrongUsageException with a message for people
  static String kubeadm(List<String> arguments, Map<String, String> environment) {
    String step = arguments.isEmpty() ? "" : arguments.getFirst();
    if (!step.equals("init") && !step.equals("join")) {
      throw new WrongUsageException(KUBEADM);
    }
    List<String> flags = new ArrayList<>(List.of("--controlplane", "--arp"));
    flags.addAll(arguments.subList(1, arguments.size()));
    return Manifests.pod(plan(flags, environment, true));
  }

  private static Plan plan(
      List<String> arguments, Map<String, String> environment, boolean staticPod) {
    List<String> flags = new ArrayList<>(arguments);
    String image = taken(flags, "--image", "thresher/vip-manager:" + BuildInfo.load().version());
    boolean taint = flags.removeAll(List.of("--taint", "--taint=true"));
    SettingValues values = advised(flags, environment);
    // What the program would refuse is refused here, where somebody looks.
    ManagerConfig config = ManagerConfig.of(values, "node", anywhere -> true);
    return new Plan(
        image,
        variables(values, staticPod),
        flags(values),
        config.controlPlane().map(control -> triesTun(control.device())).orElse(false),
        staticPod ? values.text(Settings.KUBECONFIG) : "",
        config.meshKeys().map(Path::toString),
        config.majority().flatMap(MajorityConfig::state).map(Path::toString),
        taint,
        onTheNode(config.opsHost()),
        config.opsPort());
  }

  /// What a manifest says where nobody said otherwise: the whole program, and the right that needs
  /// no API server to keep or move an address. The program's own fallbacks suit a manifest of
  /// kube-vip.
  private static SettingValues advised(List<String> flags, Map<String, String> environment) {
    SettingValues told = SettingValues.read(flags, environment);
    boolean full =
        !told.isTold(CompatibleSettings.PROFILE)
            || told.text(CompatibleSettings.PROFILE).equals("full");
    boolean majority = told.isTold(MajoritySettings.RIGHT) ? MajoritySettings.wanted(told) : full;
    Map<Setting, String> advice = new LinkedHashMap<>();
    advice.put(CompatibleSettings.PROFILE, "full");
    if (majority) {
      advice.put(MajoritySettings.RIGHT, "majority");
      advice.put(MajoritySettings.BOOTSTRAP, "true");
      advice.put(MajoritySettings.STATE, STATE);
      if (!told.bool(MajoritySettings.INSECURE)) {
        advice.put(MajoritySettings.KEYS, KEYS);
      }
    }
    List<String> all = new ArrayList<>(flags);
    advice.forEach((setting, value) -> {
      if (!told.isTold(setting)) {
        all.add("--" + setting.flag() + "=" + value);
      }
    });
    return SettingValues.read(all, environment);
  }

  /// Where on the node is asked what listens on `host`: on all addresses, those of both families,
  /// it listens on this one, too.
  private static String onTheNode(String host) {
    return InetAddresses.isInetAddress(host) && InetAddresses.forString(host).isAnyLocalAddress()
        ? "127.0.0.1"
        : host;
  }

  private static boolean triesTun(ControlPlaneConfig.Device device) {
    return switch (device) {
      case AUTO, TUN -> true;
      case NONE, NIC, LO -> false;
    };
  }

  private static List<Plan.Variable> variables(SettingValues values, boolean staticPod) {
    List<Plan.Variable> variables = new ArrayList<>();
    for (Setting setting : Settings.ALL) {
      String value = values.text(setting);
      boolean here =
          setting.effect() instanceof Effect.Acts
              && !setting.variable().isEmpty()
              && !value.equals(setting.fallback())
              && !isNone(setting, value)
              && !setting.equals(Settings.NODE_NAME)
              && !setting.equals(Settings.CONFIG_FILE)
              && (staticPod || !setting.equals(Settings.KUBECONFIG));
      if (here) {
        variables.add(new Plan.Variable(setting.variable(), value));
      }
    }
    return variables;
  }

  private static List<String> flags(SettingValues values) {
    return Settings.ALL.stream()
        .filter(setting -> setting.effect() instanceof Effect.Acts)
        .filter(setting -> isNone(setting, values.text(setting)))
        .map(setting -> "--" + setting.flag() + "=")
        .toList();
  }

  /// Whether it is set to nothing, which a variable cannot say.
  private static boolean isNone(Setting setting, String value) {
    return value.isEmpty()
        && !setting.fallback().isEmpty()
        && !setting.flag().isEmpty()
        && !setting.equals(Settings.CLASS_NAME);
  }

  /// Takes a flag of this command out of the arguments.
  private static String taken(List<String> arguments, String flag, String fallback) {
    for (int i = 0; i < arguments.size(); i++) {
      String argument = arguments.get(i);
      if (argument.startsWith(flag + "=")) {
        arguments.remove(i);
        return argument.substring(flag.length() + 1);
      }
      if (argument.equals(flag) && i + 1 < arguments.size()) {
        arguments.remove(i);
        return arguments.remove(i);
      }
    }
    return fallback;
  }
}
