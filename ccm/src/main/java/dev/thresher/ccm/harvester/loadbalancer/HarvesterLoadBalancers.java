package dev.thresher.ccm.harvester.loadbalancer;

import dev.thresher.api.ObjectKey;
import dev.thresher.api.names.HarvesterNames;
import dev.thresher.ccm.cloudprovider.DeleteResult;
import dev.thresher.ccm.cloudprovider.EnsureResult;
import dev.thresher.ccm.cloudprovider.EnsureResult.Notice;
import dev.thresher.ccm.cloudprovider.EnsureResult.State;
import dev.thresher.ccm.cloudprovider.LoadBalancers;
import dev.thresher.ccm.cloudprovider.ServiceMarks;
import dev.thresher.ccm.harvester.loadbalancer.RequestReader.Reading;
import dev.thresher.ccm.harvester.loadbalancer.Sharing.Terms;
import dev.thresher.ccm.harvester.loadbalancer.Upkeep.Wish;
import dev.thresher.ccm.harvester.networks.NodeNetworks;
import dev.thresher.runtime.client.KubeApi;
import dev.thresher.runtime.informer.Informer;
import dev.thresher.runtime.time.Timeline;
import io.kubernetes.client.openapi.models.V1Node;
import io.kubernetes.client.openapi.models.V1Service;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Balancers as `LoadBalancer` objects in one namespace of the host.
///
/// A Service at rest costs no request: the objects are followed by a cache, and their changes wake
/// the Service up. One that comes costs a create, and with placement `guest` one update, for the
/// address that the guest answers. Objects are deleted by UID, and only when their Service is to
/// have none of its own.
public final class HarvesterLoadBalancers implements LoadBalancers {

  private static final Logger log = LoggerFactory.getLogger(HarvesterLoadBalancers.class);

  /// Every cluster has it, and it lives as long as the cluster.
  static final ObjectKey GUEST_IDENTITY = ObjectKey.of("default", "kubernetes");

  private final LoadBalancerSettings settings;
  private final BalancerObjects objects;
  private final Informer<V1Service> services;
  private final SharedAddresses shared;
  private final Sharing sharing;
  private final NodeNetworks networks;
  private final BackEndNodes nodes;
  private final Patience patience;
  private final Upkeep upkeep;

  /// Only before the informers start.
  ///
  /// @param host whose writes are fenced by the leadership
  /// @param cache the `LoadBalancer` objects of the namespace
  /// @param services all Services of the guest
  /// @param nodes all nodes of the guest
  /// @param networks where the guest's nodes are on the networks of the host
  public HarvesterLoadBalancers(
      LoadBalancerSettings settings,
      KubeApi host,
      Informer<ReadBalancer> cache,
      Informer<V1Service> services,
      Informer<V1Node> nodes,
      NodeNetworks networks,
      Timeline timeline) {
    this.settings = settings;
    this.objects = new BalancerObjects(settings.namespace(), host, cache);
    this.services = services;
    this.shared = new SharedAddresses(services);
    this.patience = new Patience(timeline);
    this.sharing = new Sharing(shared, objects, patience);
    this.networks = networks;
    this.nodes = new BackEndNodes(nodes, timeline);
    this.upkeep = new Upkeep(settings, objects, shared, networks, patience);
  }

  @Override
  public Lookup find(String cluster, V1Service service) {
    return objects.cached(service).isEmpty() && objects.live(cluster, service).isEmpty()
        ? new Lookup.Absent()
        : new Lookup.Present();
  }

  @Override
  public EnsureResult ensure(String cluster, V1Service service, List<V1Node> nodes) {
    return switch (RequestReader.read(service)) {
      case Reading.Refused(var why) -> blocked(why.getFirst(), why.subList(1, why.size()));
      case Reading.Accepted(var request, var warnings) ->
          switch (sharing.of(service)) {
            case Share.Refused(var why) -> blocked(why, warnings);
            case Share.Of(var primary) ->
                switch (sharing.ensure(service, request, primary)) {
                  case Terms.Settled(var result) -> result.with(warnings);
                  case Terms.OnHost() ->
                      upkeep.ensure(wish(cluster, service, primary, request, warnings, nodes));
                };
            case Share.None() -> {
              sharing.own(service);
              yield upkeep.ensure(wish(cluster, service, service, request, warnings, nodes));
            }
          };
    };
  }

