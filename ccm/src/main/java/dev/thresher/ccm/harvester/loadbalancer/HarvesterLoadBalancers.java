package dev.thresher.ccm.harvester.loadbalancer;

import dev.thresher.api.ObjectKey;
import dev.thresher.api.names.HarvesterNames;
import dev.thresher.api.names.KubeVipNames;
import dev.thresher.ccm.cloudprovider.DeleteResult;
import dev.thresher.ccm.cloudprovider.EnsureResult;
import dev.thresher.ccm.cloudprovider.EnsureResult.Notice;
import dev.thresher.ccm.cloudprovider.EnsureResult.State;
import dev.thresher.ccm.cloudprovider.LoadBalancers;
import dev.thresher.ccm.cloudprovider.ServiceMarks;
import dev.thresher.ccm.harvester.loadbalancer.RequestReader.Reading;
import dev.thresher.ccm.harvester.networks.NodeNetworks;
import dev.thresher.ccm.harvester.networks.NodeNetworks.Cards;
import dev.thresher.runtime.client.KubeApi;
import dev.thresher.runtime.informer.Informer;
import dev.thresher.runtime.time.Timeline;
import io.kubernetes.client.openapi.models.V1Node;
import io.kubernetes.client.openapi.models.V1Service;
import java.time.Duration;
import java.util.ArrayList;
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
  private final Patience patience;

  /// Only before the informers start.
  ///
  /// @param host whose writes are fenced by the leadership
  /// @param cache the `LoadBalancer` objects of the namespace
  /// @param services all Services of the guest
  /// @param networks where the guest's nodes are on the networks of the host
  public HarvesterLoadBalancers(
      LoadBalancerSettings settings,
      KubeApi host,
      Informer<ReadBalancer> cache,
      Informer<V1Service> services,
      NodeNetworks networks,
      Timeline timeline) {
    this.settings = settings;
    this.objects = new BalancerObjects(settings.namespace(), host, cache);
    this.services = services;
    this.shared = new SharedAddresses(services);
    this.patience = new Patience(timeline);
    this.sharing = new Sharing(shared, objects, patience);
    this.networks = networks;
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
            case Share.Of(var primary) -> sharing.ensure(service, request, primary).with(warnings);
            case Share.None() -> {
              sharing.own(service);
              var wish = new Wish(cluster, service, request, warnings, document(cluster), nodes);
              Optional<ReadBalancer> present = Ownership.choose(objects.cached(service));
              yield present.isPresent() ? keep(wish, present.get()) : make(wish);
            }
          };
    };
  }

  @Override
  public DeleteResult delete(String cluster, V1Service service) {
    List<ReadBalancer> own = objects.left(cluster, service);
    patience.end(Objects.requireNonNull(service.getMetadata().getUid()));
    sharing.end(service);
    List<ObjectKey> holders = sharing.close(service, own);
    if (!holders.isEmpty()) {
      return new DeleteResult.Blocked(
          "AddressShared",
          "the address of this Service is shared by "
              + holders
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
            .filter(guest -> !annotation(guest, HarvesterNames.NETWORK).isEmpty())
            .map(ObjectKey::of)
            .forEach(service));
  }

  @Override
  public void onReturn(Runnable listener) {
    objects.onReturn(listener);
  }

  /// A Service that is to have an address of its own.
  private record Wish(
      String cluster,
      V1Service service,
      ServiceRequest request,
      List<Notice> warnings,
      LoadBalancerDocument document,
      List<V1Node> nodes) {

    private ObjectKey key() {
      return ObjectKey.of(service);
    }

    private List<String> backends(Placement placement) {
      return placement == Placement.HOST
          ? HostPlacement.backends(nodes, request.families())
          : List.of();
    }
  }

  private EnsureResult make(Wish wish) {
    ServiceRequest request = wish.request();
    Placement placement = request.askedPlacement().orElse(settings.placement());
    Optional<Notice> hindrance =
        HostPlacement.hindrance(request, placement)
            .or(() -> GuestPlacement.hindrance(request, placement, networks));
    if (hindrance.isPresent()) {
      return blocked(hindrance.get(), wish.warnings());
    }
    Optional<ReadBalancer> made =
        objects.create(
            wish.service(), wish.document().create(request, placement, wish.backends(placement)));
    if (made.isPresent()) {
      log.atInfo()
          .addKeyValue("service", wish.key())
          .addKeyValue("loadBalancer", ObjectKey.of(made.get()))
          .addKeyValue("placement", placement.text())
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
    if (seen.deleting()) {
      return EnsureResult.of(
              new State.Pending("LoadBalancer " + seen.name() + " is being deleted on the host"))
          .with(wish.warnings());
    }
    Optional<Notice> hindrance = HostPlacement.hindrance(request, seen.placement());
    if (hindrance.isPresent()) {
      return blocked(hindrance.get(), wish.warnings());
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
      return EnsureResult.of(
              new State.Pending("LoadBalancer " + seen.name() + " went away on the host"))
          .with(wish.warnings());
    }
    Balancer now = Balancer.of(written.get());
    List<Notice> warnings = new ArrayList<>(wish.warnings());
    HostPlacement.reservation(wish.service(), now.placement()).ifPresent(warnings::add);
    String network = now.network(request);
    Cards cards =
        network.isEmpty() ? new Cards.Unknown("no network asked for") : networks.on(network);
    boolean named = !annotation(wish.service(), KubeVipNames.SERVICE_INTERFACE).isEmpty();
    Duration counted = patience.waited(request.uid(), now.awaited(ingress));
    Duration waited =
        GuestPlacement.wasToldUnheld(wish.service()) ? Verdict.ANSWER_PATIENCE : counted;
    return Verdict.of(now, request, ingress, cards, named, waited, warnings);
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
    return switch (RequestReader.read(service)) {
      case Reading.Accepted(var request, _) ->
          withoutMarks(service, request.askedPlacement().orElse(settings.placement()));
      case Reading.Refused _ -> withoutMarks(service, settings.placement());
    };
  }

  private static ServiceMarks withoutMarks(V1Service service, Placement placement) {
    return switch (placement) {
      case GUEST -> GuestPlacement.noMarks(!annotation(service, HarvesterNames.NETWORK).isEmpty());
      case HOST -> HostPlacement.NO_MARKS;
    };
  }

  private static @Nullable String shareLabel(V1Service service) {
    Map<String, String> labels = service.getMetadata().getLabels();
    return labels == null ? null : labels.get(HarvesterNames.PRIMARY_SERVICE);
  }

  private static String annotation(V1Service service, String key) {
    Map<String, String> annotations = service.getMetadata().getAnnotations();
    return annotations == null ? "" : annotations.getOrDefault(key, "");
  }
}
