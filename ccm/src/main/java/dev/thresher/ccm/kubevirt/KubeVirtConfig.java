package dev.thresher.ccm.kubevirt;

import dev.thresher.ccm.hostservice.BackEndSource;
import dev.thresher.ccm.hostservice.HostServiceSettings;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/// The cloud config of the provider `kubevirt`.
///
/// @param kubeconfig of the host; empty for the cluster that this program runs in
/// @param namespace of the machines; empty for that of the kubeconfig's context
/// @param infraLabels on every host Service
/// @param loadBalancer `loadBalancer`
/// @param instances `instancesV2`
public record KubeVirtConfig(
    String kubeconfig,
    String namespace,
    Map<String, String> infraLabels,
    LoadBalancer loadBalancer,
    Instances instances) {

  public KubeVirtConfig {
    infraLabels = Map.copyOf(infraLabels);
  }

  /// @param enabled whether there are load balancers at all
  /// @param creationPollTimeout how long a host Service may have no address before its owner is
  ///   told
  /// @param selectorless no selector on host Services
  /// @param endpointSlices `enableEPSController`: slices of ours where there is no selector
  /// @param annotationPrefixes annotations of the guest Service that are handed on
  public record LoadBalancer(
      boolean enabled,
      Duration creationPollTimeout,
      boolean selectorless,
      boolean endpointSlices,
      List<String> annotationPrefixes) {

    /// What an empty file means.
    public static final LoadBalancer DEFAULT =
        new LoadBalancer(
            true,
            Duration.ofMinutes(5),
            false,
            false,
            HostServiceSettings.DEFAULT_ANNOTATION_PREFIXES);

    public LoadBalancer {
      annotationPrefixes = List.copyOf(annotationPrefixes);
    }

    /// Who says which machines are behind a host Service.
    public BackEndSource backEnds() {
      if (endpointSlices) {
        return selectorless ? BackEndSource.SLICES : BackEndSource.SELECTOR_UNLESS_LOCAL;
      }
      return selectorless ? BackEndSource.NONE : BackEndSource.SELECTOR;
    }
  }

  /// @param enabled whether nodes are looked after at all
  /// @param zoneAndRegion whether zone and region are taken from the labels of host nodes, which
  ///   takes a right on the host's nodes
  public record Instances(boolean enabled, boolean zoneAndRegion) {

    /// What an empty file means.
    public static final Instances DEFAULT = new Instances(true, true);
  }
}
