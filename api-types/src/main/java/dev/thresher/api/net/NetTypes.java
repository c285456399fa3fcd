package dev.thresher.api.net;

import dev.thresher.api.ResourceType;
import dev.thresher.api.names.ThresherNames;

/// The resources of the group `net.thresher.dev`.
public final class NetTypes {

  public static final String VERSION = "v1alpha1";

  /// Cluster-scoped, named by [ClaimName], with a status subresource.
  public static final ResourceType<AddressClaim> ADDRESS_CLAIM =
      new ResourceType<>(
          ThresherNames.API_GROUP,
          VERSION,
          "addressclaims",
          "AddressClaim",
          false,
          AddressClaim.class);

  /// Cluster-scoped, named like the node, with a status subresource.
  public static final ResourceType<NodeReport> NODE_REPORT =
      new ResourceType<>(
          ThresherNames.API_GROUP, VERSION, "nodereports", "NodeReport", false, NodeReport.class);

  /// Cluster-scoped, named like the node, with a status subresource.
  public static final ResourceType<NodeNetwork> NODE_NETWORK =
      new ResourceType<>(
          ThresherNames.API_GROUP,
          VERSION,
          "nodenetworks",
          "NodeNetwork",
          false,
          NodeNetwork.class);

  /// Cluster-scoped; which interfaces of which nodes are used.
  public static final ResourceType<NodeNetworkSetting> NODE_NETWORK_SETTING =
      new ResourceType<>(
          ThresherNames.API_GROUP,
          VERSION,
          "nodenetworksettings",
          "NodeNetworkSetting",
          false,
          NodeNetworkSetting.class);

  private NetTypes() {}
}
