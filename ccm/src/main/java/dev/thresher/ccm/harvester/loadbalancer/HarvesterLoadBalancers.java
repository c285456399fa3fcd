package dev.thresher.ccm.harvester.loadbalancer;

import com.google.gson.JsonObject;
import dev.thresher.api.ObjectKey;
import dev.thresher.api.json.LenientJson;
import dev.thresher.api.loadbalancer.LoadBalancer;
import dev.thresher.api.loadbalancer.LoadBalancerTypes;
import dev.thresher.api.names.KubeVipNames;
import dev.thresher.api.names.LoadBalancerName;
import dev.thresher.ccm.cloudprovider.DeleteResult;
import dev.thresher.ccm.cloudprovider.EnsureResult;
import dev.thresher.ccm.cloudprovider.EnsureResult.Notice;
import dev.thresher.ccm.cloudprovider.EnsureResult.State;
import dev.thresher.ccm.cloudprovider.LoadBalancers;
import dev.thresher.ccm.cloudprovider.ServiceMarks;
import dev.thresher.ccm.harvester.loadbalancer.RequestReader.Reading;
import dev.thresher.runtime.client.KubeApi;
import dev.thresher.runtime.client.KubeApiException;
import dev.thresher.runtime.client.KubeApiException.Reason;
import dev.thresher.runtime.client.Precondition;
import dev.thresher.runtime.informer.Informer;
import io.kubernetes.client.openapi.models.V1LoadBalancerIngress;
import io.kubernetes.client.openapi.models.V1Node;
import io.kubernetes.client.openapi.models.V1Service;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Balancers as `LoadBalancer` objects in one namespace of the host.
///
/// A Service at rest costs no request: the objects are followed by a cache, and its changes wake
/// the Service up. One that comes costs a create, and with placement `guest` a read and a write
/// more, for the address that the guest answers. Objects are deleted by UID, and only when their
/// Service is to have none.
public final class HarvesterLoadBalancers implements LoadBalancers {

  private static final Logger log = LoggerFactory.getLogger(HarvesterLoadBalancers.class);

  private static final String BY_SERVICE = "service";

  /// The host's controller writes the same object; then the change is made again in what it wrote.
  private static final int TRIES = 4;

  private final LoadBalancerSettings settings;
  private final KubeApi host;
  private final Informer<LoadBalancer> cache;

  /// Only before the informer starts.
  ///
  /// @param host whose writes are fenced by the leadership
  /// @param cache the `LoadBalancer` objects of the namespace
  public HarvesterLoadBalancers(
      LoadBalancerSettings settings, KubeApi host, Informer<LoadBalancer> cache) {
    this.settings = settings;
    this.host = host;
    this.cache = cache;
    cache.addIndex(
        BY_SERVICE,
        balancer ->
            Ownership.Claim.of(balancer)
                .map(claim -> claim.serviceNamespace() + "/" + claim.serviceName())
                .map(List::of)
                .orElse(List.of()));
  }

  @Override
  public Lookup find(String cluster, V1Service service) {
    return own(service).isEmpty() && live(cluster, service).isEmpty()
        ? new Lookup.Absent()
        : new Lookup.Present();
  }

  @Override
  public EnsureResult ensure(String cluster, V1Service service, List<V1Node> nodes) {
    return switch (RequestReader.read(service)) {
      case Reading.Refused(var why) ->
          EnsureResult.of(new State.Blocked(why.getFirst().reason(), why.getFirst().message()))
              .with(why.subList(1, why.size()));
      case Reading.Accepted(var request, var warnings) -> {
        var document = new LoadBalancerDocument(cluster, settings);
        Optional<LoadBalancer> present = Ownership.choose(own(service));
        yield present.isPresent()
            ? keep(service, request, warnings, document, present.get())
            : make(service, request, warnings, document);
      }
    };
  }

  /// The selector names the cluster's machines, and each machine's node port leads to all of them:
  /// the set of nodes changes nothing.
  @Override
  public EnsureResult nodesChanged(String cluster, V1Service service, List<V1Node> nodes) {
    return ensure(cluster, service, nodes);
  }

  @Override
  public DeleteResult delete(String cluster, V1Service service) {
    List<LoadBalancer> own = own(service);
    if (own.isEmpty()) {
      // A cache that has not heard of what was made a moment ago must not let go of it.
      own = live(cluster, service).map(List::of).orElse(List.of());
    }
    boolean left = false;
    for (LoadBalancer balancer : own) {
      if (balancer.getMetadata().getDeletionTimestamp() != null) {
        left = true;
        continue;
      }
      String uid = Objects.requireNonNull(balancer.getMetadata().getUid());
      boolean existed =
          host.delete(
              LoadBalancerTypes.LOAD_BALANCER, ObjectKey.of(balancer), Precondition.uid(uid));
      log.atInfo()
          .addKeyValue("service", ObjectKey.of(service))
          .addKeyValue("loadBalancer", ObjectKey.of(balancer))
          .addKeyValue("uid", uid)
          .addKeyValue("existed", existed)
          .log("load balancer of service deleted on the host");
      left |= existed;
    }
    return left
        ? new DeleteResult.Deleting(
            "LoadBalancer " + ObjectKey.of(own.getFirst()) + " to be gone on the host")
        : new DeleteResult.Gone(withoutMarks(service));
  }

