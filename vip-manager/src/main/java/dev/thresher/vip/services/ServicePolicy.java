package dev.thresher.vip.services;

import dev.thresher.api.address.IpRange;
import java.util.List;

/// What the settings say of Services.
///
/// @param classes which are ours
/// @param allowed the only addresses that they may have; none: all that belong to nobody else
/// @param sharedByAll whether Services of different namespaces may share an address that does not
///   say so
public record ServicePolicy(ClassPolicy classes, List<IpRange> allowed, boolean sharedByAll) {

  public static final ServicePolicy DEFAULT =
      new ServicePolicy(ClassPolicy.DEFAULT, List.of(), true);

  public ServicePolicy {
    allowed = List.copyOf(allowed);
  }
}
