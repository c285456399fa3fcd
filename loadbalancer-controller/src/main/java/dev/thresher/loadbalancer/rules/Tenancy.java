package dev.thresher.loadbalancer.rules;

import static dev.thresher.loadbalancer.rules.Texts.text;

import dev.thresher.api.address.IpAddress;
import dev.thresher.api.address.IpFamily;
import dev.thresher.api.loadbalancer.GuestServiceRef;
import dev.thresher.api.loadbalancer.IPPool;
import dev.thresher.api.loadbalancer.IPPoolSpec;
import dev.thresher.api.loadbalancer.PoolQuota;
import dev.thresher.api.loadbalancer.PoolReservation;
import dev.thresher.loadbalancer.ipam.Owner;
import dev.thresher.loadbalancer.ipam.Pool;
import dev.thresher.loadbalancer.ipam.Quota;
import dev.thresher.loadbalancer.ipam.Reservation;
import dev.thresher.loadbalancer.ipam.Reservation.Holder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;

/// What a pool promises to certain tenants: `spec.reservations` and `spec.quotas`.
final class Tenancy {

  private static final String RESERVATIONS = "spec.reservations";
  private static final String QUOTAS = "spec.quotas";

  private Tenancy() {}

  private static IPPoolSpec spec(IPPool object) {
    return Objects.requireNonNullElse(object.getSpec(), new IPPoolSpec());
  }

  /// The reservations that can be understood.
  static Reading<List<Reservation>> reservations(IPPool object) {
    var good = new ArrayList<Reservation>();
    var violations = new ArrayList<Violation>();
    List<PoolReservation> all = spec(object).getReservations();
    for (int i = 0; i < all.size(); i++) {
      String field = RESERVATIONS + "[" + i + "]";
      Optional<IpAddress> address = IpAddress.tryParse(text(all.get(i).getAddress()));
      Optional<Holder> holder = holder(all.get(i));
      if (address.isEmpty()) {
        violations.add(
            new Violation(
                field + ".address",
                text(all.get(i).getAddress()),
                "an IPv4 or IPv6 address",
                "correct or remove the reservation"));
      } else if (holder.isEmpty()) {
        violations.add(
            new Violation(
                field,
                address.get().toString(),
                "a namespace, and name or guestService (with cluster, namespace and name)",
                "say whom the address is kept for, or remove the reservation"));
      } else {
        good.add(new Reservation(address.get(), holder.get()));
      }
    }
    return new Reading<>(good, violations);
  }

  private static Optional<Holder> holder(PoolReservation reservation) {
    String namespace = text(reservation.getNamespace());
    String name = text(reservation.getName());
    GuestServiceRef guest = reservation.getGuestService();
    if (namespace.isEmpty() || name.isEmpty() == (guest == null)) {
      return Optional.empty();
    }
    if (guest == null) {
      return Optional.of(new Holder.LoadBalancer(new Owner(namespace, name)));
    }
    var service =
        new Holder.GuestService(
            namespace, text(guest.getCluster()), text(guest.getNamespace()), text(guest.getName()));
    return Stream.of(service.cluster(), service.serviceNamespace(), service.serviceName())
            .anyMatch(String::isEmpty)
        ? Optional.empty()
        : Optional.of(service);
  }

  /// The quotas that can be understood.
  static Reading<List<Quota>> quotas(IPPool object) {
    var good = new ArrayList<Quota>();
    var violations = new ArrayList<Violation>();
    List<PoolQuota> all = spec(object).getQuotas();
    for (int i = 0; i < all.size(); i++) {
      Optional<Quota> quota = quota(all.get(i));
      quota.ifPresent(good::add);
      if (quota.isEmpty()) {
        violations.add(
            new Violation(
                QUOTAS + "[" + i + "]",
                String.valueOf(all.get(i).getAddresses()),
                "exactly one of namespace, project and guestCluster, and addresses of at least 0",
                "correct or remove the quota"));
      }
    }
    return new Reading<>(good, violations);
  }

