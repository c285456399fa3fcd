package dev.thresher.ccm.app;

import dev.thresher.api.ObjectKey;
import dev.thresher.api.names.HarvesterNames;
import dev.thresher.api.names.KubeVirtCloudNames;
import dev.thresher.ccm.clusters.ClusterName;
import dev.thresher.ccm.harvester.LoadBalancerDriver;
import dev.thresher.ccm.harvester.LoadBalancerDriver.BalancerObjects;
import dev.thresher.ccm.harvester.loadbalancer.Placement;
import dev.thresher.ccm.harvester.loadbalancer.StraySettings;
import dev.thresher.ccm.harvester.nodes.NodePolicy;
import dev.thresher.ccm.hostservice.BackEndSource;
import dev.thresher.ccm.hostservice.HostServiceSettings;
import dev.thresher.ccm.kubevirt.KubeVirtConfig;
import dev.thresher.ccm.kubevirt.KubeVirtConfigReader;
import dev.thresher.runtime.cli.FlagGroup;
import dev.thresher.runtime.cli.GoDuration;
import dev.thresher.runtime.cli.UsageException;
import dev.thresher.runtime.client.ClientConfig;
import dev.thresher.runtime.client.ConnectionSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
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

  @Option(names = "--cloud-provider", description = "the provider: \"harvester\" or \"kubevirt\"")
  private String cloudProvider = HarvesterNames.PROVIDER;

  @Option(
      names = "--cloud-config",
      description =
          "provider harvester: kubeconfig of the host cluster; the namespace of its context is that"
              + " of the virtual machines; followed when it changes (default: the first that exists of"
              + " /etc/kubernetes/cloud-config and"
              + " /var/lib/rancher/rke2/etc/config-files/cloud-provider-config); provider kubevirt: a"
              + " YAML file that names the kubeconfig")
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
      names = "--load-balancer-driver",
      description =
          "provider harvester: what is made on the host for a Service: \"loadbalancer\", a"
              + " LoadBalancer object of Harvester, or \"service\", a Service with EndpointSlices")
  private String driver = LoadBalancerDriver.BalancerObjects.TEXT;

  @Option(
      names = "--host-service-backends",
      description =
          "driver service: who says which machines are behind a host Service: \"slices\", this"
              + " program; \"selector\", the host by the label guestcluster.harvesterhci.io/name;"
              + " \"selector-unless-local\", the host except with externalTrafficPolicy Local;"
              + " \"none\", somebody else")
  private String backEnds = BackEndSource.SLICES.text();

  @Option(
      names = "--host-service-annotation-prefixes",
      split = ",",
      description =
          "driver service: annotations of guest Services whose keys begin so are handed on to host"
              + " Services; * for all (default: those of known programs that give addresses)")
  private List<String> annotationPrefixes =
      new ArrayList<>(HostServiceSettings.DEFAULT_ANNOTATION_PREFIXES);

  @Option(
      names = "--reclaim-orphans",
      arity = "0..1",
      fallbackValue = "true",
      description =
          "delete LoadBalancers of this guest on the host that no Service stands for, after"
              + " --orphan-grace and a second look; without it they are only reported")
  private boolean reclaimOrphans;

  @Option(
      names = "--orphan-grace",
      description = "how long such a LoadBalancer is left alone at least")
  private Duration orphanGrace = Duration.ofMinutes(10);

  @Option(
      names = "--cloud-api-qps",
      description = "calls per second to the host's API server in the long run")
  private double qps = 500;

  @Option(
      names = "--cloud-api-burst",
      description = "calls to the host's API server that need not wait after a pause")
  private int burst = 1000;

  /// Which provider works.
  ///
  /// @throws UsageException if there is no such provider or driver, if its file is not usable, or
  ///   if a flag of the other one was given
  CloudChoice choice(NodePolicy machines) {
    return switch (cloudProvider) {
      case "", HarvesterNames.PROVIDER -> new CloudChoice.Harvester(driver());
      case KubeVirtCloudNames.PROVIDER -> {
        onlyForHarvester("--load-balancer-driver", driver.equals(BalancerObjects.TEXT));
        onlyForHarvester("--host-service-backends", backEnds.equals(BackEndSource.SLICES.text()));
        onlyForHarvester(
            "--host-service-annotation-prefixes",
            annotationPrefixes.equals(HostServiceSettings.DEFAULT_ANNOTATION_PREFIXES));
        onlyForHarvester("--reclaim-orphans", !reclaimOrphans);
        onlyForHarvester("--vip-placement", placement.equals(Placement.GUEST.text()));
        onlyForHarvester(
            "--management-network, --node-ip-cidr, --node-exclude-ip-ranges,"
                + " --disable-annotation-alpha-provided-ip-addr, --node-selector,"
                + " --node-labels-from, --disable-vmi-controller or --disable-hostname-lookup",
            machines.equals(NodePolicy.DEFAULT));
        yield new CloudChoice.KubeVirt(kubevirt());
      }
      default ->
          throw new UsageException(
              "--cloud-provider is \""
                  + cloudProvider
                  + "\"; there are \""
                  + HarvesterNames.PROVIDER
                  + "\" and \""
                  + KubeVirtCloudNames.PROVIDER
                  + "\"");
    };
  }

  private static void onlyForHarvester(String flag, boolean untouched) {
    if (!untouched) {
      throw new UsageException(
          flag + " is for --cloud-provider=harvester; leave it out with kubevirt");
    }
  }

  private LoadBalancerDriver driver() {
    BackEndSource source =
        BackEndSource.tryParse(backEnds)
            .orElseThrow(() ->
                new UsageException(
                    "--host-service-backends is \""
                        + backEnds
                        + "\"; allowed are "
                        + Arrays.stream(BackEndSource.values()).map(BackEndSource::text).toList()));
    return switch (driver) {
      case LoadBalancerDriver.BalancerObjects.TEXT -> new LoadBalancerDriver.BalancerObjects();
      case LoadBalancerDriver.HostServices.TEXT -> {
        if (!placement.equals(Placement.GUEST.text())) {
          throw new UsageException(
              "--vip-placement is \""
                  + placement
                  + "\" and is for --load-balancer-driver=loadbalancer; with \"service\" addresses"
                  + " are always held on the host, leave it out");
        }
        yield new LoadBalancerDriver.HostServices(source, annotationPrefixes);
      }
      default ->
          throw new UsageException(
              "--load-balancer-driver is \""
                  + driver
                  + "\"; allowed are \"loadbalancer\" and \"service\"");
    };
  }

  private KubeVirtConfig kubevirt() {
    if (cloudConfig.isEmpty()) {
      throw new UsageException(
          "--cloud-config is not given: --cloud-provider=kubevirt needs its YAML file");
    }
    try {
      return KubeVirtConfigReader.read(Files.readString(Path.of(cloudConfig)), cloudConfig);
    } catch (IOException e) {
      throw new UsageException(
          "--cloud-config: cannot read " + cloudConfig + ": " + e.getMessage());
    } catch (IllegalArgumentException e) {
      throw new UsageException("--cloud-config: " + e.getMessage());
    }
  }

  /// @param environment of the process
  /// @throws UsageException if there is no usable file
  ClientConfig host(CloudChoice choice, Map<String, String> environment) {
    if (!(qps > 0) || burst < 1) {
      throw new UsageException(
          "--cloud-api-qps must be more than 0 and --cloud-api-burst at least 1, got "
              + qps
              + " and "
              + burst);
    }
    ConnectionSource source =
        switch (choice) {
          case CloudChoice.Harvester _ -> new ConnectionSource.KubeconfigFile(file(), "");
          case CloudChoice.KubeVirt(KubeVirtConfig config) -> {
            ConnectionSource named =
                config.kubeconfig().isEmpty()
                    ? ConnectionSource.InCluster.fromEnvironment(environment)
                    : new ConnectionSource.KubeconfigFile(Path.of(config.kubeconfig()), "");
            yield config.namespace().isEmpty()
                ? named
                : new ConnectionSource.InNamespace(named, config.namespace());
          }
        };
    return ClientConfig.of("host", source).withRate(qps, burst);
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

  /// @param search whether Services are looked after at all
  /// @param lease of the program
  StraySettings strays(boolean search, ObjectKey lease) {
    if (orphanGrace.isNegative()) {
      throw new UsageException(
          "--orphan-grace must not be negative, got " + GoDuration.format(orphanGrace));
    }
    return new StraySettings(search, reclaimOrphans, orphanGrace, lease);
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
