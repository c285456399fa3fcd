package dev.thresher.e2e.lab;

import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// A lab for people: `hack/lab/up`.
@Command(
    name = "up",
    mixinStandardHelpOptions = true,
    versionProvider = LabCommand.Version.class,
    description =
        "Starts a lab: a host cluster, a guest cluster on VMs of it with one HTTP pod on each VM,"
            + " and a client.",
    footer =
        "hack/lab/down removes it, hack/lab/kubectl talks to it, hack/lab/exec runs a program in it.")
public final class LabCommand implements Callable<Integer> {
  @Option(
      names = "--host-nodes",
      paramLabel = "N",
      defaultValue = "2",
      description = "Host nodes (default: ${DEFAULT-VALUE}).")
  private int hostNodes;

  @Option(
      names = "--vms",
      paramLabel = "N",
      defaultValue = "3",
      description = "VMs of the guest g1, each a node of it (default: ${DEFAULT-VALUE}).")
  private int vms;

  @Option(
      names = "--initialized",
      description = "Guest nodes are ready for work at once, without a cloud provider.")
  private boolean initialized;

  @Option(
      names = "--kube-proxy-min-sync",
      paramLabel = "MS",
      defaultValue = "50",
      description =
          "Least time between two syncs of kube-proxy in milliseconds (default: ${DEFAULT-VALUE};"
              + " kube-proxy's own is 1000).")
  private int minSync;

  @Option(names = "--audit", description = "API servers write down all requests.")
  private boolean audit;

  @Option(
      names = "--hold",
      description = "Stay in the foreground; the lab goes when this program ends, however it ends.")
  private boolean hold;

  private final PrintWriter out;

  private LabCommand(PrintWriter out) {
    this.out = out;
  }

  public static void main(String[] arguments) {
    System.exit(
        new CommandLine(new LabCommand(new PrintWriter(System.out, true, StandardCharsets.UTF_8)))
            .setExecutionExceptionHandler((problem, line, _) -> {
              if (problem instanceof LabException) {
                line.getErr().println(problem.getMessage());
                return 1;
              }
              throw problem;
            })
            .execute(arguments));
  }

  @Override
  public Integer call() throws InterruptedException {
    long started = System.nanoTime();
    Lab lab =
        Lab.builder()
            .hostNodes(hostNodes)
            .guest("g1", g -> g.vms(vms).uninitialized(!initialized))
            .kubeProxyMinSync(Duration.ofMillis(minSync))
            .audit(audit)
            .progress(line -> {
              out.printf("%6.1f s  %s%n", (System.nanoTime() - started) / 1e9, line);
              out.flush();
            })
            .start();
    for (Vm vm : lab.vms("g1")) {
      vm.pod("web-" + vm.name(), Map.of("app", "web"));
    }
    Client client = lab.client("c1");
    out.printf(
        """

        lab %1$s, files and logs in %2$s
          hack/lab/kubectl host get vmi -A
          hack/lab/kubectl g1 get nodes,pods -o wide
          hack/lab/exec c1 ip addr                 the client, %3$s %4$s
          hack/lab/exec node1 nft list ruleset     a host node; g1-vm1 … are the VMs
        free for address pools: %5$s and %6$s
        pods carry the label app=web and answer on port %7$d
        """,
        lab.id(),
        lab.directory(),
        client.addresses().ipv4(),
        client.addresses().ipv6(),
        lab.freeRange().ipv4(),
        lab.freeRange().ipv6(),
        Pod.PORT);
    out.flush();
    if (hold) {
      new CountDownLatch(1).await();
    }
    lab.keep();
    lab.close();
    return 0;
  }

  static final class Version implements CommandLine.IVersionProvider {
    @Override
    public String[] getVersion() {
      String version = LabCommand.class.getPackage().getImplementationVersion();
      return new String[] {"thresher lab " + (version == null ? "(not packaged)" : version)};
    }
  }
}
