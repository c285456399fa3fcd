package dev.thresher.e2e.lbc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.e2e.ccm.HowTo;
import dev.thresher.e2e.lab.Await;
import dev.thresher.e2e.lab.Checkout;
import dev.thresher.e2e.lab.ControlPlane;
import dev.thresher.e2e.lab.Lab;
import dev.thresher.e2e.lab.LabProcess;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// The commands of `docs/how-to/move-from-harvester-load-balancer.md`, run on the machine of the
/// host's control plane as the page's reader would.
final class MoveCommands {

  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final HowTo PAGE = HowTo.read("move-from-harvester-load-balancer.md");

  private final Lab lab;
  private final Runnable look;

  /// @param look meanwhile, what keeps Deployments and pods
  MoveCommands(Lab lab, Runnable look) {
    this.lab = lab;
    this.look = look;
  }

  /// Where the reader keeps what is written down.
  Path folder() {
    return lab.directory().resolve("move");
  }

  /// Runs the commands of a section, in one shell.
  ///
  /// @return what they printed
  String run(String section) {
    LabProcess shell = shell(section, () -> {});
    assertThat(shell.onExit().join()).as(shell.output()).isZero();
    return shell.output();
  }

  /// Until the shell has ended, however.
  ///
  /// @param before each look of what keeps Deployments and pods
  LabProcess shell(String section, Runnable before) {
    ControlPlane host = lab.host();
    LabProcess shell =
        lab.start(
            host,
            "how-to-" + section.toLowerCase(Locale.ROOT).replaceAll("[^a-z]+", "-"),
            List.of(
                "bash",
                "-c",
                "set -euo pipefail\ncd "
                    + Checkout.find()
                    + "\n"
                    + PAGE.commands("Prepare")
                    + PAGE.commands(section)),
            Map.of(
                "KUBECONFIG",
                host.adminKubeconfig().toString(),
                "ADDRESS",
                host.addresses().ipv4(),
                "MOVE",
                folder().toString(),
                "JAVA_HOME",
                System.getProperty("java.home"),
                "PATH",
                lab.directory().resolve("bin") + ":" + System.getenv("PATH")));
    Await.until(
        "the commands of \"" + section + "\" to end; see " + shell.log(),
        PATIENCE,
        () -> {
          before.run();
          look.run();
          return !shell.isAlive();
        });
    return shell;
  }
}
