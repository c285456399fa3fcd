package dev.thresher.ccm.app;

import dev.thresher.ccm.controllers.lifecycle.NodeLifecycleController;
import dev.thresher.ccm.controllers.node.LabelSync;
import dev.thresher.ccm.controllers.route.ClusterRanges;
import dev.thresher.ccm.controllers.route.RouteController;
import dev.thresher.ccm.controllers.service.ServiceController;
import dev.thresher.runtime.cli.FlagGroup;
import dev.thresher.runtime.cli.GoDuration;
import dev.thresher.runtime.cli.UsageException;
import java.time.Duration;
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

  @Option(
      names = "--use-service-account-credentials",
      arity = "0..1",
      fallbackValue = "true",
      description =
          "each controller acts in the guest as a service account of its own in kube-system, by"
              + " tokens that the program asks for")
  private boolean ownAccounts;

  @Option(names = "--concurrent-service-syncs", description = "Services worked on at the same time")
  private int concurrentServiceSyncs = 8;

  @Option(
      names = "--service-resync-period",
      description =
          "about how often every Service is looked at though nothing changed, to repair what"
              + " somebody changed in the cloud; 0 for never")
  private Duration serviceResyncPeriod = Duration.ZERO;

  @Option(
      names = "--node-monitor-period",
      description = "time between two looks at the nodes that are not Ready")
  private Duration nodeMonitorPeriod = Duration.ofSeconds(5);

  @Option(
      names = "--concurrent-node-lifecycle-syncs",
      description = "nodes that are tainted or deleted at the same time")
  private int concurrentNodeLifecycleSyncs = 8;

  @Option(
      names = "--node-deletion-grace",
      description =
          "least time for which a machine must be missing before its node is deleted; it must be"
              + " missed twice in any case")
  private Duration nodeDeletionGrace = Duration.ZERO;

  @Option(
      names = "--node-deletion-limit-share",
      description =
          "per cent of the nodes, and always two, that may be deleted within ten minutes without"
              + " being confirmed")
  private int nodeDeletionLimitShare = 50;

  @Option(
      names = "--untaint-running-nodes",
      arity = "0..1",
      fallbackValue = "true",
      description =
          "remove the shutdown taint when the cloud says that the machine runs, not only when the"
              + " node is Ready")
  private boolean untaintRunningNodes;

  @Option(
      names = "--feature-gates",
      split = ",",
      description =
          "Name=true or Name=false: gates of upstream's; unknown ones are refused, retired ones"
              + " accepted with the value they are fixed to")
  private List<String> featureGates = new ArrayList<>();

  @Option(
      names = "--sync-node-labels",
      description =
          "labels of nodes in service that follow the machine: none, topology (zone, region and what"
              + " the provider says), or all (also instance type and further labels, which overwrite)")
  private String syncNodeLabels = "topology";

  @Option(
      names = "--configure-cloud-routes",
      arity = "0..1",
      fallbackValue = "true",
      description = "keep the cloud's routes to the pods of nodes, if the provider has routes")
  private boolean configureCloudRoutes = true;

  @Option(
      names = "--route-reconciliation-period",
      description = "time between two looks at all routes; a change of a node is seen at once")
  private Duration routeReconciliationPeriod = Duration.ofSeconds(10);

  @Option(
      names = "--cluster-cidr",
      description =
          "range of the pods, or one of each family, comma separated; routes outside are left alone")
  private String clusterCidr = "";

  boolean ownAccounts() {
    return ownAccounts;
  }

  FeatureGates featureGates() {
    return FeatureGates.parse(featureGates);
  }

  ControllerSelection selection() {
    return ControllerSelection.parse(controllers);
  }

  NodeLifecycleController.Settings lifecycle() {
    if (nodeMonitorPeriod.isNegative() || nodeMonitorPeriod.isZero()) {
      throw new UsageException(
          "--node-monitor-period must be more than 0, got " + GoDuration.format(nodeMonitorPeriod));
    }
    if (concurrentNodeLifecycleSyncs < 1) {
      throw new UsageException(
          "--concurrent-node-lifecycle-syncs must be at least 1, got "
              + concurrentNodeLifecycleSyncs);
    }
    if (nodeDeletionGrace.isNegative()) {
      throw new UsageException(
          "--node-deletion-grace must not be negative, got "
              + GoDuration.format(nodeDeletionGrace));
    }
    if (nodeDeletionLimitShare < 1 || nodeDeletionLimitShare > 100) {
      throw new UsageException(
          "--node-deletion-limit-share must be from 1 to 100, got " + nodeDeletionLimitShare);
    }
    return new NodeLifecycleController.Settings(
        nodeMonitorPeriod,
        concurrentNodeLifecycleSyncs,
        nodeDeletionGrace,
        nodeDeletionLimitShare,
        untaintRunningNodes);
  }

  LabelSync labelSync() {
    return switch (syncNodeLabels) {
      case "none" -> LabelSync.NONE;
      case "topology" -> LabelSync.TOPOLOGY;
      case "all" -> LabelSync.ALL;
      default ->
          throw new UsageException(
              "--sync-node-labels must be none, topology or all, got \"" + syncNodeLabels + "\"");
    };
  }

  RouteController.Settings routes() {
    if (routeReconciliationPeriod.isNegative() || routeReconciliationPeriod.isZero()) {
      throw new UsageException(
          "--route-reconciliation-period must be more than 0, got "
              + GoDuration.format(routeReconciliationPeriod));
    }
    try {
      return new RouteController.Settings(
          configureCloudRoutes, routeReconciliationPeriod, ClusterRanges.parse(clusterCidr));
    } catch (IllegalArgumentException e) {
      throw new UsageException(String.valueOf(e.getMessage()));
    }
  }

  ServiceController.Settings services() {
    if (concurrentServiceSyncs < 1) {
      throw new UsageException(
          "--concurrent-service-syncs must be at least 1, got " + concurrentServiceSyncs);
    }
    if (serviceResyncPeriod.isNegative()) {
      throw new UsageException(
          "--service-resync-period must not be negative, got "
              + GoDuration.format(serviceResyncPeriod));
    }
    return new ServiceController.Settings(concurrentServiceSyncs, serviceResyncPeriod);
  }
}
