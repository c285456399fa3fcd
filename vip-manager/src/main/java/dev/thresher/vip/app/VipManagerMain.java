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
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// `vip-manager manager|version`: holds the addresses of Services on the nodes of a cluster.
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
      case "manager" -> {
        if (rest.contains("--help") || rest.contains("-h")) {
          out.print(Help.text());
          yield OK;
        }
        yield manager(rest, environment, err);
      }
      case "service", "manifest", "kubeadm", "sample" -> {
        err.println(
            "vip-manager: the command \""
                + command
                + "\" is not there yet: use \"vip-manager manager\", with the manifests of the"
                + " chart");
        yield WRONG_USAGE;
      }
      default -> {
        err.println(
            "vip-manager: unknown command \"" + command + "\": want manager, version or help");
        yield WRONG_USAGE;
      }
    };
  }

  private static int manager(
      List<String> arguments, Map<String, String> environment, PrintStream err) {
    ManagerConfig config;
    VipManagerComponent parts;
    ShutdownSignal signal;
    try {
      config = ManagerConfig.read(arguments, environment, hostName());
      Logging.configure(
          config.json() ? LogFormat.JSON : LogFormat.TEXT, config.verbosity(), Vmodule.NONE);
      signal = ShutdownSignal.install();
      parts = DaggerVipManagerComponent.factory().create(config, environment, signal);
      Logger log = LoggerFactory.getLogger(VipManagerMain.class);
      if (!config.warnings().isEmpty()) {
        log.atWarn().addKeyValue("settings", config.warnings()).log("given without effect");
      }
      log.atInfo()
          .addKeyValue("version", BuildInfo.load().line("vip-manager"))
          .addKeyValue("node", config.node())
          .addKeyValue("interface", config.configuredInterface())
          .log("starting");
      return Program.run(VipManagerComponent.lifecycle(parts, config), signal, GRACE);
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
