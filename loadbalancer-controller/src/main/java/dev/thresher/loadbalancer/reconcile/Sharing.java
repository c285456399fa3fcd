package dev.thresher.loadbalancer.reconcile;

import dev.thresher.api.ObjectKey;
import dev.thresher.api.address.IpFamily;
import dev.thresher.api.loadbalancer.LoadBalancer;
import dev.thresher.loadbalancer.ipam.Claim;
import dev.thresher.loadbalancer.ipam.ClaimBook;
import dev.thresher.loadbalancer.ipam.ClaimKey;
import dev.thresher.loadbalancer.ipam.Families;
import dev.thresher.loadbalancer.ipam.Owner;
import dev.thresher.loadbalancer.reconcile.Addressing.Refusal;
import dev.thresher.loadbalancer.reconcile.Addressing.Standing;
import dev.thresher.loadbalancer.rules.Asked;
import dev.thresher.runtime.informer.Informer;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;

/// Load balancers of one namespace that have an address together, each with ports of its own.
///
/// One member of the group owns the claim, as if it were alone: one that has the address already,
/// else the oldest that can have one. The others go by its claim. When the owner goes, its released
/// claim is taken over by another member, and an address that any member's status names is given to
/// nobody else meanwhile.
final class Sharing {

  /// Index of load balancers by namespace and group.
  private static final String BY_GROUP = "share-group";

  private final Informer<LoadBalancer> loadBalancers;
  private final ClaimBook book;
  private final Pools pools;
  private final ClaimWriter writer;
  private final Consumer<ObjectKey> look;
  private final SharedPorts ports;

  /// @param look has a load balancer looked at
  Sharing(
      Informer<LoadBalancer> loadBalancers,
      ClaimBook book,
      Pools pools,
      ClaimWriter writer,
      SharedPorts ports,
      Consumer<ObjectKey> look) {
    this.loadBalancers = loadBalancers;
    this.book = book;
    this.pools = pools;
    this.writer = writer;
    this.ports = ports;
    this.look = look;
    loadBalancers.addIndex(BY_GROUP, Sharing::groups);
  }

  /// How one stands that has its address from another member. Empty for one that must get or keep
  /// an address by itself.
  Optional<Standing> standing(Wish wish, List<Recorded> recorded) {
    if (wish.shareGroup().isEmpty() || hasClaim(wish.owner())) {
      return Optional.empty();
    }
    List<LoadBalancer> others = others(wish);
    if (!wish.problems().isEmpty()) {
      return keeping(claims(wish, recorded, List.of()));
    }
    List<Claim> shared = claims(wish, recorded, others);
    if (!shared.isEmpty()) {
      boolean inside = !recorded.isEmpty();
      return Optional.of(
          enter(wish, inside, others, shared)
              .map(refusal ->
                  new Standing(inside ? shared : List.of(), List.of(), List.of(refusal), true))
              .orElseGet(() -> with(wish, recorded, shared)));
    }
    return recorded.isEmpty()
        ? others.stream()
            .filter(other ->
                mayLead(other) && (!Recorded.of(other).isEmpty() || isBefore(other, wish.owner())))
            .findFirst()
            .map(first ->
                waiting(
                    "WaitingForGroup",
                    "waiting for "
                        + Seniority.owner(first)
                        + " to get the address of group \""
                        + wish.shareGroup()
                        + "\""))
        : Optional.empty();
  }

  /// Which port of one that owns the claims is another member's.
  ///
  /// @param held its claims, released ones not
  Optional<Refusal> clash(Wish wish, List<Claim> held) {
    return wish.shareGroup().isEmpty() || held.isEmpty() || !wish.problems().isEmpty()
        ? Optional.empty()
        : enter(wish, true, others(wish), held);
  }

  private Optional<Refusal> enter(
      Wish wish, boolean inside, List<LoadBalancer> others, List<Claim> shared) {
    int older = (int) others.stream().filter(other -> isBefore(other, wish.owner())).count();
    return ports.enter(wish, inside, others, older, shared);
  }

  /// One that makes no sense now keeps what it has, and gets nothing.
  private static Optional<Standing> keeping(List<Claim> shared) {
    return shared.isEmpty()
        ? Optional.empty()
        : Optional.of(new Standing(shared, List.of(), List.of(), false));
  }

  /// A member's claims have changed: the others may go on.
  void changed(Wish wish) {
    if (!wish.shareGroup().isEmpty()) {
      lookAt(wish.owner().namespace(), wish.shareGroup(), wish.owner());
    }
  }

  /// A member is gone, or on its way.
  void forget(Owner owner) {
    ports.leave(owner);
  }

  /// The owner of the claim is gone.
  void released(Claim claim) {
    if (!claim.shareGroup().isEmpty()) {
      lookAt(claim.owner().namespace(), claim.shareGroup(), claim.owner());
    }
  }

