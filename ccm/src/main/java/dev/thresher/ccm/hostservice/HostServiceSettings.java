package dev.thresher.ccm.hostservice;

import java.time.Duration;
import java.util.List;
import java.util.Map;

/// What is the same for all Services of the guest cluster.
///
/// @param namespace where the machines and the host Services are
/// @param backEnds who says which machines are behind a Service
/// @param selector of the launcher pods, where a selector is used
/// @param labels on every host Service, besides those that say whose it is
/// @param annotationPrefixes annotations of the guest Service whose keys begin so are handed on;
///   `*` for all
/// @param patience how long a host Service may have no address before its owner is told
public record HostServiceSettings(
    String namespace,
    BackEndSource backEnds,
    Map<String, String> selector,
    Map<String, String> labels,
    List<String> annotationPrefixes,
    Duration patience) {

  /// Those of the programs that give a host Service its address.
  public static final List<String> DEFAULT_ANNOTATION_PREFIXES =
      List.of(
          "metallb.io/",
          "metallb.universe.tf/",
          "kube-vip.io/",
          "purelb.io/",
          "lbipam.cilium.io/",
          "io.cilium/",
          "service.beta.kubernetes.io/",
          "external-dns.alpha.kubernetes.io/");

  public HostServiceSettings {
    selector = Map.copyOf(selector);
    labels = Map.copyOf(labels);
    annotationPrefixes = List.copyOf(annotationPrefixes);
  }
}
