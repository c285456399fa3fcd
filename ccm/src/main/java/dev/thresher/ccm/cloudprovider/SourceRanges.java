package dev.thresher.ccm.cloudprovider;

import dev.thresher.api.address.IpFamily;
import dev.thresher.api.address.IpSubnet;
import dev.thresher.api.names.KubernetesNames;
import io.kubernetes.client.openapi.models.V1Service;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// Which clients a Service lets in: `spec.loadBalancerSourceRanges`, else the older annotation
/// `service.beta.kubernetes.io/load-balancer-source-ranges`, else everybody of both families.
public sealed interface SourceRanges {

  /// @param ranges without repetition, in the order in which they are given
  record Allowed(List<IpSubnet> ranges) implements SourceRanges {
    public Allowed {
      ranges = List.copyOf(new LinkedHashSet<>(ranges));
    }

    /// Whether every client of this family is let in.
    public boolean everybody(IpFamily family) {
      return ranges.stream()
          .anyMatch(range -> range.family() == family && range.prefixLength() == 0);
    }
  }

  /// @param message names the field, the value and what is wanted
  record Invalid(String message) implements SourceRanges {}

  static SourceRanges of(V1Service service) {
    var spec = service.getSpec();
    List<String> given = spec == null ? null : spec.getLoadBalancerSourceRanges();
    if (given != null && !given.isEmpty()) {
      return parse("spec.loadBalancerSourceRanges", given);
    }
    Map<String, String> annotations = service.getMetadata().getAnnotations();
    String older = annotations == null ? null : annotations.get(KubernetesNames.SOURCE_RANGES);
    if (older != null && !older.isBlank()) {
      return parse(
          "annotation " + KubernetesNames.SOURCE_RANGES,
          Arrays.asList(older.strip().split(",", -1)));
    }
    return new Allowed(List.of(IpSubnet.parse("0.0.0.0/0"), IpSubnet.parse("::/0")));
  }

  private static SourceRanges parse(String where, List<String> texts) {
    Set<IpSubnet> ranges = new LinkedHashSet<>();
    for (String text : texts) {
      Optional<IpSubnet> range = IpSubnet.tryParse(text.strip());
      if (range.isEmpty()) {
        return new Invalid(
            where
                + " has \""
                + text.strip()
                + "\"; want ranges such as 192.0.2.0/24 or 2001:db8::/64");
      }
      ranges.add(range.get());
    }
    return new Allowed(List.copyOf(ranges));
  }
}
