package dev.thresher.loadbalancer.ipam;

/// Who asks for an address: the load balancer, and the guest Service behind it.
///
/// @param owner namespace and name of the load balancer
/// @param cluster guest cluster, empty for none
/// @param serviceNamespace namespace of the guest's Service, empty for none
/// @param serviceName name of the guest's Service, empty for none
public record Claimant(Owner owner, String cluster, String serviceNamespace, String serviceName) {

  /// One without a guest Service.
  public static Claimant of(Owner owner) {
    return new Claimant(owner, "", "", "");
  }
}
