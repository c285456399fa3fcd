package dev.thresher.api.names;

import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.regex.Pattern;
import java.util.zip.CRC32;

/// The name of the `LoadBalancer` object of a guest Service.
///
/// It is Harvester's, byte for byte: another name would make a second object, and with it a second
/// address, for every Service when the cloud provider is replaced. Source:
/// harvester/cloud-provider-harvester, `loadBalancerName` in
/// `pkg/cloud-controller-manager/loadbalancer.go`.
public final class LoadBalancerName {

  /// A DNS label as in RFC 1035; at most [#MAX_LABEL] characters.
  private static final Pattern LABEL = Pattern.compile("[a-z]([-a-z0-9]*[a-z0-9])?");

  private static final int MAX_LABEL = 63;
  private static final int SUFFIX = 8;

  /// The name, at most 63 characters: cluster, namespace and name of the Service joined by dashes
  /// and cut, then eight hex digits that also depend on the UID.
  ///
  /// @param cluster `--cluster-name`; prefixed by `a` if it is not a DNS label of RFC 1035
  /// @param serviceNamespace `metadata.namespace` of the guest Service
  /// @param serviceName `metadata.name` of the guest Service
  /// @param serviceUid `metadata.uid` of the guest Service
  public static String of(
      String cluster, String serviceNamespace, String serviceName, String serviceUid) {
    String prefix = cluster.length() <= MAX_LABEL && LABEL.matcher(cluster).matches() ? "" : "a";
    byte[] base =
        (prefix + cluster + "-" + serviceNamespace + "-" + serviceName + "-")
            .getBytes(StandardCharsets.UTF_8);
    var crc = new CRC32();
    crc.update(base);
    crc.update(serviceUid.getBytes(StandardCharsets.UTF_8));
    // Go counts bytes. A cluster name that is not ASCII is refused by the API server either way.
    int kept = Math.min(base.length, MAX_LABEL - SUFFIX);
    return new String(base, 0, kept, StandardCharsets.UTF_8)
        + HexFormat.of().toHexDigits((int) crc.getValue());
  }

  private LoadBalancerName() {}
}
