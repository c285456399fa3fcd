package dev.thresher.ccm.harvester.loadbalancer;

import dev.thresher.api.ObjectKey;
import dev.thresher.api.loadbalancer.LoadBalancer;
import dev.thresher.api.names.KubeVipNames;
import dev.thresher.ccm.cloudprovider.DeleteResult;
import dev.thresher.ccm.cloudprovider.EnsureResult;
import dev.thresher.ccm.cloudprovider.EnsureResult.Notice;
import dev.thresher.ccm.cloudprovider.EnsureResult.State;
import dev.thresher.ccm.cloudprovider.LoadBalancers;
import dev.thresher.ccm.cloudprovider.ServiceMarks;
import dev.thresher.ccm.harvester.loadbalancer.RequestReader.Reading;
import dev.thresher.runtime.client.KubeApi;
import dev.thresher.runtime.informer.Informer;
import dev.thresher.runtime.time.Timeline;
import io.kubernetes.client.openapi.models.V1LoadBalancerIngress;
import io.kubernetes.client.openapi.models.V1Node;
import io.kubernetes.client.openapi.models.V1Service;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Balancers as `LoadBalancer` objects in one namespace of the host.
///
/// A Service at rest costs no request: the objects are followed by a cache, and their changes wake
/// the Service up. One that comes costs a create, and with placement `guest` a read and a write
/// more, for the address that the guest answers. Objects are deleted by UID, and only when their
/// Service is to have none.
public final class HarvesterLoadBalancers implements LoadBalancers {

  private static final Logger log = LoggerFactory.getLogger(HarvesterLoadBalancers.class);

  private final LoadBalancerSettings settings;
  private final BalancerObjects objects;
  private final Patience patience;

  /// Only before the informer starts.
  ///
  /// @param host whose writes are fenced by the leadership
  /// @param cache the `LoadBalancer` objects of the namespace
  public HarvesterLoadBalancers(
      LoadBalancerSettings settings,
      KubeApi host,
      Informer<LoadBalancer> cache,
      Timeline timeline) {
    this.settings = settings;
    this.objects = new BalancerObjects(settings.namespace(), host, cache);
    this.patience = new Patience(timeline);
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
      case Reading.Accepted(var request, var warnings) -> {
        var document = new LoadBalancerDocument(cluster, settings);
        Optional<LoadBalancer> present = Ownership.choose(objects.cached(service));
        yield present.isPresent()
            ? keep(service, request, warnings, document, present.get())
            : make(cluster, service, request, warnings, document);
      }
    };
  }

  @Override
  public DeleteResult delete(String cluster, V1Service service) {
    List<LoadBalancer> own = objects.cached(service);
    if (own.isEmpty()) {
      // A cache that has not heard of what was made a moment ago must not let go of it.
      own = objects.live(cluster, service).map(List::of).orElse(List.of());
    }
    patience.end(Objects.requireNonNull(service.getMetadata().getUid()));
    boolean left = false;
    for (LoadBalancer balancer : own) {
      if (balancer.getMetadata().getDeletionTimestamp() != null) {
        left = true;
        continue;
      }
      boolean existed = objects.delete(balancer);
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
    return !Objects.equals(before.getStatus(), after.getStatus());
  }

  @Override
  public void onChange(Consumer<ObjectKey> service) {
    objects.onChange(service);
  }

  private EnsureResult make(
      String cluster,
      V1Service service,
      ServiceRequest request,
      List<Notice> warnings,
      LoadBalancerDocument document) {
    Placement placement = request.askedPlacement().orElse(settings.placement());
    Optional<Notice> hindrance = HostPlacement.hindrance(service, request, placement);
    if (hindrance.isPresent()) {
      return blocked(hindrance.get(), warnings);
    }
    Optional<LoadBalancer> made = objects.create(document.create(request, placement));
    if (made.isPresent()) {
      log.atInfo()
          .addKeyValue("service", ObjectKey.of(service))
          .addKeyValue("loadBalancer", ObjectKey.of(made.get()))
          .addKeyValue("placement", placement.text())
          .log("load balancer created on the host");
      return keep(service, request, warnings, document, made.get());
    }
    // Made by an earlier try whose answer was lost, or not yet in the cache.
    return objects
        .live(cluster, service)
        .map(found -> keep(service, request, warnings, document, found))
        .orElseGet(() ->
            blocked(
                new Notice(
                    "LoadBalancerNameTaken",
                    "LoadBalancer "
                        + settings.namespace()
                        + "/"
                        + document.name(request)
                        + " on the host belongs to another Service; delete it there, or"
                        + " create this Service again"),
                warnings));
  }

  private EnsureResult keep(
      V1Service service,
      ServiceRequest request,
      List<Notice> warnings,
      LoadBalancerDocument document,
      LoadBalancer present) {
    Balancer seen = Balancer.of(present);
    if (seen.deleting()) {
      return EnsureResult.of(
              new State.Pending("LoadBalancer " + seen.name() + " is being deleted on the host"))
          .with(warnings);
    }
    Optional<Notice> hindrance = HostPlacement.hindrance(service, request, seen.placement());
    if (hindrance.isPresent()) {
      return blocked(hindrance.get(), warnings);
    }
    Optional<String> answered = GuestPlacement.answered(seen, ingress(service));
    Optional<LoadBalancer> written =
        objects.bring(
            present,
            whole -> {
              document.update(whole, request, seen.placement());
              answered.ifPresent(address -> LoadBalancerDocument.announce(whole, address));
              return whole;
            });
    if (written.isEmpty()) {
      return EnsureResult.of(
              new State.Pending("LoadBalancer " + seen.name() + " went away on the host"))
          .with(warnings);
    }
    Balancer now = Balancer.of(written.get());
    if (!now.isReservedOnly()) {
      patience.end(request.uid());
      return Verdict.of(now, request, ingress(service), Duration.ZERO, warnings);
    }
    return Verdict.of(now, request, ingress(service), patience.waited(request.uid()), warnings);
  }

  private static EnsureResult blocked(Notice by, List<Notice> others) {
    return EnsureResult.of(new State.Blocked(by.reason(), by.message())).with(others);
  }

  /// What a guest's VIP manager would otherwise read when the Service gets its type back.
  private ServiceMarks withoutMarks(V1Service service) {
    Placement asked =
        switch (RequestReader.read(service)) {
          case Reading.Accepted(var request, _) ->
              request.askedPlacement().orElse(settings.placement());
          case Reading.Refused _ -> settings.placement();
        };
    return ServiceMarks.annotations(
        switch (asked) {
          case GUEST -> Map.of(KubeVipNames.LOAD_BALANCER_IPS, Optional.empty());
          case HOST ->
              Map.of(
                  KubeVipNames.LOAD_BALANCER_IPS,
                  Optional.empty(),
                  KubeVipNames.IGNORE,
                  Optional.empty());
        });
  }

  private static List<String> ingress(V1Service service) {
    var status = service.getStatus();
    var balancer = status == null ? null : status.getLoadBalancer();
    List<V1LoadBalancerIngress> points = balancer == null ? null : balancer.getIngress();
    return points == null
        ? List.of()
        : points.stream()
            .map(V1LoadBalancerIngress::getIp)
            .filter(Objects::nonNull)
            .map(Objects::requireNonNull)
            .toList();
  }
}
