package dev.thresher.ccm.harvester;

import dev.thresher.api.address.IpAddress;
import dev.thresher.api.loadbalancer.LoadBalancer;
import dev.thresher.api.loadbalancer.LoadBalancerStatus;
import dev.thresher.api.names.KubeVipNames;
import dev.thresher.runtime.informer.Informer;
import io.kubernetes.client.openapi.models.V1Service;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// The addresses that some balancer holds, or is about to hold: none of them is a node's own.
///
/// Those of the host's `LoadBalancer` objects, and those that a guest Service tells a VIP manager
/// to hold. A Service's status is not asked: some implementations put the nodes' own addresses
/// there.
public final class VirtualAddresses implements Predicate<IpAddress> {

  private static final String ADDRESS = "virtualAddress";

  private final Informer<? extends LoadBalancer> balancers;
  private final Informer<V1Service> services;

  /// Only before the informers start.
  public VirtualAddresses(
      Informer<? extends LoadBalancer> balancers, Informer<V1Service> services) {
    this.balancers = balancers;
    this.services = services;
    balancers.addIndex(ADDRESS, VirtualAddresses::held);
    services.addIndex(ADDRESS, VirtualAddresses::toBeHeld);
  }

  @Override
  public boolean test(IpAddress address) {
    String text = address.toString();
    return !balancers.byIndex(ADDRESS, text).isEmpty()
        || !services.byIndex(ADDRESS, text).isEmpty();
  }

  private static List<String> held(LoadBalancer balancer) {
    LoadBalancerStatus status = balancer.getStatus();
    if (status == null) {
      return List.of();
    }
    List<@Nullable String> texts = new ArrayList<>();
    texts.add(status.getAddress());
    var allocated = status.getAllocatedAddress();
    if (allocated != null) {
      texts.add(allocated.getIp());
      texts.add(allocated.getIpv6IP());
    }
    if (status.getAddresses() != null) {
      texts.addAll(status.getAddresses());
    }
    return canonical(texts);
  }

  private static List<String> toBeHeld(V1Service service) {
    Map<String, String> annotations = service.getMetadata().getAnnotations();
    String list =
        annotations == null ? "" : annotations.getOrDefault(KubeVipNames.LOAD_BALANCER_IPS, "");
    return canonical(List.of(list.split(",")));
  }

  private static List<String> canonical(List<? extends @Nullable String> texts) {
    List<String> addresses = new ArrayList<>();
    for (String text : texts) {
      Optional<IpAddress> address =
          text == null ? Optional.empty() : IpAddress.tryParse(text.strip());
      address
          .filter(parsed -> !parsed.isUnspecified())
          .map(IpAddress::toString)
          .filter(parsed -> !addresses.contains(parsed))
          .ifPresent(addresses::add);
    }
    return addresses;
  }
}
