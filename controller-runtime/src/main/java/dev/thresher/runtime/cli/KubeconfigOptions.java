package dev.thresher.runtime.cli;

import dev.thresher.runtime.client.ClientConfig;
import dev.thresher.runtime.client.ClientConfigException;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Option;

/// The flags of the connection to the program's own cluster. A mixin.
@FlagGroup("API client")
public final class KubeconfigOptions {

  private static final Logger log = LoggerFactory.getLogger(KubeconfigOptions.class);

  @Option(
      names = "--kubeconfig",
      description =
          "kubeconfig file with address and credentials of the API server; without it the"
              + " ServiceAccount of the pod is used")
  @Flag(env = "KUBECONFIG")
  private String kubeconfig = "";

  @Option(
      names = "--master",
      description = "address of the API server, in place of the one in the kubeconfig")
  private String master = "";

  @Option(names = "--kube-api-qps", description = "calls per second in the long run")
  private double qps;

  @Option(names = "--kube-api-burst", description = "calls that need not wait after a pause")
  private int burst;

  @Option(
      names = "--kube-api-content-type",
      description = "accepted for compatibility: the programs speak JSON")
  private String contentType = "application/json";

  /// With upstream's defaults: 20 calls per second, burst 30.
  public KubeconfigOptions() {
    this(20, 30);
  }

  /// @param qps default of `--kube-api-qps`
  /// @param burst default of `--kube-api-burst`
  public KubeconfigOptions(double qps, int burst) {
    this.qps = qps;
    this.burst = burst;
  }

  /// @param name what this server is to the program: `host`, `guest`
  /// @param environment of the process
  /// @throws UsageException if there is no usable connection
  public ClientConfig client(String name, Map<String, String> environment) {
    if (!contentType.equals("application/json")) {
      log.atInfo()
          .addKeyValue("wanted", contentType)
          .addKeyValue("used", "application/json")
          .log("the API client speaks JSON only");
    }
    if (!(qps > 0)) {
      throw new UsageException("--kube-api-qps must be more than 0, got " + qps);
    }
    if (burst < 1) {
      throw new UsageException("--kube-api-burst must be at least 1, got " + burst);
    }
    try {
      ClientConfig found = ClientConfig.find(name, kubeconfig, environment).withRate(qps, burst);
      return master.isEmpty() ? found : found.withServer(master);
    } catch (ClientConfigException e) {
      throw new UsageException(String.valueOf(e.getMessage()));
    }
  }

  /// The file given by flag or environment, empty if none.
  public String kubeconfig() {
    return kubeconfig;
  }
}
