package dev.thresher.loadbalancer.ipam;

/// One tuple of `IPPool.spec.selector.scope`: whose load balancers may take from the pool without
/// naming it.
///
/// @param project Rancher project, `*` for any, empty for none
/// @param namespace namespace of the load balancer, `*` for any
/// @param guestCluster name of the guest cluster, `*` for any, empty for none
public record PoolScope(String project, String namespace, String guestCluster) {

  /// In place of a name: any.
  public static final String ANY = "*";

  /// A pool that has this scope is the pool of last resort.
  public static final PoolScope EVERYTHING = new PoolScope(ANY, ANY, ANY);

  /// Harvester's first pass: each part equal, or `*` on either side.
  boolean matches(Requirement need) {
    return equalOrAny(project, need.project())
        && equalOrAny(namespace, need.namespace())
        && equalOrAny(guestCluster, need.cluster());
  }

  /// Harvester's second pass: besides, an empty project or guest cluster of the pool counts as any.
  boolean matchesLoosely(Requirement need) {
    return (project.isEmpty() || equalOrAny(project, need.project()))
        && equalOrAny(namespace, need.namespace())
        && (guestCluster.isEmpty() || equalOrAny(guestCluster, need.cluster()));
  }

  /// Whether somebody could be meant by both, by the rule of the first pass.
  public boolean overlaps(PoolScope other) {
    return matches(new Requirement("", other.project, other.namespace, other.guestCluster));
  }

  private static boolean equalOrAny(String offered, String wanted) {
    return offered.equals(ANY) || wanted.equals(ANY) || offered.equals(wanted);
  }
}
