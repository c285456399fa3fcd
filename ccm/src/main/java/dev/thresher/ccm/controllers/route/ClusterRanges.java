package dev.thresher.ccm.controllers.route;

import dev.thresher.api.address.IpSubnet;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// The ranges from which the pods of the cluster have their addresses: at most one of each family.
public record ClusterRanges(List<IpSubnet> subnets) {

  public ClusterRanges {
    subnets = List.copyOf(subnets);
  }

  /// @param text `--cluster-cidr`: one range, or one of each family, comma separated
  /// @throws IllegalArgumentException that names the flag and the value
  public static ClusterRanges parse(String text) {
    List<IpSubnet> subnets = new ArrayList<>();
    for (String part : text.split(",", -1)) {
      String range = part.strip();
      if (range.isEmpty() && text.isBlank()) {
        return new ClusterRanges(List.of());
      }
      subnets.add(
          IpSubnet.tryParse(range)
              .orElseThrow(() ->
                  new IllegalArgumentException(
                      "--cluster-cidr has \""
                          + range
                          + "\", which is no range; want for example 10.42.0.0/16,fd42::/48")));
    }
    if (subnets.size() > 2
        || (subnets.size() == 2 && subnets.getFirst().family() == subnets.getLast().family())) {
      throw new IllegalArgumentException(
          "--cluster-cidr wants one range, or one of each family, got \"" + text + "\"");
    }
    return new ClusterRanges(subnets);
  }

  /// Whether a route to this range is ours to delete: its first or last address is in a range of
  /// the cluster. A text that is no range is nobody's.
  boolean covers(String destination) {
    Optional<IpSubnet> range = IpSubnet.tryParse(destination);
    return range.isPresent()
        && subnets.stream()
            .anyMatch(subnet ->
                subnet.contains(range.get().network()) || subnet.contains(range.get().last()));
  }
}
