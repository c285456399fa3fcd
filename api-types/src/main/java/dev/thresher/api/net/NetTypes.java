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

  private NetTypes() {}
}