  /// Has all of a group looked at.
  ///
  /// @param but this one
  void lookAt(String namespace, String group, Owner but) {
    loadBalancers.byIndex(BY_GROUP, index(namespace, group)).stream()
        .filter(member -> !Seniority.owner(member).equals(but))
        .forEach(member -> look.accept(ObjectKey.of(member)));
  }

  private boolean hasClaim(Owner owner) {
    return book.of(owner).stream().anyMatch(Claim::active);
  }

  private List<LoadBalancer> others(Wish wish) {
    return loadBalancers
        .byIndex(BY_GROUP, index(wish.owner().namespace(), wish.shareGroup()))
        .stream()
        .filter(member -> !Seniority.owner(member).equals(wish.owner()))
        .sorted(Seniority.OLDEST_FIRST)
        .toList();
  }

  /// The group's claims, of both families: those at the addresses that this one has already; for
  /// one that has none those of another member. Claims that were released are taken over.
  private List<Claim> claims(Wish wish, List<Recorded> recorded, List<LoadBalancer> others) {
    Stream<Claim> had =
        recorded.stream()
            .flatMap(address -> {
              String network = pools.network(address.pool()).orElse(wish.need().network());
              return book.at(new ClaimKey(network, address.address())).stream();
            })
            .filter(claim -> isOfGroup(claim, wish));
    List<Claim> mine = had.toList();
    if (!mine.isEmpty()) {
      List<Claim> own =
          mine.stream()
              .map(claim -> claim.active() ? claim : writer.takeOver(claim, wish))
              .toList();
      if (!own.equals(mine)) {
        changed(wish);
      }
      return own;
    }
    if (!recorded.isEmpty()) {
      // The claim has ended since its owner went. It is made again: the address stays.
      return List.of();
    }
    return others.stream()
        .map(other -> book.of(Seniority.owner(other)).stream().filter(Claim::active).toList())
        .map(claims -> claims.stream().filter(claim -> isOfGroup(claim, wish)).toList())
        .filter(claims -> !claims.isEmpty())
        .findFirst()
        .orElse(List.of());
  }

  private static boolean isOfGroup(Claim claim, Wish wish) {
    return claim.isSharedBy(wish.owner().namespace(), wish.shareGroup());
  }

  private static Standing with(Wish wish, List<Recorded> recorded, List<Claim> shared) {
    List<IpFamily> order =
        switch (wish.families()) {
          case Families.OfThePool(boolean exclusive) ->
              exclusive ? List.of(first(recorded, shared)) : List.of(IpFamily.values());
          case Families.These(List<IpFamily> named, boolean _, boolean _) -> named;
        };
    List<Claim> keep =
        shared.stream()
            .filter(claim -> order.contains(claim.family()))
            .sorted(Comparator.comparingInt(claim -> order.indexOf(claim.family())))
            .toList();
    boolean all = wish.families() instanceof Families.These these && these.all();
    boolean enough = !keep.isEmpty() && (!all || keep.size() == order.size());
    return enough
        ? new Standing(keep, List.of(), List.of(), false)
        : new Standing(
            keep,
            List.of(),
            List.of(
                new Refusal(
                    "GroupLacksFamily",
                    "the addresses of group \""
                        + wish.shareGroup()
                        + "\" are not of all families that are asked for; its member "
                        + shared.get(0).owner()
                        + " decides which there are",
                    true)),
            false);
  }

  /// The family of the first address that it has, else of the first that the group has.
  private static IpFamily first(List<Recorded> recorded, List<Claim> shared) {
    List<IpFamily> there = shared.stream().map(Claim::family).sorted().toList();
    return recorded.stream()
        .map(address -> address.address().family())
        .filter(there::contains)
        .findFirst()
        .orElse(there.getFirst());
  }

  private static Standing waiting(String reason, String message) {
    return new Standing(List.of(), List.of(), List.of(new Refusal(reason, message, true)), false);
  }

  /// Whether it can be the one that gets the address for all.
  private static boolean mayLead(LoadBalancer object) {
    return object.getMetadata().getDeletionTimestamp() == null
        && Wish.of(object).problems().isEmpty();
  }

  private boolean isBefore(LoadBalancer other, Owner owner) {
    return loadBalancers
        .get(ObjectKey.of(owner.namespace(), owner.name()))
        .map(mine -> Seniority.OLDEST_FIRST.compare(other, mine) < 0)
        .orElse(true);
  }

  private static List<String> groups(LoadBalancer object) {
    String group = Asked.shareGroup(object).value();
    return group.isEmpty()
        ? List.of()
        : List.of(index(Objects.requireNonNull(object.getMetadata().getNamespace()), group));
  }

  private static String index(String namespace, String group) {
    return namespace + "/" + group;
  }
}
