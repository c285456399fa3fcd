package dev.thresher.ccm.harvester.loadbalancer;

import dev.thresher.api.ObjectKey;
import dev.thresher.api.names.KubeVipNames;
import dev.thresher.ccm.cloudprovider.EnsureResult;
import dev.thresher.ccm.cloudprovider.EnsureResult.Notice;
import dev.thresher.ccm.cloudprovider.EnsureResult.State;
import dev.thresher.ccm.harvester.networks.NodeNetworks;
import dev.thresher.ccm.harvester.networks.NodeNetworks.Cards;
import io.kubernetes.client.openapi.models.V1Node;
import io.kubernetes.client.openapi.models.V1Service;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Makes the object of one Service and keeps it as the Service asks.
final class Upkeep {

  private static final Logger log = LoggerFactory.getLogger(Upkeep.class);

  private final LoadBalancerSettings settings;
  private final BalancerObjects objects;
  private final SharedAddresses shared;
  private final NodeNetworks networks;
  private final Patience patience;

  Upkeep(
      LoadBalancerSettings settings,
      BalancerObjects objects,
      SharedAddresses shared,
      NodeNetworks networks,
      Patience patience) {
    this.settings = settings;
    this.objects = objects;
    this.shared = shared;
    this.networks = networks;
    this.patience = patience;
  }

  /// A Service that is to have an object.
  ///
  /// @param owner whose address it is to have, on the host: its own, or that of the Service that it
  ///   shares with
  record Wish(
      String cluster,
      V1Service service,
      V1Service owner,
      ServiceRequest request,
      List<Notice> warnings,
      LoadBalancerDocument document,
      List<V1Node> nodes) {

    private ObjectKey key() {
      return ObjectKey.of(service);
    }

    private boolean shares() {
      return !key().equals(ObjectKey.of(owner));
    }

    private List<String> backends(Placement placement) {
      return placement == Placement.HOST
          ? HostPlacement.backends(nodes, request.families())
          : List.of();
    }

    /// A group that is not of a Service is for its owner on the host to change.
    private boolean isInAnotherGroup(Balancer seen) {
      return seen.placement() == Placement.HOST
          && !seen.shareGroup().equals(ShareGroup.of(owner))
          && (shares() || ShareGroup.isOfAService(seen.shareGroup()));
    }
  }

  EnsureResult ensure(Wish wish) {
    Optional<ReadBalancer> present = Ownership.choose(objects.cached(wish.service()));
    return present.isPresent() ? keep(wish, present.get()) : make(wish);
  }

  private EnsureResult make(Wish wish) {
    ServiceRequest request = wish.request();
    Placement placement =
        wish.shares() ? Placement.HOST : request.askedPlacement().orElse(settings.placement());
    Optional<Notice> hindrance =
        HostPlacement.hindrance(request, placement)
            .or(() -> GuestPlacement.hindrance(request, placement, networks));
    if (hindrance.isPresent()) {
      return blocked(hindrance.get(), wish.warnings());
    }
    Optional<ReadBalancer> made =
        objects.create(
            wish.service(),
            wish.document()
                .create(request, placement, wish.backends(placement), ShareGroup.of(wish.owner())));
    if (made.isPresent()) {
      log.atInfo()
          .addKeyValue("service", wish.key())
          .addKeyValue("loadBalancer", ObjectKey.of(made.get()))
          .addKeyValue("placement", placement.text())
          .addKeyValue("addressOf", ObjectKey.of(wish.owner()))
          .log("load balancer created on the host");
      return keep(wish, made.get());
    }
    // Made by an earlier try whose answer was lost, or not yet in the cache.
    return objects
        .live(wish.cluster(), wish.service())
        .map(found -> keep(wish, found))
        .orElseGet(() ->
            blocked(
                new Notice(
                    "LoadBalancerNameTaken",
                    "LoadBalancer "
                        + settings.namespace()
                        + "/"
                        + wish.document().name(request)
                        + " on the host belongs to another Service; delete it there, or"
                        + " create this Service again"),
                wish.warnings()));
  }

  private EnsureResult keep(Wish wish, ReadBalancer present) {
    ServiceRequest request = wish.request();
    Balancer seen = Balancer.of(present);
    if (objects.isGoing(present)) {
      return pending("LoadBalancer " + seen.name() + " is being deleted on the host", wish);
    }
    Optional<Notice> hindrance = HostPlacement.hindrance(request, seen.placement());
    if (hindrance.isPresent()) {
      return blocked(hindrance.get(), wish.warnings());
    }
    if (wish.isInAnotherGroup(seen)) {
      return move(wish, present, seen);
    }
    List<String> ingress = Ingress.of(wish.service());
    Optional<String> answered =
        GuestPlacement.answered(seen, ingress, ip -> shared.isOfAnother(ip, wish.service()));
    List<String> backends = wish.backends(seen.placement());
    Optional<ReadBalancer> written =
        objects.bring(
            present,
            whole -> {
              wish.document().update(whole, request, seen.placement(), backends);
              answered.ifPresent(address -> LoadBalancerDocument.announce(whole, address));
              return whole;
            });
    if (written.isEmpty()) {
      return pending("LoadBalancer " + seen.name() + " went away on the host", wish);
    }
    Balancer now = Balancer.of(written.get());
    List<Notice> warnings = new ArrayList<>(wish.warnings());
    HostPlacement.reservation(wish.service(), now.placement()).ifPresent(warnings::add);
    String network = now.network(request);
    if (now.placement() == Placement.HOST && !network.isEmpty()) {
      HostPlacement.unused(network, backends, networks.addressesOn(network))
          .ifPresent(warnings::add);
    }
    Cards cards =
        network.isEmpty() ? new Cards.Unknown("no network asked for") : networks.on(network);
    boolean named = !Annotations.of(wish.service(), KubeVipNames.SERVICE_INTERFACE).isEmpty();
    Duration waited = patience.waited(wish.service(), now.awaited(ingress));
    EnsureResult result = Verdict.of(now, request, ingress, cards, named, waited, warnings);
    return switch (now.placement()) {
      case HOST ->
          wish.shares() ? result.with(HostPlacement.sharing(ObjectKey.of(wish.owner()))) : result;
      case GUEST ->
          Share.isMarked(wish.service())
              ? result.with(GuestPlacement.held(result.marks()))
              : result;
    };
  }

  /// An object cannot change its group once it has an address. The name is that of the Service, so
  /// there is no other one before this one is gone; the Service shows its old address until then.
  private EnsureResult move(Wish wish, ReadBalancer present, Balancer seen) {
    boolean existed = objects.delete(wish.service(), present);
    log.atInfo()
        .addKeyValue("service", wish.key())
        .addKeyValue("loadBalancer", ObjectKey.of(present))
        .addKeyValue("uid", seen.uid())
        .addKeyValue("group", seen.shareGroup())
        .addKeyValue("addressOf", ObjectKey.of(wish.owner()))
        .addKeyValue("existed", existed)
        .log("load balancer deleted on the host, it is made again to have another address");
    return pending("LoadBalancer " + seen.name() + " to be gone on the host and made again", wish);
  }

  private static EnsureResult pending(String waitingFor, Wish wish) {
    return EnsureResult.of(new State.Pending(waitingFor)).with(wish.warnings());
  }

  private static EnsureResult blocked(Notice by, List<Notice> others) {
    return EnsureResult.of(new State.Blocked(by.reason(), by.message())).with(others);
  }
}
