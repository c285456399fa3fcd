package dev.thresher.e2e.demo;

import dev.thresher.e2e.cloud.Cloud;
import dev.thresher.e2e.cloud.Placement;
import dev.thresher.e2e.lab.Lab;
import dev.thresher.e2e.lab.LabException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// `hack/demo`. Exit status 0 if all of it held, 1 if not, 2 for a wrong command line, 3 if no lab
/// can run here.
@Command(
    name = "hack/demo",
    sortOptions = false,
    mixinStandardHelpOptions = true,
    description = "Shows the main job on a lab on this machine, with times.")
public final class DemoCommand implements Callable<Integer> {

  @Option(
      names = "--placement",
      defaultValue = "guest",
      paramLabel = "guest|host",
      description = "Where the address is held. Default: ${DEFAULT-VALUE}.")
  private Placement placement = Placement.GUEST;

  @Option(
      names = "--keep",
      description = "Leave the lab up at the end, and print how to talk to it.")
  private boolean keep;

  @Option(
      names = "--kube-proxy-min-sync",
      defaultValue = "50",
      paramLabel = "MS",
      description =
          "Least time between two syncs of kube-proxy, in milliseconds. Default: ${DEFAULT-VALUE}; kube-proxy's own is 1000.")
  private int minSync;

  public static void main(String[] args) {
    System.exit(
        new CommandLine(new DemoCommand()).setCaseInsensitiveEnumValuesAllowed(true).execute(args));
  }

  @Override
  public Integer call() {
    Optional<String> obstacle = Lab.obstacle();
    if (obstacle.isPresent()) {
      System.err.println("hack/demo: " + obstacle.get());
      return 3;
    }
    var story = new Story(System.out);
    story.chapter(
        "A host cluster of 2 nodes, a guest cluster on 3 of its VMs, a client outside of both");
    try (Lab lab =
        Lab.builder()
            .hostNodes(2)
            .guest(Cloud.GUEST, g -> g.vms(3))
            .kubeProxyMinSync(Duration.ofMillis(minSync))
            .progress(story::step)
            .start()) {
      try {
        new Demo(Cloud.prepare(lab, placement), story).run();
      } catch (LabException e) {
        story.check("the story came to its end", false, String.valueOf(e.getMessage()));
      }
      boolean held = story.end();
      if (!held) {
        lab.keepLogs();
      }
      if (keep) {
        lab.keep();
        System.out.printf(
            "%nThe lab stays up:%n  hack/lab/kubectl host get loadbalancers -A%n  hack/lab/kubectl guest get svc -A%n  hack/lab/down %s%n",
            lab.id());
      }
      return held ? 0 : 1;
    }
  }
}
