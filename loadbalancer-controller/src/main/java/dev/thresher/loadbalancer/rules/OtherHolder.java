package dev.thresher.loadbalancer.rules;

import static dev.thresher.loadbalancer.rules.Texts.text;

import dev.thresher.api.address.IpAddress;
import dev.thresher.api.loadbalancer.AllocatedAddress;
import dev.thresher.api.loadbalancer.IPPool;
import dev.thresher.api.loadbalancer.LoadBalancer;
import dev.thresher.api.names.HarvesterNames;
import dev.thresher.api.names.ThresherNames;
import dev.thresher.loadbalancer.ipam.Claimant;
import dev.thresher.loadbalancer.ipam.Owner;
import dev.thresher.loadbalancer.ipam.Pool;
import dev.thresher.loadbalancer.ipam.Reservation;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Somebody else whose an address is that the status of a load balancer names, by the word of the
/// pools and of the host.
///
/// Anybody who may write load balancers may write their status, which has no subresource: that
/// alone gives no right to an address. What the pools say goes first: an address that one of them
/// books for the load balancer is its own.
///
/// @param name who, as a sentence says it
/// @param fix what a person can do
public record OtherHolder(String name, String fix) {

  /// What decides.
  ///
  /// @param pools all pools
  /// @param occupied who answers for which address besides load balancers
  public record Word(Collection<IPPool> pools, Supplier<List<Occupied>> occupied) {}

  /// Who else has an address; empty if nobody has, or if it is booked for the one who asks.
  ///
  /// @param pool the one that the status names: if it has no such address, any network is meant
  /// @param own whether an owner as it stands in a pool's status is the one who asks, or one of its
  ///   group
  public static Optional<OtherHolder> of(
      IpAddress address, String pool, Claimant claimant, Predicate<String> own, Word word) {
    Optional<String> network =
        word.pools().stream()
            .filter(object -> pool.equals(object.getMetadata().getName()))
            .flatMap(object -> PoolReading.of(object).usable().stream())
            .filter(one -> one.covers(address))
            .map(Pool::network)
            .findFirst();
    List<IPPool> there =
        word.pools().stream().filter(object -> isOn(network, PoolRules.networkOf(object))).toList();
    List<OtherHolder> booked = new ArrayList<>();
    for (IPPool object : there) {
      @Nullable String owner =
          object.getStatus() == null
              ? null
              : object.getStatus().getAllocated().get(address.toString());
      if (owner != null && own.test(owner)) {
        return Optional.empty();
      }
      if (owner != null) {
        booked.add(booked(address, object, owner));
      }
    }
    return booked.stream()
        .findFirst()
        .or(() -> reserved(address, claimant, there))
        .or(() -> occupied(address, network, word.occupied().get()));
  }

  /// What is wrong with the addresses that a new load balancer says it has.
  static List<Violation> check(LoadBalancer object, Word word) {
    AllocatedAddress said =
        object.getStatus() == null ? null : object.getStatus().getAllocatedAddress();
    if (said == null) {
      return List.of();
    }
    return Stream.of(
            check("ip", text(said.getIp()), text(said.getIpPool()), object, word),
            check("ipv6IP", text(said.getIpv6IP()), text(said.getIpv6Pool()), object, word))
        .flatMap(Optional::stream)
        .toList();
  }

  private static Optional<Violation> check(
      String field, String value, String pool, LoadBalancer object, Word word) {
    Claimant claimant = claimant(object);
    // Who is in the group its owner knows; the namespace is enough to let it in here.
    boolean shares = !Asked.shareGroup(object).value().isEmpty();
    Predicate<String> own =
        owner ->
            owner.equals(claimant.owner().toString())
                || (shares && owner.startsWith(claimant.owner().namespace() + "/"));
    return IpAddress.tryParse(value)
        .filter(address -> !address.isUnspecified())
        .flatMap(address -> of(address, pool, claimant, own, word))
        .map(other ->
            new Violation(
                "status.allocatedAddress." + field,
                value,
                "an address that is nobody else's; this is that of " + other.name(),
                "leave the status out; to ask for a certain address, use annotation "
                    + ThresherNames.WANTED_ADDRESSES));
  }

  private static Claimant claimant(LoadBalancer object) {
    return new Claimant(
        new Owner(or(object.getMetadata().getNamespace()), or(object.getMetadata().getName())),
        LoadBalancerRules.cluster(object),
        Texts.label(object, HarvesterNames.SERVICE_NAMESPACE_LABEL),
        Texts.label(object, HarvesterNames.SERVICE_NAME_LABEL));
  }

  /// Names that are not given yet (`generateName`) are nobody's.
  private static String or(@Nullable String name) {
    return name == null || name.isEmpty() ? "-" : name;
  }

  private static OtherHolder booked(IpAddress address, IPPool pool, String owner) {
    return new OtherHolder(
        owner,
        "delete this LoadBalancer, or, if the other is gone, set annotation "
            + HarvesterNames.MANUALLY_RELEASE_IP
            + " of pool \""
            + pool.getMetadata().getName()
            + "\" to \""
            + address
            + ": "
            + owner
            + "\"");
  }

  private static Optional<OtherHolder> reserved(
      IpAddress address, Claimant claimant, List<IPPool> pools) {
    return pools.stream()
        .flatMap(object -> PoolReading.of(object).usable().stream())
        .flatMap(pool -> {
          Reservation.@Nullable Holder holder = pool.reservedForOthersThan(claimant).get(address);
          return holder == null
              ? Stream.empty()
              : Stream.of(
                  new OtherHolder(
                      holder.toString(),
                      "delete this LoadBalancer, or take the address out of spec.reservations of"
                          + " pool \""
                          + pool.name()
                          + "\""));
        })
        .findFirst();
  }

  private static Optional<OtherHolder> occupied(
      IpAddress address, Optional<String> network, List<Occupied> occupied) {
    return occupied.stream()
        .filter(one -> one.address().equals(address) && isOn(network, one.network()))
        .map(one -> new OtherHolder(one.holder(), "delete this LoadBalancer"))
        .findFirst();
  }

  private static boolean isOn(Optional<String> network, String other) {
    return network.isEmpty() || network.get().equals(other);
  }
}
