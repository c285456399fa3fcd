package dev.thresher.loadbalancer.reconcile;

import dev.thresher.loadbalancer.ipam.Owner;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Finds what belonged to a guest Service before it was deleted and made again.
///
/// The cloud provider names a load balancer by cluster, namespace and name of the Service and a
/// checksum over its UID ([dev.thresher.api.names.LoadBalancerName]), so that the same Service made
/// again has another load balancer. All but the checksum tells that it is the same.
final class FormerSelf {

  private static final Pattern NAME = Pattern.compile("(.+)[0-9a-f]{8}");

  private FormerSelf() {}

  /// Whether this owner stands for the same guest Service as the wish, from an earlier life.
  static boolean isOf(Wish wish, Owner former) {
    return wish.guestCluster()
        && !wish.serviceName().isEmpty()
        && former.namespace().equals(wish.owner().namespace())
        && !former.equals(wish.owner())
        && stem(former.name()).filter(stem(wish.owner().name()).orElse("")::equals).isPresent();
  }

  /// The same for `namespace/name` as it stands in a pool's status.
  static boolean isOf(Wish wish, String former) {
    int slash = former.indexOf('/');
    return slash > 0
        && slash < former.length() - 1
        && isOf(wish, new Owner(former.substring(0, slash), former.substring(slash + 1)));
  }

  private static Optional<String> stem(String name) {
    Matcher matcher = NAME.matcher(name);
    return matcher.matches() ? Optional.of(matcher.group(1)) : Optional.empty();
  }
}
