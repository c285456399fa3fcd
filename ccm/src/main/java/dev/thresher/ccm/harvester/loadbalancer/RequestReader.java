package dev.thresher.ccm.harvester.loadbalancer;

import dev.thresher.api.address.IpAddress;
import dev.thresher.api.address.IpFamily;
import dev.thresher.api.labels.LabelSelector;
import dev.thresher.api.names.HarvesterNames;
import dev.thresher.api.names.KubernetesNames;
import dev.thresher.api.names.ThresherNames;
import dev.thresher.ccm.cloudprovider.EnsureResult.Notice;
import dev.thresher.ccm.harvester.loadbalancer.ServiceRequest.Ipam;
import dev.thresher.ccm.harvester.loadbalancer.ServiceRequest.Port;
import io.kubernetes.client.openapi.models.V1Service;
import io.kubernetes.client.openapi.models.V1ServicePort;
import io.kubernetes.client.openapi.models.V1ServiceSpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Reads what a Service asks for. Every message names the key, the value and what is allowed.
final class RequestReader {

  private static final String INVALID = "AnnotationInvalid";

  /// What kube-proxy forwards, on the host and in the guest. Who holds an address looks at none.
  private static final Set<String> CARRIED = Set.of("TCP", "UDP", "SCTP");

  /// A DNS subdomain (RFC 1123), which names of objects are.
  private static final Pattern POOL_NAME = Pattern.compile("[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?");

  private final V1Service service;
  private final List<Notice> warnings = new ArrayList<>();
  private final List<Notice> refusals = new ArrayList<>();

  private RequestReader(V1Service service) {
    this.service = service;
  }

  /// What came of the reading.
  sealed interface Reading {

    /// @param warnings what the owner of the Service should know
    record Accepted(ServiceRequest request, List<Notice> warnings) implements Reading {}

    /// @param why at least one
    record Refused(List<Notice> why) implements Reading {}
  }

  static Reading read(V1Service service) {
    return new RequestReader(service).read();
  }

  private Reading read() {
    V1ServiceSpec spec = Objects.requireNonNull(service.getSpec());
    var meta = service.getMetadata();
    var request =
        new ServiceRequest(
            Objects.requireNonNull(meta.getNamespace()),
            Objects.requireNonNull(meta.getName()),
            Objects.requireNonNull(meta.getUid()),
            ipam(),
            network(),
            annotation(HarvesterNames.PROJECT),
            annotation(HarvesterNames.NAMESPACE),
            placement(),
            families(spec),
            text(spec.getIpFamilyPolicy()),
            wantedAddresses(spec),
            pools(),
            poolSelector(),
            sourceRanges(spec),
            "Local".equals(spec.getExternalTrafficPolicy())
                ? Objects.requireNonNullElse(spec.getHealthCheckNodePort(), 0)
                : 0,
            list(spec.getPorts()).stream().map(this::port).toList());
    return refusals.isEmpty()
        ? new Reading.Accepted(request, warnings)
        : new Reading.Refused(refusals);
  }

  /// The field, else the older annotation, as upstream's service helpers read them.
  private List<String> sourceRanges(V1ServiceSpec spec) {
    List<String> field = list(spec.getLoadBalancerSourceRanges());
    List<String> ranges =
        field.isEmpty()
            ? Arrays.asList(annotation(KubernetesNames.SOURCE_RANGES).split(",", -1))
            : field;
    return ranges.stream().map(String::strip).filter(range -> !range.isEmpty()).toList();
  }

  private Port port(V1ServicePort port) {
    String protocol = text(port.getProtocol()).isEmpty() ? "TCP" : text(port.getProtocol());
    if (!CARRIED.contains(protocol)) {
      refuse(
          "ProtocolNotSupported",
          "port "
              + port.getPort()
              + " has protocol \""
              + protocol
              + "\"; load balancers carry TCP, UDP and SCTP");
    }
    return new Port(
        text(port.getName()),
        protocol,
        port.getPort(),
        port.getNodePort() == null ? 0 : port.getNodePort());
  }

  private Ipam ipam() {
    String value = annotation(HarvesterNames.IPAM);
    return switch (value) {
      case "", "pool" -> Ipam.POOL;
      case "dhcp" -> Ipam.DHCP;
      case "ippool" -> {
        // Harvester's own documentation says so.
        warnings.add(
            new Notice(
                INVALID,
                "annotation "
                    + HarvesterNames.IPAM
                    + " is \"ippool\"; it is taken for \"pool\", please write that"));
        yield Ipam.POOL;
      }
      default -> {
        refuse(
            INVALID,
            "annotation "
                + HarvesterNames.IPAM
                + " is \""
                + value
                + "\"; allowed are \"pool\" and \"dhcp\"");
        yield Ipam.POOL;
      }
    };
  }