  private static Optional<Quota> quota(PoolQuota quota) {
    var tenants = new HashMap<Quota.Kind, String>();
    tenants.put(Quota.Kind.NAMESPACE, text(quota.getNamespace()));
    tenants.put(Quota.Kind.PROJECT, text(quota.getProject()));
    tenants.put(Quota.Kind.GUEST_CLUSTER, text(quota.getGuestCluster()));
    tenants.values().removeIf(String::isEmpty);
    Integer addresses = quota.getAddresses();
    if (tenants.size() != 1 || addresses == null || addresses < 0) {
      return Optional.empty();
    }
    Map.Entry<Quota.Kind, String> tenant = tenants.entrySet().iterator().next();
    return Optional.of(new Quota(tenant.getKey(), tenant.getValue(), addresses));
  }

  /// What is wrong with the promises of a pool whose ranges can be understood.
  static List<Violation> check(IPPool object, Pool pool) {
    var violations = new ArrayList<>(reservations(object).violations());
    violations.addAll(quotas(object).violations());
    violations.addAll(addresses(pool));
    for (int i = 0; i < pool.quotas().size(); i++) {
      Quota quota = pool.quotas().get(i);
      boolean twice =
          pool.quotas().subList(0, i).stream()
              .anyMatch(other -> other.kind() == quota.kind() && other.who().equals(quota.who()));
      if (twice) {
        violations.add(
            new Violation(
                QUOTAS,
                quota.who(),
                "one quota for each tenant, and there are two for this " + quota.kind().text(),
                "remove one of them"));
      }
    }
    return violations;
  }

  private static List<Violation> addresses(Pool pool) {
    record Place(Holder holder, IpFamily family) {}
    var violations = new ArrayList<Violation>();
    var byAddress = new HashMap<IpAddress, Holder>();
    var byHolder = new HashMap<Place, IpAddress>();
    for (Reservation reservation : pool.reservations()) {
      IpAddress address = reservation.address();
      if (pool.rangeGiving(address).isEmpty()) {
        violations.add(
            violation(
                address,
                "addresses that spec.ranges give",
                "widen a range, or keep another address for " + reservation.holder()));
      }
      Holder other = byAddress.putIfAbsent(address, reservation.holder());
      if (other != null) {
        violations.add(
            violation(
                address,
                "each address for one only, and it is kept for " + other + " already",
                "remove one of the two"));
        continue;
      }
      IpAddress first =
          byHolder.putIfAbsent(new Place(reservation.holder(), address.family()), address);
      if (first != null) {
        violations.add(
            violation(
                address,
                "one "
                    + address.family()
                    + " address for each, and "
                    + reservation.holder()
                    + " has "
                    + first,
                "remove one of the two"));
      }
    }
    return violations;
  }

  private static Violation violation(IpAddress address, String rule, String fix) {
    return new Violation(RESERVATIONS, address.toString(), rule, fix);
  }

  /// Addresses that are kept for somebody while another one has them: they stay where they are
  /// until they are released.
  static List<String> warnings(Pool pool, List<PoolRules.Use> uses) {
    var warnings = new ArrayList<String>();
    for (Reservation reservation : pool.reservations()) {
      uses.stream()
          .filter(use -> use.address().equals(reservation.address()))
          .filter(use -> !mayBe(reservation.holder(), use.owner()))
          .map(use ->
              RESERVATIONS
                  + ": "
                  + use.address()
                  + " is in use by "
                  + use.owner()
                  + "; "
                  + reservation.holder()
                  + " gets it only when that one is deleted")
          .forEach(warnings::add);
    }
    return warnings;
  }

  /// @param owner `namespace/name` of a load balancer
  private static boolean mayBe(Holder holder, String owner) {
    return switch (holder) {
      case Holder.LoadBalancer(Owner named) -> named.toString().equals(owner);
      case Holder.GuestService guest -> {
        // The name ends in a checksum and may be cut before it.
        String name =
            guest.cluster() + "-" + guest.serviceNamespace() + "-" + guest.serviceName() + "-";
        String has = owner.substring(owner.indexOf('/') + 1);
        int common = Math.min(name.length(), Math.max(0, has.length() - 8));
        yield owner.startsWith(guest.namespace() + "/")
            && (has.startsWith(name.substring(0, common))
                || has.startsWith("a" + name.substring(0, Math.max(0, common - 1))));
      }
    };
  }
}
