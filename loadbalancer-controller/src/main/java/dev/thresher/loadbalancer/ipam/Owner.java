package dev.thresher.loadbalancer.ipam;

/// Who has an address: namespace and name of a load balancer.
///
/// The UID is recorded with the claim but is no part of this: a load balancer that is deleted and
/// made again is the same owner and finds its address.
public record Owner(String namespace, String name) implements Comparable<Owner> {

  public Owner {
    if (namespace.isEmpty() || name.isEmpty()) {
      throw new IllegalArgumentException(
          "want an owner as namespace/name, got \"" + namespace + "/" + name + "\"");
    }
  }

  @Override
  public int compareTo(Owner other) {
    int byNamespace = namespace.compareTo(other.namespace);
    return byNamespace != 0 ? byNamespace : name.compareTo(other.name);
  }

  /// `namespace/name`, as in `IPPool.status.allocated`.
  @Override
  public String toString() {
    return namespace + "/" + name;
  }
}