  @Override
  public boolean concerns(V1Service before, V1Service after) {
    return !Objects.equals(before.getStatus(), after.getStatus());
  }

  @Override
  public void onChange(Consumer<ObjectKey> service) {
    cache.onChange(change ->
        Ownership.Claim.of(change.object())
            .ifPresent(claim ->
                service.accept(ObjectKey.of(claim.serviceNamespace(), claim.serviceName()))));
  }

  private EnsureResult make(
      V1Service service,
      ServiceRequest request,
      List<Notice> warnings,
      LoadBalancerDocument document) {
    Placement placement = request.askedPlacement().orElse(settings.placement());
    Optional<Notice> hindrance = HostPlacement.hindrance(service, request, placement);
    if (hindrance.isPresent()) {
      return EnsureResult.of(new State.Blocked(hindrance.get().reason(), hindrance.get().message()))
          .with(warnings);
    }
    LoadBalancer made;
    try {
      made =
          host.createJson(
              LoadBalancerTypes.LOAD_BALANCER,
              settings.namespace(),
              document.create(request, placement));
      log.atInfo()
          .addKeyValue("service", ObjectKey.of(service))
          .addKeyValue("loadBalancer", ObjectKey.of(made))
          .addKeyValue("placement", placement)
          .log("load balancer created on the host");
    } catch (KubeApiException e) {
      if (!e.is(Reason.ALREADY_EXISTS)) {
        throw e;
      }
      // Made by an earlier try whose answer was lost, or not yet in the cache.
      ObjectKey key = ObjectKey.of(settings.namespace(), document.name(request));
      made =
          host.get(LoadBalancerTypes.LOAD_BALANCER, key)
              .orElseThrow(() ->
                  new KubeApiException(
                      Reason.CONFLICT,
                      409,
                      "LoadBalancer " + key + " existed and went away",
                      Optional.empty(),
                      e));
      if (!Ownership.isOf(made, request.namespace(), request.name(), request.uid())) {
        return EnsureResult.of(
            new State.Blocked(
                "LoadBalancerNameTaken",
                "LoadBalancer "
                    + key
                    + " on the host belongs to another Service; delete it there, or create this"
                    + " Service again"));
      }
    }
    return keep(service, request, warnings, document, made);
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
      return EnsureResult.of(new State.Blocked(hindrance.get().reason(), hindrance.get().message()))
          .with(warnings);
    }
    Optional<String> answered = GuestPlacement.answered(seen, ingress(service));
    Optional<LoadBalancer> written =
        bring(
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
    return Verdict.of(Balancer.of(written.get()), request, ingress(service), warnings);
  }

  /// Makes the object as it should be, if it is not.
  ///
  /// The cached model says whether there is anything to do; what is written is the document that
  /// the server has.
  private Optional<LoadBalancer> bring(LoadBalancer present, UnaryOperator<JsonObject> change) {
    JsonObject cached = LenientJson.gson().toJsonTree(present).getAsJsonObject();
    if (change.apply(cached.deepCopy()).equals(cached)) {
      return Optional.of(present);
    }
    ObjectKey key = ObjectKey.of(present);
    for (int attempt = 1; ; attempt++) {
      Optional<JsonObject> read = host.getJson(LoadBalancerTypes.LOAD_BALANCER, key);
      if (read.isEmpty()) {
        return Optional.empty();
      }
      JsonObject before = read.get().deepCopy();
      JsonObject after = change.apply(read.get());
      if (after.equals(before)) {
        return Optional.of(LenientJson.gson().fromJson(before, LoadBalancer.class));
      }
      try {
        return host.replaceJson(LoadBalancerTypes.LOAD_BALANCER, key, after);
      } catch (KubeApiException e) {
        if (!e.is(Reason.CONFLICT) || attempt == TRIES) {
          throw e;
        }
      }
    }
  }

  /// The objects of this Service in the cache.
  private List<LoadBalancer> own(V1Service service) {
    var meta = service.getMetadata();
    String namespace = Objects.requireNonNull(meta.getNamespace());
    String name = Objects.requireNonNull(meta.getName());
    String uid = Objects.requireNonNull(meta.getUid());
    return cache.byIndex(BY_SERVICE, namespace + "/" + name).stream()
        .filter(balancer -> Ownership.isOf(balancer, namespace, name, uid))
        .toList();
  }

  /// The object of this Service under the name that it would be made with, as the server has it.
  private Optional<LoadBalancer> live(String cluster, V1Service service) {
    var meta = service.getMetadata();
    String namespace = Objects.requireNonNull(meta.getNamespace());
    String name = Objects.requireNonNull(meta.getName());
    String uid = Objects.requireNonNull(meta.getUid());
    ObjectKey key =
        ObjectKey.of(settings.namespace(), LoadBalancerName.of(cluster, namespace, name, uid));
    return host.get(LoadBalancerTypes.LOAD_BALANCER, key)
        .filter(balancer -> Ownership.isOf(balancer, namespace, name, uid));
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
