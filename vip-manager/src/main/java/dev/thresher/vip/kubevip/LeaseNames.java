package dev.thresher.vip.kubevip;

import dev.thresher.api.ObjectKey;
import dev.thresher.api.names.KubeVipNames;
import io.kubernetes.client.openapi.models.V1Service;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.Function;

/// Which of kube-vip's Leases give the right to an address. Pure.
///
/// Source: kube-vip/kube-vip, `pkg/lease/lease.go` (names and namespaces).
///
/// @param services the Lease for all Services
/// @param controlPlane the Lease for the control plane's address
/// @param perService each Service has a Lease of its own (`svc_election`)
/// @param onDemand those that ask for it by annotation have one
public record LeaseNames(
    ObjectKey services, ObjectKey controlPlane, boolean perService, boolean onDemand) {

  /// A Lease's place: `namespace/name`, or a name in the namespace that is given.
  public static ObjectKey place(String name, String namespace) {
    int slash = name.indexOf('/');
    return slash < 0
        ? ObjectKey.of(namespace, name)
        : ObjectKey.of(name.substring(0, slash), name.substring(slash + 1));
  }

  /// The Leases that a holder needs, in the order in which they are to be asked for: whoever has
  /// not the first one leaves the others alone. More than one only if Services with Leases of their
  /// own share an address.
  ///
  /// @param wantedBy the Services that have the address; none: it is the control plane's
  /// @param find the Service as it is now
  public List<ObjectKey> of(
      Set<ObjectKey> wantedBy, Function<ObjectKey, Optional<V1Service>> find) {
    if (wantedBy.isEmpty()) {
      return List.of(controlPlane);
    }
    SortedSet<ObjectKey> leases = new TreeSet<>();
    for (ObjectKey key : wantedBy) {
      leases.add(find.apply(key).map(this::of).orElse(services));
    }
    return List.copyOf(leases);
  }

  private ObjectKey of(V1Service service) {
    ObjectKey key = ObjectKey.of(service);
    Map<String, String> annotations =
        service.getMetadata().getAnnotations() == null
            ? Map.of()
            : service.getMetadata().getAnnotations();
    boolean own =
        perService
            || (onDemand
                && "true".equals(annotations.get(KubeVipNames.FORCE_PER_SERVICE_ELECTION)));
    if (!own) {
      return services;
    }
    String name = annotations.getOrDefault(KubeVipNames.LEASE_NAME, "");
    return name.isEmpty()
        ? ObjectKey.of(key.namespace(), KubeVipNames.SERVICE_LEASE_PREFIX + key.name())
        : place(name, key.namespace());
  }
}
