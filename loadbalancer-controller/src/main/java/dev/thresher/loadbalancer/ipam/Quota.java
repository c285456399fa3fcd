package dev.thresher.loadbalancer.ipam;

import java.util.List;
import java.util.stream.Stream;

/// How many addresses of a pool, of both families together, one tenant may have.
///
/// @param kind what makes a tenant
/// @param who its name, or `*` for every tenant of the kind that no other quota of the pool names
/// @param addresses the most it may have, at least 0
public record Quota(Kind kind, String who, long addresses) {

  /// What makes a tenant.
  public enum Kind {
    NAMESPACE("namespace"),
    PROJECT("project"),
    GUEST_CLUSTER("guest cluster");

    private final String text;

    Kind(String text) {
      this.text = text;
    }

    /// For messages.
    public String text() {
      return text;
    }
  }

  /// Where a load balancer belongs.
  ///
  /// @param project Rancher project, empty for none
  /// @param cluster guest cluster, empty for none
  public record Member(String namespace, String project, String cluster) {

    /// Name of the tenant of a kind, empty for none.
    String of(Kind kind) {
      return switch (kind) {
        case NAMESPACE -> namespace;
        case PROJECT -> project;
        case GUEST_CLUSTER -> cluster;
      };
    }
  }

  /// The quotas that count for a load balancer, each with its own name in place of `*`. One that
  /// has no project or guest cluster has no quota of that kind.
  static List<Quota> applying(List<Quota> quotas, Member member) {
    return Stream.of(Kind.values())
        .filter(kind -> !member.of(kind).isEmpty())
        .flatMap(kind -> {
          List<Quota> own = quotas.stream().filter(quota -> quota.names(kind, member)).toList();
          return (own.isEmpty()
                  ? quotas.stream().filter(q -> q.kind == kind && q.who.equals(PoolScope.ANY))
                  : own.stream())
              .map(quota -> new Quota(kind, member.of(kind), quota.addresses));
        })
        .toList();
  }

  private boolean names(Kind wanted, Member member) {
    return kind == wanted && who.equals(member.of(wanted));
  }

  /// Whether an address of this load balancer counts.
  boolean counts(Member member) {
    return who.equals(member.of(kind));
  }
}
