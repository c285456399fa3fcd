package dev.thresher.ccm.harvester.loadbalancer;

import io.kubernetes.client.openapi.models.V1Service;
import java.util.Objects;

/// Names of groups of `LoadBalancer` objects that have one address on the host together: that of
/// one Service, and the objects of those that share it.
///
/// A group cannot change once there is an address. So every object that is held on the host begins
/// in the group of its Service, and one that is to be in another group is made again.
final class ShareGroup {

  private static final String PREFIX = "service-";

  private ShareGroup() {}

  /// The group of those that have the address of this Service.
  static String of(V1Service owner) {
    return PREFIX + Objects.requireNonNull(owner.getMetadata().getUid());
  }

  /// Whether a group is one of a Service, and not one that somebody on the host made.
  static boolean isOfAService(String group) {
    return group.startsWith(PREFIX);
  }
}
