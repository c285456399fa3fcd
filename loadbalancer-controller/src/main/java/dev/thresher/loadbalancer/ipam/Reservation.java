package dev.thresher.loadbalancer.ipam;

import dev.thresher.api.address.IpAddress;

/// An address of a pool that is kept for one load balancer, whether that exists or not.
///
/// @param address in one of the pool's ranges
/// @param holder whom it is kept for
public record Reservation(IpAddress address, Holder holder) {

  /// Whom an address is kept for.
  public sealed interface Holder {

    /// Namespace of the load balancer, on the host.
    String namespace();

    /// Whether this is who asks.
    boolean is(Claimant claimant);

    /// The load balancer of this name.
    record LoadBalancer(Owner owner) implements Holder {
      @Override
      public String namespace() {
        return owner.namespace();
      }

      @Override
      public boolean is(Claimant claimant) {
        return owner.equals(claimant.owner());
      }

      @Override
      public String toString() {
        return owner.toString();
      }
    }

    /// The load balancer of a guest's Service, whatever its name: that changes with the Service's
    /// UID.
    ///
    /// @param cluster guest cluster
    /// @param serviceNamespace in the guest
    /// @param serviceName in the guest
    record GuestService(
        String namespace, String cluster, String serviceNamespace, String serviceName)
        implements Holder {
      @Override
      public boolean is(Claimant claimant) {
        return namespace.equals(claimant.owner().namespace())
            && cluster.equals(claimant.cluster())
            && serviceNamespace.equals(claimant.serviceNamespace())
            && serviceName.equals(claimant.serviceName());
      }

      @Override
      public String toString() {
        return "Service "
            + serviceNamespace
            + "/"
            + serviceName
            + " of guest cluster "
            + cluster
            + " in namespace "
            + namespace;
      }
    }
  }
}
