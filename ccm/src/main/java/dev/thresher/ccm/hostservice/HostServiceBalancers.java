package dev.thresher.ccm.hostservice;

import dev.thresher.api.CoreTypes;
import dev.thresher.api.ObjectKey;
import dev.thresher.api.address.IpFamily;
import dev.thresher.api.names.KubeVipNames;
import dev.thresher.api.names.KubeVirtCloudNames;
import dev.thresher.ccm.cloudprovider.DeleteResult;
import dev.thresher.ccm.cloudprovider.EnsureResult;
import dev.thresher.ccm.cloudprovider.EnsureResult.Notice;
import dev.thresher.ccm.cloudprovider.EnsureResult.State;
import dev.thresher.ccm.cloudprovider.LoadBalancers;
import dev.thresher.ccm.cloudprovider.ServiceMarks;
import dev.thresher.ccm.hostservice.RequestReader.Reading;
import dev.thresher.runtime.client.KubeApi;
import dev.thresher.runtime.informer.Informer;
import dev.thresher.runtime.informer.Informers;
import dev.thresher.runtime.informer.Scope;
import dev.thresher.runtime.patch.Patch;
import dev.thresher.runtime.time.Timeline;
import io.kubernetes.client.openapi.models.V1EndpointSlice;
import io.kubernetes.client.openapi.models.V1Node;
import io.kubernetes.client.openapi.models.V1Service;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Balancers as host Services with EndpointSlices.
///
/// A Service at rest costs no request. One that comes costs a create and one per slice. A Service
/// is made before its slices, which it owns, and its address is told to the guest only after they
/// are there; on the way out it goes first, and the slices when nobody answers for it any more.
/// Nothing here waits: the host's answer wakes the Service up.
public final class HostServiceBalancers implements LoadBalancers {

  private static final Logger log = LoggerFactory.getLogger(HostServiceBalancers.class);

  private static final String GUEST_SERVICE = "guestService";

  /// No VIP manager of the guest may answer for an address of the host.
  private static final ServiceMarks MARKS =
      ServiceMarks.annotations(Map.of(KubeVipNames.IGNORE, Optional.of("true")));

  private static final ServiceMarks NO_MARKS =
      ServiceMarks.annotations(Map.of(KubeVipNames.IGNORE, Optional.empty()));

  private final HostServiceSettings settings;
  private final HostObjects objects;
  private final Machines machines;
  private final Optional<Informer<V1EndpointSlice>> guestSlices;
  private final Timeline timeline;
  private final WakeUps wakeUps;

  /// Only before the informers start.
  ///
  /// @param host whose writes are fenced by the leadership
  /// @param machines the machines behind guest nodes
  public HostServiceBalancers(
      HostServiceSettings settings,
      KubeApi host,
      Informers hostInformers,
      Informers guestInformers,
      Machines machines,
      Timeline timeline) {
    this.settings = settings;
    this.objects = new HostObjects(settings.namespace(), host, hostInformers);
    this.machines = machines;
    this.timeline = timeline;
    this.guestSlices =
        settings.backEnds().mayWriteSlices()
            ? Optional.of(guestInformers.informer(CoreTypes.ENDPOINT_SLICE, Scope.ALL))
            : Optional.empty();
    guestSlices.ifPresent(cache ->
        cache.addIndex(
            GUEST_SERVICE,
            slice -> List.of(slice.getMetadata().getNamespace() + "/" + Ownership.service(slice))));
    this.wakeUps = new WakeUps(settings, objects, hostInformers, guestInformers, timeline);
  }

  /// The caches that must be filled before this is asked.
  public List<Informer<?>> caches() {
    List<Informer<?>> caches = new ArrayList<>(List.of(objects.services(), objects.slices()));
    guestSlices.ifPresent(caches::add);
    return caches;
  }

  @Override
  public Lookup find(String cluster, V1Service service) {
    return own(service).isPresent() || !ownSlices(service).isEmpty()
        ? new Lookup.Present()
        : new Lookup.Absent();
  }

  @Override
  public EnsureResult ensure(String cluster, V1Service service, List<V1Node> nodes) {
    return switch (RequestReader.read(cluster, service, settings.annotationPrefixes())) {
      case Reading.Refused(Notice why) ->
          EnsureResult.of(new State.Blocked(why.reason(), why.message()));
      case Reading.Accepted(HostServiceRequest request, List<Notice> warnings) ->
          ensure(service, new HostServiceDocument(request, settings), nodes, warnings);
    };
  }

  private EnsureResult ensure(
      V1Service guest, HostServiceDocument document, List<V1Node> nodes, List<Notice> warnings) {
    Optional<V1Service> seen = objects.cached(guest);
    boolean made = false;
    if (seen.isEmpty()) {
      seen = objects.createService(document.create());
      made = seen.isPresent();
      if (!made) {
        // Made by an earlier try whose answer was lost, not yet in the cache, or without its
        // labels.
        seen = objects.live(guest);
      }
    }
    if (seen.isEmpty()) {
      return pending(document, "to be made again", warnings);
    }
    if (!Ownership.isOf(seen.get(), guest)) {
      return blocked(nameTaken(document), warnings);
    }
    if (seen.get().getMetadata().getDeletionTimestamp() != null) {
      return pending(document, "to be gone, since somebody deleted it on the host", warnings);
    }
    if (document.backEnds() == BackEndSource.SLICES) {
      // Before the Service: a port that it gets now has somebody behind it already.
      carryOutSlices(document, seen.get(), nodes);
    }
    Optional<V1Service> now = seen;
    Optional<Patch> patch = made ? Optional.empty() : document.repair(seen.get());
    if (patch.isPresent()) {
      now = objects.repair(seen.get(), patch.get());
    }
    if (now.isEmpty()) {
      return pending(document, "to be made again", warnings);
    }
    removeOtherSlices(document);
    return HostServiceVerdict.of(now.get(), document, settings.patience(), timeline.now())
        .with(MARKS)
        .with(notices(document, seen.get(), warnings));
  }

