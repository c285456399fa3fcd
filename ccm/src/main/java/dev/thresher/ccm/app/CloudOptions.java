package dev.thresher.ccm.app;

import dev.thresher.api.names.HarvesterNames;
import dev.thresher.ccm.clusters.ClusterName;
import dev.thresher.ccm.harvester.loadbalancer.Placement;
import dev.thresher.runtime.cli.FlagGroup;
import dev.thresher.runtime.cli.UsageException;
import dev.thresher.runtime.client.ClientConfig;
import dev.thresher.runtime.client.ConnectionSource;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Option;

/// The flags of the host cluster and of the guest's place in it.
@FlagGroup("Cloud provider")
final class CloudOptions {

  private static final Logger log = LoggerFactory.getLogger(CloudOptions.class);

  /// Where Rancher and the documentation of Harvester put the cloud config.
  static final List<Path> DEFAULT_CLOUD_CONFIGS =
      List.of(
          Path.of("/etc/kubernetes/cloud-config"),
          Path.of("/var/lib/rancher/rke2/etc/config-files/cloud-provider-config"));

  @Option(names = "--cloud-provider", description = "the provider; only \"harvester\" is built in")
  private String cloudProvider = HarvesterNames.PROVIDER;

  @Option(
      names = "--cloud-config",
      description =
          "kubeconfig of the host cluster; the namespace of its context is that of the virtual"
              + " machines; followed when it changes (default: the first that exists of"
              + " /etc/kubernetes/cloud-config and"
              + " /var/lib/rancher/rke2/etc/config-files/cloud-provider-config)")
  private String cloudConfig = "";

  @Option(
      names = "--cluster-name",
      description =
          "name of the guest cluster on the host: the same string as in Rancher and in the label"
              + " guestcluster.harvesterhci.io/name of its machines")
  private String clusterName = HarvesterNames.DEFAULT_CLUSTER_NAME;

  @Option(
      names = "--vip-placement",
      description =
          "where the addresses of Services are held that do not say: \"guest\", on a guest node, or"
              + " \"host\", on a host node that forwards to node ports")
  private String placement = Placement.GUEST.text();

  @Option(
      names = "--cloud-api-qps",
      description = "calls per second to the host's API server in the long run")
  private double qps = 100;

  @Option(
      names = "--cloud-api-burst",
      description = "calls to the host's API server that need not wait after a pause")
  private int burst = 200;

  /// @throws UsageException if there is no usable file, or the provider is another
  ClientConfig host() {
    if (!cloudProvider.isEmpty() && !cloudProvider.equals(HarvesterNames.PROVIDER)) {
      throw new UsageException(
          "--cloud-provider is \""
              + cloudProvider
              + "\"; only \""
              + HarvesterNames.PROVIDER
              + "\" is built in");
    }
    if (!(qps > 0) || burst < 1) {
      throw new UsageException(
          "--cloud-api-qps must be more than 0 and --cloud-api-burst at least 1, got "
              + qps
              + " and "
              + burst);
    }
    return ClientConfig.of("host", new ConnectionSource.KubeconfigFile(file(), ""))
        .withRate(qps, burst);
  }

  ClusterName cluster() {
    ClusterName name = new ClusterName(clusterName);
    if (name.value().isEmpty()) {
      throw new UsageException("--cluster-name must not be empty");
    }
    if (name.value().equals(HarvesterNames.DEFAULT_CLUSTER_NAME)) {
      log.atWarn()
          .addKeyValue("clusterName", name.value())
          .log(
              "the cluster name is the default one: two clusters that keep it share names on the"
                  + " host; set --cluster-name");
    }
    return name;
  }

  Placement placement() {
    return Placement.tryParse(placement)
        .orElseThrow(() ->
            new UsageException(
                "--vip-placement is \"" + placement + "\"; allowed are \"guest\" and \"host\""));
  }

  private Path file() {
    if (!cloudConfig.isEmpty()) {
      return Path.of(cloudConfig);
    }
    return DEFAULT_CLOUD_CONFIGS.stream()
        .filter(Files::exists)
        .findFirst()
        .orElseThrow(() ->
            new UsageException(
                "--cloud-config is not given and none of "
                    + DEFAULT_CLOUD_CONFIGS
                    + " exists: give the kubeconfig of the host cluster"));
  }
}
