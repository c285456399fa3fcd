package dev.thresher.ccm.app;

import dev.thresher.ccm.controllers.service.ServiceController;
import dev.thresher.runtime.cli.FlagGroup;
import dev.thresher.runtime.cli.UsageException;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Option;

/// The flags of which controllers run, and of Services.
@FlagGroup("Controllers")
final class ControllerOptions {

  @Option(
      names = "--controllers",
      split = ",",
      description =
          "controllers to run: * for all, a name for one, -name for all but it; names are"
              + " cloud-node-controller, cloud-node-lifecycle-controller, service-lb-controller and"
              + " node-route-controller")
  private List<String> controllers = new ArrayList<>(List.of("*"));

  @Option(names = "--concurrent-service-syncs", description = "Services worked on at the same time")
  private int concurrentServiceSyncs = 8;

  ControllerSelection selection() {
    return ControllerSelection.parse(controllers);
  }

  ServiceController.Settings services() {
    if (concurrentServiceSyncs < 1) {
      throw new UsageException(
          "--concurrent-service-syncs must be at least 1, got " + concurrentServiceSyncs);
    }
    return new ServiceController.Settings(concurrentServiceSyncs);
  }
}
