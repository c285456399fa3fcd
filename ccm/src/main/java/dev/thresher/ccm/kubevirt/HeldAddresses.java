package dev.thresher.ccm.kubevirt;

import dev.thresher.api.address.IpAddress;
import dev.thresher.api.names.KubeVipNames;
import dev.thresher.runtime.informer.Informer;
import io.kubernetes.client.openapi.models.V1Service;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/// The addresses that a VIP manager of the guest is told to hold: none of them is a node's own.
final class HeldAddresses implements Predicate<IpAddress> {

  private static final String ADDRESS = "heldAddress";

  private final Informer<V1Service> services;

  /// Only before the informer starts.
  HeldAddresses(Informer<V1Service> services) {
    this.services = services;
    services.addIndex(ADDRESS, HeldAddresses::of);
  }

  @Override
  public boolean test(IpAddress address) {
    return !services.byIndex(ADDRESS, address.toString()).isEmpty();
  }

  private static List<String> of(V1Service service) {
    Map<String, String> annotations = service.getMetadata().getAnnotations();
    String list =
        annotations == null ? "" : annotations.getOrDefault(KubeVipNames.LOAD_BALANCER_IPS, "");
    return Arrays.stream(list.split(","))
        .flatMap(text -> IpAddress.tryParse(text.strip()).stream())
        .map(IpAddress::toString)
        .distinct()
        .toList();
  }
}
