package dev.thresher.ccm.app;

import dev.thresher.ccm.controllers.node.NodeController;
import dev.thresher.ccm.harvester.nodes.NodeAddressPolicy;
import dev.thresher.ccm.harvester.nodes.NodePolicy;
import dev.thresher.runtime.cli.FlagGroup;
import dev.thresher.runtime.cli.GoDuration;
import dev.thresher.runtime.cli.UsageException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Option;

/// The flags of nodes and their addresses.
@FlagGroup("Nodes")
final class NodeOptions {

  @Option(names = "--concurrent-node-syncs", description = "nodes worked on at the same time")
  private int concurrentSyncs = 8;

  @Option(
      names = "--node-status-update-frequency",
      description =
          "time between two looks at all nodes; a change of a machine is seen at once besides")
  private Duration statusUpdateFrequency = Duration.ofMinutes(5);

  @Option(
      names = "--management-network",
      description =
          "NetworkAttachmentDefinition (namespace/name) whose addresses are those of the nodes;"
              + " without it a machine's first secondary network")
  private String managementNetwork = "";

  @Option(
      names = "--node-ip-cidr",
      description =
          "subnets or addresses, at most one of each family, comma separated: the first address of"
              + " each within is the internal one, all others are external")
  private String nodeIpCidr = "";

  @Option(
      names = "--node-exclude-ip-ranges",
      split = ",",
      description =
          "with --node-ip-cidr: subnets or addresses that are not reported as external addresses")
  private List<String> excludeIpRanges = new ArrayList<>();

  @Option(
      names = "--disable-annotation-alpha-provided-ip-addr",
      arity = "0..1",
      fallbackValue = "true",
      description =
          "choose addresses without the node annotation alpha.kubernetes.io/provided-node-ip")
  private boolean ignoreProvidedIp;

  @Option(
      names = "--node-selector",
      description =
          "label selector of the nodes that are looked after; without it all, of which those that"
              + " are no virtual machines of the host are left alone")
  private String nodeSelector = "";

  @Option(
      names = "--node-labels-from",
      split = ",",
      description =
          "keys of labels of virtual machines that their nodes take over and follow; keys in the"
              + " namespaces of Kubernetes are refused")
  private List<String> labelsFrom = new ArrayList<>();

  @Option(
      names = "--disable-vmi-controller",
      arity = "0..1",
      fallbackValue = "true",
      description =
          "do not publish the ConfigMap harvester-nad-mapping, do not ask guest agents for host"
              + " names, and give zone, region and labels only to nodes that are being initialised")
  private boolean disableVmiController;

  @Option(
      names = "--disable-hostname-lookup",
      arity = "0..1",
      fallbackValue = "true",
      description = "do not ask guest agents for host names")
  private boolean disableHostnameLookup;

  NodeController.Settings settings() {
    if (concurrentSyncs < 1) {
      throw new UsageException(
          "--concurrent-node-syncs must be at least 1, got " + concurrentSyncs);
    }
    if (statusUpdateFrequency.isNegative() || statusUpdateFrequency.isZero()) {
      throw new UsageException(
          "--node-status-update-frequency must be more than 0, got "
              + GoDuration.format(statusUpdateFrequency));
    }
    return new NodeController.Settings(concurrentSyncs, statusUpdateFrequency);
  }

  NodePolicy machines() {
    try {
      return new NodePolicy(
          new NodeAddressPolicy(
              NodeAddressPolicy.parseManagementNetwork(managementNetwork),
              NodeAddressPolicy.parseNodeIpCidr(nodeIpCidr),
              NodeAddressPolicy.parseList("--node-exclude-ip-ranges", excludeIpRanges),
              ignoreProvidedIp),
          NodePolicy.parseSelector("--node-selector", nodeSelector),
          NodePolicy.parseLabelKeys("--node-labels-from", labelsFrom),
          !disableVmiController,
          !disableVmiController && !disableHostnameLookup);
    } catch (IllegalArgumentException e) {
      throw new UsageException(String.valueOf(e.getMessage()));
    }
  }
}