  private String network() {
    String value = annotation(HarvesterNames.NETWORK).strip();
    if (!value.isEmpty() && !value.matches("[a-z0-9][-a-z0-9.]*/[a-z0-9][-a-z0-9.]*")) {
      refuse(
          INVALID,
          "annotation "
              + HarvesterNames.NETWORK
              + " is \""
              + value
              + "\"; want a NetworkAttachmentDefinition as namespace/name");
    }
    return value;
  }

  private Optional<Placement> placement() {
    String value = annotation(ThresherNames.PLACEMENT);
    Optional<Placement> placement = Placement.tryParse(value);
    if (!value.isEmpty() && placement.isEmpty()) {
      refuse(
          INVALID,
          "annotation "
              + ThresherNames.PLACEMENT
              + " is \""
              + value
              + "\"; allowed are \"guest\" and \"host\"");
    }
    return placement;
  }

  private static List<IpFamily> families(V1ServiceSpec spec) {
    List<String> families = list(spec.getIpFamilies());
    return families.isEmpty()
        ? List.of(IpFamily.IPV4)
        : families.stream().map(IpFamily::parse).toList();
  }

  private List<IpAddress> wantedAddresses(V1ServiceSpec spec) {
    String annotated = annotation(ThresherNames.WANTED_ADDRESSES);
    String field = text(spec.getLoadBalancerIP());
    if (!annotated.isEmpty()) {
      return addresses(annotated, "annotation " + ThresherNames.WANTED_ADDRESSES, refusals);
    }
    // The field is deprecated and its meaning left to the implementation: no reason to refuse.
    return field.isEmpty() ? List.of() : addresses(field, "spec.loadBalancerIP", warnings);
  }

  private static List<IpAddress> addresses(String text, String where, List<Notice> problems) {
    List<IpAddress> addresses = new ArrayList<>();
    for (String part : text.split(",", -1)) {
      IpAddress.tryParse(part.strip())
          .ifPresentOrElse(
              addresses::add,
              () ->
                  problems.add(
                      new Notice(
                          "AddressInvalid",
                          where
                              + " is \""
                              + text
                              + "\"; want one address, or one of each family separated by a"
                              + " comma")));
    }
    return addresses;
  }

  private List<String> pools() {
    String value = annotation(ThresherNames.POOL);
    if (value.isBlank()) {
      return List.of();
    }
    List<String> pools = Arrays.stream(value.split(",", -1)).map(String::strip).toList();
    if (pools.size() > 2 || pools.stream().anyMatch(pool -> !POOL_NAME.matcher(pool).matches())) {
      refuse(
          INVALID,
          "annotation "
              + ThresherNames.POOL
              + " is \""
              + value
              + "\"; want the name of an IPPool, or two separated by a comma: that of IPv4 and that"
              + " of IPv6");
      return List.of();
    }
    refuseWithDhcp(ThresherNames.POOL, value);
    return pools;
  }

  private String poolSelector() {
    String value = annotation(ThresherNames.POOL_SELECTOR).strip();
    if (value.isEmpty()) {
      return value;
    }
    if (LabelSelector.tryParse(value).isEmpty()) {
      refuse(
          INVALID,
          "annotation "
              + ThresherNames.POOL_SELECTOR
              + " is \""
              + value
              + "\"; want a label selector such as \"tier=gold,zone in (a,b)\"");
    }
    if (!annotation(ThresherNames.POOL).isBlank()) {
      refuse(
          INVALID,
          "annotation "
              + ThresherNames.POOL_SELECTOR
              + " is \""
              + value
              + "\" and annotation "
              + ThresherNames.POOL
              + " is \""
              + annotation(ThresherNames.POOL)
              + "\"; a pool is named or chosen by its labels: remove one of the two");
    }
    refuseWithDhcp(ThresherNames.POOL_SELECTOR, value);
    return value;
  }

  private void refuseWithDhcp(String key, String value) {
    if (annotation(HarvesterNames.IPAM).equals("dhcp")) {
      refuse(
          INVALID,
          "annotation "
              + key
              + " is \""
              + value
              + "\" and annotation "
              + HarvesterNames.IPAM
              + " is \"dhcp\"; an address is from a pool or from DHCP: remove one of the two");
    }
  }

  private void refuse(String reason, String message) {
    refusals.add(new Notice(reason, message));
  }

  private String annotation(String key) {
    return Annotations.of(service, key);
  }

  private static <T> List<T> list(@Nullable List<T> list) {
    return list == null ? List.of() : list;
  }

  private static String text(@Nullable String text) {
    return text == null ? "" : text;
  }
}
