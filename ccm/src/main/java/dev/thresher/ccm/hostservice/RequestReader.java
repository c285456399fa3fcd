package dev.thresher.ccm.hostservice;

import dev.thresher.api.address.IpAddress;
import dev.thresher.api.address.IpFamily;
import dev.thresher.api.names.KubernetesNames;
import dev.thresher.api.names.ThresherNames;
import dev.thresher.ccm.cloudprovider.EnsureResult.Notice;
import dev.thresher.ccm.hostservice.HostServiceRequest.Port;
import io.kubernetes.client.openapi.models.V1Service;
import io.kubernetes.client.openapi.models.V1ServicePort;
import io.kubernetes.client.openapi.models.V1ServiceSpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Reads what a guest Service asks for. Every message names the field, the value and what to do.
final class RequestReader {

  /// Default of `sessionAffinityConfig.clientIP.timeoutSeconds` in core/v1.
  private static final int AFFINITY_SECONDS = 10_800;

  private final V1Service service;
  private final V1ServiceSpec spec;
  private final List<Notice> warnings = new ArrayList<>();

  private RequestReader(V1Service service) {
    this.service = service;
    this.spec = Objects.requireNonNull(service.getSpec());
  }

  /// What came of the reading.
  sealed interface Reading {

    /// @param warnings what the owner of the Service should know
    record Accepted(HostServiceRequest request, List<Notice> warnings) implements Reading {}

    record Refused(Notice why) implements Reading {}
  }

  static Reading read(String cluster, V1Service service, List<String> annotationPrefixes) {
    return new RequestReader(service).read(cluster, annotationPrefixes);
  }

  private Reading read(String cluster, List<String> annotationPrefixes) {
    Optional<Notice> hindrance = portWithoutNodePort();
    if (hindrance.isPresent()) {
      return new Reading.Refused(hindrance.get());
    }
    if (!list(spec.getExternalIPs()).isEmpty()) {
      warnings.add(
          new Notice(
              "ExternalIPsNotHandedOn",
              "spec.externalIPs is "
                  + spec.getExternalIPs()
                  + "; the host Service does not get them, since they would let a guest take over"
                  + " any address on the host. Ask for an address with annotation "
                  + ThresherNames.WANTED_ADDRESSES
                  + " or spec.loadBalancerIP"));
    }
    var meta = service.getMetadata();
    return new Reading.Accepted(
        new HostServiceRequest(
            cluster,
            Objects.requireNonNull(meta.getNamespace()),
            Objects.requireNonNull(meta.getName()),
            Objects.requireNonNull(meta.getUid()),
            list(spec.getPorts()).stream().map(RequestReader::port).toList(),
            affinitySeconds(),
            sourceRanges(),
            "Local".equals(spec.getExternalTrafficPolicy()),
            families(),
            text(spec.getIpFamilyPolicy()).isEmpty() ? "SingleStack" : spec.getIpFamilyPolicy(),
            wantedAddress(),
            PassedAnnotations.of(map(meta.getAnnotations()), annotationPrefixes)),
        List.copyOf(warnings));
  }

  private Optional<Notice> portWithoutNodePort() {
    return list(spec.getPorts()).stream()
        .filter(port -> port.getNodePort() == null || port.getNodePort() == 0)
        .findFirst()
        .map(port ->
            new Notice(
                "NodePortMissing",
                "port "
                    + port.getPort()
                    + " has no node port, and the host reaches the guest's nodes by node ports"
                    + " only; set spec.allocateLoadBalancerNodePorts to true"));
  }

  private static Port port(V1ServicePort port) {
    return new Port(
        text(port.getName()),
        text(port.getProtocol()).isEmpty() ? "TCP" : text(port.getProtocol()),
        port.getPort(),
        Objects.requireNonNullElse(port.getNodePort(), 0),
        text(port.getAppProtocol()));
  }

  private int affinitySeconds() {
    if (!"ClientIP".equals(spec.getSessionAffinity())) {
      return 0;
    }
    var config = spec.getSessionAffinityConfig();
    var clientIp = config == null ? null : config.getClientIP();
    Integer seconds = clientIp == null ? null : clientIp.getTimeoutSeconds();
    return seconds == null ? AFFINITY_SECONDS : seconds;
  }

  /// The field, else the older annotation, as upstream's service helpers read them.
  private List<String> sourceRanges() {
    List<String> field = list(spec.getLoadBalancerSourceRanges());
    List<String> ranges =
        field.isEmpty()
            ? Arrays.asList(annotation(KubernetesNames.SOURCE_RANGES).split(","))
            : field;
    return ranges.stream().map(String::strip).filter(range -> !range.isEmpty()).toList();
  }

  private List<IpFamily> families() {
    List<String> families = list(spec.getIpFamilies());
    return families.isEmpty()
        ? List.of(IpFamily.IPV4)
        : families.stream().map(IpFamily::parse).toList();
  }

  private String wantedAddress() {
    String annotated = annotation(ThresherNames.WANTED_ADDRESSES);
    String where =
        annotated.isEmpty()
            ? "spec.loadBalancerIP"
            : "annotation " + ThresherNames.WANTED_ADDRESSES;
    String text = annotated.isEmpty() ? text(spec.getLoadBalancerIP()) : annotated;
    if (text.isEmpty()) {
      return "";
    }
    String[] parts = text.split(",", -1);
    Optional<IpAddress> first = IpAddress.tryParse(parts[0].strip());
    if (first.isEmpty()) {
      warnings.add(
          new Notice("AddressInvalid", where + " is \"" + text + "\"; want an IP address"));
      return "";
    }
    if (parts.length > 1) {
      warnings.add(
          new Notice(
              "OneAddressWanted",
              where
                  + " is \""
                  + text
                  + "\"; a host Service can ask for one address, which is "
                  + first.get()));
    }
    return first.get().toString();
  }

  private String annotation(String key) {
    return map(service.getMetadata().getAnnotations()).getOrDefault(key, "");
  }

  private static Map<String, String> map(@Nullable Map<String, String> map) {
    return map == null ? Map.of() : map;
  }

  private static <T> List<T> list(@Nullable List<T> list) {
    return list == null ? List.of() : list;
  }

  private static String text(@Nullable String text) {
    return text == null ? "" : text;
  }
}