  @Override
  public DeleteResult delete(String cluster, V1Service service) {
    List<ReadBalancer> own = objects.left(cluster, service);
    patience.end(service);
    sharing.end(service);
    List<ObjectKey> holders = sharing.close(service, own);
    if (!holders.isEmpty()) {
      return new DeleteResult.Blocked(
          "AddressShared",
          "the address of this Service is shared by "
              + Listing.of(holders)
              + ", so its load balancer stays until they are deleted or have another address;"
              + " delete them, or remove their annotation "
              + HarvesterNames.PRIMARY_SERVICE);
    }
    boolean left = false;
    for (ReadBalancer balancer : own) {
      if (objects.isGoing(balancer)) {
        left = true;
        continue;
      }
      boolean existed = objects.delete(service, balancer);
      log.atInfo()
          .addKeyValue("service", ObjectKey.of(service))
          .addKeyValue("loadBalancer", ObjectKey.of(balancer))
          .addKeyValue("uid", balancer.getMetadata().getUid())
          .addKeyValue("existed", existed)
          .log("load balancer of service deleted on the host");
      left |= existed;
    }
    return left
        ? new DeleteResult.Deleting(
            "LoadBalancer " + ObjectKey.of(own.getFirst()) + " to be gone on the host")
        : new DeleteResult.Gone(withoutMarks(service));
  }

  /// The guest's VIP manager writes nothing but the status when it answers.
  @Override
  public boolean concerns(V1Service before, V1Service after) {
    return !Ingress.of(before).equals(Ingress.of(after))
        || !Objects.equals(shareLabel(before), shareLabel(after));
  }

  @Override
  public void onChange(Consumer<ObjectKey> service) {
    objects.onChange(service);
    shared.onChange(service);
    networks.onChange(() ->
        services.list().stream()
            .filter(guest -> !Annotations.of(guest, HarvesterNames.NETWORK).isEmpty())
            .map(ObjectKey::of)
            .forEach(service));
    nodes.onChange(() ->
        services.list().stream().filter(this::isOnTheHost).map(ObjectKey::of).forEach(service));
  }

  private boolean isOnTheHost(V1Service service) {
    return Ownership.choose(objects.cached(service))
        .filter(held -> Balancer.of(held).placement() == Placement.HOST)
        .isPresent();
  }

  @Override
  public void onReturn(Runnable listener) {
    objects.onReturn(listener);
  }

  private Wish wish(
      String cluster,
      V1Service service,
      V1Service owner,
      ServiceRequest request,
      List<Notice> warnings,
      List<V1Node> nodes) {
    return new Wish(cluster, service, owner, request, warnings, document(cluster), nodes);
  }

  private LoadBalancerDocument document(String cluster) {
    String guest =
        services
            .get(GUEST_IDENTITY)
            .map(identity -> Objects.requireNonNull(identity.getMetadata().getUid()))
            .orElse("");
    return new LoadBalancerDocument(cluster, settings, guest);
  }

  private static EnsureResult blocked(Notice by, List<Notice> others) {
    return EnsureResult.of(new State.Blocked(by.reason(), by.message())).with(others);
  }

  /// What a guest's VIP manager would otherwise read when the Service gets its type back.
  private ServiceMarks withoutMarks(V1Service service) {
    Optional<Placement> asked =
        switch (RequestReader.read(service)) {
          case Reading.Accepted(var request, _) -> request.askedPlacement();
          case Reading.Refused _ -> Optional.empty();
        };
    return switch (asked.or(() -> ofPrimary(service)).orElse(settings.placement())) {
      case GUEST ->
          GuestPlacement.noMarks(!Annotations.of(service, HarvesterNames.NETWORK).isEmpty());
      case HOST -> HostPlacement.NO_MARKS;
    };
  }

  /// A Service that shares is where the other one is.
  private Optional<Placement> ofPrimary(V1Service service) {
    return sharing.of(service) instanceof Share.Of(var primary)
        ? Ownership.choose(objects.cached(primary)).map(held -> Balancer.of(held).placement())
        : Optional.empty();
  }

  private static @Nullable String shareLabel(V1Service service) {
    Map<String, String> labels = service.getMetadata().getLabels();
    return labels == null ? null : labels.get(HarvesterNames.PRIMARY_SERVICE);
  }
}