  @Override
  public DeleteResult delete(String cluster, V1Service service) {
    Optional<V1Service> own = own(service);
    if (own.isPresent()) {
      boolean left =
          own.get().getMetadata().getDeletionTimestamp() != null || objects.delete(own.get());
      if (left) {
        return new DeleteResult.Deleting(
            "Service " + ObjectKey.of(own.get()) + " to be gone on the host");
      }
    }
    // Nobody answers any more. Slices that the cache has not heard of go with their owner.
    ownSlices(service).forEach(objects::delete);
    return new DeleteResult.Gone(NO_MARKS);
  }

  @Override
  public void onChange(Consumer<ObjectKey> service) {
    wakeUps.onChange(service);
  }

  @Override
  public void onReturn(Runnable listener) {
    objects.services().onResumed(listener);
  }

  /// The cache first; one that has not heard of what was made a moment ago must not let go of it.
  private Optional<V1Service> own(V1Service guest) {
    return objects
        .cached(guest)
        .filter(seen -> Ownership.isOf(seen, guest))
        .or(() -> objects.live(guest).filter(seen -> Ownership.isOf(seen, guest)));
  }

  private List<V1EndpointSlice> ownSlices(V1Service guest) {
    String name =
        KubeVirtCloudNames.hostService(Objects.requireNonNull(guest.getMetadata().getUid()));
    return ownSlices(name);
  }

  private List<V1EndpointSlice> ownSlices(String hostService) {
    return objects.slicesOf(hostService).stream().filter(Ownership::isOwn).toList();
  }

  private void carryOutSlices(
      HostServiceDocument document, V1Service hostService, List<V1Node> nodes) {
    HostServiceRequest request = document.request();
    List<V1EndpointSlice> seen = ownSlices(document.name());
    List<BackEnd> backEnds =
        BackEnds.of(nodes, machines, localPods(request), SlicePlan.known(seen));
    SlicePlan plan =
        SlicePlan.of(
            new SliceDocument(
                request,
                settings.namespace(),
                document.name(),
                Objects.requireNonNull(hostService.getMetadata().getUid())),
            families(hostService, request),
            backEnds,
            seen);
    if (!plan.isEmpty()) {
      objects.carryOut(plan);
      log.atInfo()
          .addKeyValue("service", request.namespace() + "/" + request.name())
          .addKeyValue("backEnds", backEnds.stream().map(BackEnd::name).toList())
          .log("slices of the host service changed");
    }
  }

  private Optional<Map<String, BackEnd.State>> localPods(HostServiceRequest request) {
    return request.local()
        ? guestSlices.map(cache ->
            LocalPods.byNode(
                cache.byIndex(GUEST_SERVICE, request.namespace() + "/" + request.name())))
        : Optional.empty();
  }

  /// Those that the host gave it: one that merely prefers two may have one.
  private static Collection<IpFamily> families(V1Service host, HostServiceRequest request) {
    var spec = host.getSpec();
    List<String> families = spec == null ? null : spec.getIpFamilies();
    return families == null || families.isEmpty()
        ? request.families()
        : families.stream().map(IpFamily::parse).toList();
  }

  /// Takes away the slices of whoever said before which machines are behind the Service, once the
  /// one who says it now has spoken.
  private void removeOtherSlices(HostServiceDocument document) {
    List<V1EndpointSlice> all = objects.slicesOf(document.name());
    boolean ours = document.backEnds() == BackEndSource.SLICES;
    boolean spoken = all.stream().anyMatch(slice -> Ownership.isOwn(slice) == ours);
    if (!spoken) {
      return;
    }
    for (V1EndpointSlice slice : all) {
      boolean formerOwn = !ours && Ownership.isOwn(slice);
      // The host's controller forgets the slices of a Service that lost its selector.
      boolean formerSelector = ours && Ownership.isOfSelector(slice);
      if (formerOwn || formerSelector) {
        objects.delete(slice);
      }
    }
  }

  private List<Notice> notices(
      HostServiceDocument document, V1Service seen, List<Notice> warnings) {
    List<Notice> notices = new ArrayList<>(warnings);
    if (document.isOfOtherFamily(seen)) {
      notices.add(
          new Notice(
              "FrozenAfterCreation",
              "spec.ipFamilies begins with "
                  + document.request().families().getFirst()
                  + ", and the host Service was made with another family first, which cannot be"
                  + " changed; delete this Service and make it again"));
    }
    if (document.request().local() && document.backEnds() == BackEndSource.SELECTOR) {
      notices.add(
          new Notice(
              "LocalPodsNotFollowed",
              "spec.externalTrafficPolicy is Local, and the host chooses machines by their labels:"
                  + " machines without a pod of this Service drop what they get. Let the cloud"
                  + " provider write the slices"));
    }
    return notices;
  }

  private EnsureResult pending(HostServiceDocument document, String what, List<Notice> warnings) {
    return EnsureResult.of(
            new State.Pending(
                "Service " + settings.namespace() + "/" + document.name() + " on the host " + what))
        .with(MARKS)
        .with(warnings);
  }

  private static EnsureResult blocked(Notice by, List<Notice> others) {
    return EnsureResult.of(new State.Blocked(by.reason(), by.message())).with(others);
  }

  private Notice nameTaken(HostServiceDocument document) {
    return new Notice(
        "LoadBalancerNameTaken",
        "Service "
            + settings.namespace()
            + "/"
            + document.name()
            + " on the host belongs to another Service; delete it there, or make this Service"
            + " again");
  }
}
