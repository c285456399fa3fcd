package dev.thresher.ccm.harvester.nodes;

import dev.thresher.api.address.IpAddress;
import dev.thresher.api.address.IpFamily;
import dev.thresher.api.address.IpSubnet;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/// How the addresses of Nodes are chosen: the flags of harvester-cloud-provider.
///
/// @param managementNetwork `--management-network`, NetworkAttachmentDefinition as
///   `namespace/name`; empty takes a machine's first secondary network
/// @param nodeIpCidrs `--node-ip-cidr`: at most one subnet per family
/// @param excluded `--node-exclude-ip-ranges`: with `nodeIpCidrs`, not reported as ExternalIP
/// @param ignoreProvidedIp `--disable-annotation-alpha-provided-ip-addr`
public record NodeAddressPolicy(
    String managementNetwork,
    List<IpSubnet> nodeIpCidrs,
    List<IpSubnet> excluded,
    boolean ignoreProvidedIp) {

  public static final NodeAddressPolicy DEFAULT =
      new NodeAddressPolicy("", List.of(), List.of(), false);

  public NodeAddressPolicy {
    nodeIpCidrs = List.copyOf(nodeIpCidrs);
    excluded = List.copyOf(excluded);
  }

  /// Reads `--management-network`: a bare name is one of the namespace `default`.
  ///
  /// @throws IllegalArgumentException if it is no name of a NetworkAttachmentDefinition
  public static String parseManagementNetwork(String text) {
    String network = text.strip();
    if (network.isEmpty()) {
      return "";
    }
    String[] parts = network.split("/", -1);
    boolean valid = parts.length <= 2;
    for (String part : parts) {
      valid &= part.matches("[a-z0-9]([-a-z0-9.]*[a-z0-9])?");
    }
    if (!valid) {
      throw new IllegalArgumentException(
          "--management-network is \""
              + text
              + "\"; want a NetworkAttachmentDefinition as namespace/name");
    }
    return parts.length == 2 ? network : "default/" + network;
  }

  /// Reads `--node-ip-cidr`: addresses or subnets, comma separated, at most one per family.
  ///
  /// @throws IllegalArgumentException if it is anything else, or covers what no node may have
  public static List<IpSubnet> parseNodeIpCidr(String text) {
    List<IpSubnet> subnets = parseList("--node-ip-cidr", List.of(text.split(",")));
    Set<IpFamily> families = EnumSet.noneOf(IpFamily.class);
    for (IpSubnet subnet : subnets) {
      IpAddress network = subnet.network();
      if (network.isLoopback() || network.isLinkLocal() || network.isMulticast()) {
        throw new IllegalArgumentException(
            "--node-ip-cidr has \"" + subnet + "\", which no node can be reached by");
      }
      if (!families.add(subnet.family())) {
        throw new IllegalArgumentException(
            "--node-ip-cidr is \"" + text + "\"; want at most one subnet of each family");
      }
    }
    return subnets;
  }

  /// Reads a list of addresses and subnets; empty items are left out.
  ///
  /// @throws IllegalArgumentException if an item is neither
  public static List<IpSubnet> parseList(String flag, List<String> items) {
    List<IpSubnet> subnets = new ArrayList<>();
    for (String raw : items) {
      String item = raw.strip();
      if (item.isEmpty()) {
        continue;
      }
      subnets.add(
          IpSubnet.tryParse(item)
              .or(() ->
                  IpAddress.tryParse(item)
                      .map(address -> new IpSubnet(address, address.family().bits())))
              .orElseThrow(() ->
                  new IllegalArgumentException(
                      flag
                          + " has \""
                          + item
                          + "\"; want an address or a subnet such as 192.0.2.0/24 or"
                          + " 2001:db8::/64")));
    }
    return subnets;
  }
}
