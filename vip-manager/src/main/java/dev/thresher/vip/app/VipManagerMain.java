package dev.thresher.vip.app;

import dev.thresher.runtime.cli.BuildInfo;
import dev.thresher.runtime.client.ClientConfigException;
import dev.thresher.runtime.lifecycle.Program;
import dev.thresher.runtime.lifecycle.ShutdownSignal;
import dev.thresher.runtime.logging.LogFormat;
import dev.thresher.runtime.logging.Logging;
import dev.thresher.runtime.logging.Vmodule;
import dev.thresher.vip.app.SettingValues.WrongUsageException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// `vip-manager manager`: holds the addresses of Services and of the control plane on the nodes of
/// a cluster; `manifest`, `kubeadm` and `sample` print what it can be started with.
public final class VipManagerMain {

  static final int OK = 0;
  static final int RUN_FAILED = 1;
  static final int WRONG_USAGE = 2;

  private static final Duration GRACE = Duration.ofSeconds(20);

  private VipManagerMain() {}

  public static void main(String[] args) {
    int status = run(Arrays.asList(args), System.getenv(), System.out, System.err);
    System.exit(status);
  }

  /// @return the exit status: 0 if all went well, 1 if the run failed, 2 if the call was wrong
  static int run(
      List<String> args, Map<String, String> environment, PrintStream out, PrintStream err) {
    String command = args.isEmpty() ? "--help" : args.getFirst();
    List<String> rest = args.isEmpty() ? List.of() : args.subList(1, args.size());
    return switch (command) {
      case "version", "--version" -> {
        out.println(BuildInfo.load().line("vip-manager"));
        yield OK;
      }
      case "help", "--help", "-h" -> {
        out.print(Help.text());
        yield OK;
      }
      // kube-vip's service command is its manager for Services alone: settings say which.
      case "manager", "service" -> {
        if (asksForHelp(rest)) {
          out.print(Help.text());
          yield OK;
        }
        yield manager(rest, environment, err);
      }
      case "manifest" ->
          asksForHelp(rest)
              ? print(out, err, Help::text)
              : print(out, err, () -> ManifestCommand.manifest(rest, environment));
      case "kubeadm" ->
          asksForHelp(rest)
              ? print(out, err, Help::text)
              : print(out, err, () -> ManifestCommand.kubeadm(rest, environment));
      case "status", "explain" ->
          asksForHelp(rest)
              ? print(out, err, Help::text)
              : print(
                  out, err, () -> StatusCommand.run(command.equals("explain"), rest, environment));
      case "voters" ->
          asksForHelp(rest)
              ? print(out, err, Help::text)
              : print(out, err, () -> VotersCommand.run(rest, environment, hostName()));
      case "drain" -> {
        if (asksForHelp(rest)) {
          out.print(Help.text());
          yield OK;
        }
        yield acted(err, () -> DrainCommand.run(rest, environment, out));
      }
      case "rebalance" -> {
        if (asksForHelp(rest)) {
          out.print(Help.text());
          yield OK;
        }
        yield acted(err, () -> RebalanceCommand.run(rest, environment, out));
      }
      case "sample" -> print(out, err, Help::sample);
      default -> {
        err.println(
            "vip-manager: unknown command \""
                + command
                + "\": want manager, service, status, explain, drain, rebalance, voters, manifest, kubeadm, sample, version or help");
        yield WRONG_USAGE;
      }
    };
  }

  private static boolean asksForHelp(List<String> arguments) {
    return arguments.contains("--help") || arguments.contains("-h");
  }

  private static int print(PrintStream out, PrintStream err, Supplier<String> text) {
    try {
      out.print(text.get());
      return OK;
    } catch (WrongUsageException e) {
      err.println("vip-manager: " + e.getMessage());
      err.println("See vip-manager --help");
      return WRONG_USAGE;
    }
  }

  private static int acted(PrintStream err, BooleanSupplier command) {
    try {
      return command.getAsBoolean() ? OK : RUN_FAILED;
    } catch (WrongUsageException e) {
      err.println("vip-manager: " + e.getMessage());
      return WRONG_USAGE;
    }
  }

  private static int manager(
      List<String> arguments, Map<String, String> environment, PrintStream err) {
    ManagerConfig config;
    VipManagerComponent parts;
    ShutdownSignal signal;
    try {
      String host = hostName();
      SettingValues values = SettingValues.read(arguments, environment);
      config = ManagerConfig.of(values, host, Files::exists);
      Logging.configure(
          config.json() ? LogFormat.JSON : LogFormat.TEXT, config.verbosity(), Vmodule.NONE);
      signal = ShutdownSignal.install();
      Optional<ProfileChoice> chosen = ProfileChoice.of(config, environment, signal);
      if (chosen.isEmpty()) {
        return OK;
      }
      ProfileChoice choice = chosen.get();
      parts =
          DaggerVipManagerComponent.factory().create(config, choice.profile(), environment, signal);
      Function<SettingValues, Reload> reload =
          inForce ->
              Reload.of(
                  inForce,
                  choice.profile(),
                  () -> SettingValues.read(arguments, environment),
                  host,
                  Files::exists);
      Logger log = LoggerFactory.getLogger(VipManagerMain.class);
      List<String> withoutEffect = WithoutEffect.all(values, choice.profile());
      if (!withoutEffect.isEmpty()) {
        log.atWarn().addKeyValue("settings", withoutEffect).log("given without effect");
      }
      choice.log();
      log.atInfo()
          .addKeyValue("version", BuildInfo.load().line("vip-manager"))
          .addKeyValue("node", config.node())
          .addKeyValue("interface", config.configuredInterface())
          .log("starting");
      return Program.run(
          VipManagerComponent.lifecycle(parts, config, values, reload), signal, GRACE);
    } catch (WrongUsageException | ClientConfigException e) {
      err.println("vip-manager: " + e.getMessage());
      err.println("See vip-manager --help");
      return WRONG_USAGE;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return RUN_FAILED;
    }
  }

  private static String hostName() {
    try {
      return InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException e) {
      throw new WrongUsageException(
          "the host name is not known (" + e.getMessage() + "): set vip_nodename");
    }
  }
}
