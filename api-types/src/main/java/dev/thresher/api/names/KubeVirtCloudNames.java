package dev.thresher.api.names;

import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.regex.Pattern;
import java.util.zip.CRC32;

/// Names of cloud-provider-kubevirt, whose host Services and EndpointSlices are kept as they are
/// when the program is replaced.
///
/// Source: kubevirt/cloud-provider-kubevirt, `pkg/provider` and `pkg/controller/kubevirteps`.
public final class KubeVirtCloudNames {

  /// The value of `--cloud-provider`, and the scheme of provider IDs.
  public static final String PROVIDER = "kubevirt";

  /// Prefix of `spec.providerID`; the name of the machine follows.
  public static final String PROVIDER_ID_PREFIX = PROVIDER + "://";

  /// Node label: name of the machine behind the node. It counts while the node has no provider ID.
  public static final String INSTANCE_ID_LABEL = "node.kubernetes.io/instance-id";

  /// Name of the network whose addresses are the node's.
  public static final String DEFAULT_NETWORK = "default";

  /// Label of a host Service: name of the guest Service.
  public static final String TENANT_SERVICE_NAME = "cluster.x-k8s.io/tenant-service-name";

  /// Label of a host Service: namespace of the guest Service.
  public static final String TENANT_SERVICE_NAMESPACE = "cluster.x-k8s.io/tenant-service-namespace";

  /// Label of host Services and of machines: name of the guest cluster. Source:
  /// kubernetes-sigs/cluster-api, `ClusterNameLabel`.
  public static final String CLUSTER_NAME = "cluster.x-k8s.io/cluster-name";

  /// Label of machines. Source: kubernetes-sigs/cluster-api-provider-kubevirt.
  public static final String ROLE = "cluster.x-k8s.io/role";

  /// Value of [#ROLE] for machines that take traffic.
  public static final String ROLE_WORKER = "worker";

  /// `managed-by` value of the EndpointSlices that cloud-provider-kubevirt writes.
  public static final String ENDPOINT_SLICE_MANAGER = "kubevirt-eps-controller";

  /// Most characters of a balancer's name in the default scheme of kubernetes/cloud-provider.
  private static final int NAME_LENGTH = 32;

  private static final int MOST_LABEL_CHARACTERS = 63;

  private static final Pattern LABEL_VALUE =
      Pattern.compile("([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?");

  private KubeVirtCloudNames() {}

  /// Name of the host Service of a guest Service: `a` and the UID without its dashes, cut to 32
  /// characters. Source: kubernetes/cloud-provider, `DefaultLoadBalancerName`.
  ///
  /// @param serviceUid `metadata.uid` of the guest Service
  public static String hostService(String serviceUid) {
    String name = "a" + serviceUid.replace("-", "");
    return name.substring(0, Math.min(name.length(), NAME_LENGTH));
  }

  /// A text as the value of a label: itself if it can be one, else what can be kept of it and a
  /// checksum, so that two texts stay two.
  public static String labelValue(String text) {
    if (text.length() <= MOST_LABEL_CHARACTERS && LABEL_VALUE.matcher(text).matches()) {
      return text;
    }
    var crc = new CRC32();
    crc.update(text.getBytes(StandardCharsets.UTF_8));
    String sum = HexFormat.of().toHexDigits((int) crc.getValue());
    String kept = text.replaceAll("[^-A-Za-z0-9_.]", "-").replaceAll("^[^A-Za-z0-9]+", "");
    int most = MOST_LABEL_CHARACTERS - sum.length() - 1;
    kept = kept.substring(0, Math.min(kept.length(), most));
    return kept.isEmpty() ? sum : kept + "-" + sum;
  }
}
