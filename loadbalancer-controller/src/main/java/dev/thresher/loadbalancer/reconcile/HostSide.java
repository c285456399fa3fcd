package dev.thresher.loadbalancer.reconcile;

import com.google.gson.JsonObject;
import dev.thresher.api.CoreTypes;
import dev.thresher.api.ObjectKey;
import dev.thresher.api.ResourceType;
import dev.thresher.api.address.IpAddress;
import dev.thresher.api.address.IpFamily;
import dev.thresher.api.loadbalancer.LoadBalancer;
import dev.thresher.api.names.HarvesterNames;
import dev.thresher.api.names.KubeVipNames;
import dev.thresher.api.names.ThresherNames;
import dev.thresher.loadbalancer.ipam.Claim;
import dev.thresher.loadbalancer.ipam.ClaimBook;
import dev.thresher.loadbalancer.ipam.Owner;
import dev.thresher.loadbalancer.reconcile.Addressing.Refusal;
import dev.thresher.loadbalancer.reconcile.Backends.Backend;
import dev.thresher.loadbalancer.reconcile.StatusDocument.Said;
import dev.thresher.runtime.client.KubeApi;
import dev.thresher.runtime.client.KubeApiException;
import dev.thresher.runtime.client.KubeApiException.Reason;
import dev.thresher.runtime.client.Precondition;
import dev.thresher.runtime.informer.Informer;
import dev.thresher.runtime.patch.Patch;
import dev.thresher.runtime.patch.Patches;
import io.kubernetes.client.common.KubernetesObject;
import io.kubernetes.client.openapi.models.V1EndpointSlice;
import io.kubernetes.client.openapi.models.V1Service;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Keeps the host Service and the EndpointSlices of a load balancer as they must be.
///
/// Slices are written before the Service: kube-vip from 1.2 on holds no address without an
/// endpoint, and an address that is answered before anybody is behind it refuses its first clients.
final class HostSide {

  private static final Logger log = LoggerFactory.getLogger(HostSide.class);
  private static final String REFUSED = "Refused";
  private static final String NAME_TAKEN = "NameTaken";

  /// How the host side stands.
  ///
  /// @param announced addresses of this load balancer that somebody answers
  /// @param answered all addresses that the Service says are answered, also those it is to lose
  /// @param backends who is behind them
  /// @param again when to look again though nothing has changed
  /// @param conditions what is to be said besides `Ready`
  /// @param problem what keeps the objects from being as they must
  record Standing(
      List<IpAddress> announced,
      List<IpAddress> answered,
      List<Backend> backends,
      Optional<Duration> again,
      List<Said> conditions,
      Optional<Refusal> problem) {

    /// Nothing could be made.
    static Standing of(Refusal problem, BackendSide.Standing behind, List<IpAddress> answered) {
      return new Standing(
          List.of(),
          answered,
          behind.backends(),
          behind.again(),
          behind.conditions(),
          Optional.of(problem));
    }
  }

  private final KubeApi api;
  private final Informer<V1Service> services;
  private final Informer<V1EndpointSlice> slices;
  private final BackendSide backendSide;
  private final Nobody nobody;
  private final ClaimBook book;
  private final LastGood lastGood = new LastGood();
  private final OwnWrites<V1Service> ownServices = new OwnWrites<>();
  private final OwnWrites<V1EndpointSlice> ownSlices = new OwnWrites<>();

  HostSide(
      KubeApi api,
      Informer<V1Service> services,
      Informer<V1EndpointSlice> slices,
      BackendSide backendSide,
      Nobody nobody,
      ClaimBook book) {
    this.api = api;
    this.services = services;
    this.slices = slices;
    this.backendSide = backendSide;
    this.nobody = nobody;
    this.book = book;
  }

  /// Whether a problem may pass without any change that would be heard of: node ports run out and
  /// come back, and what has the name without our label is followed by nobody.
  static boolean mayPass(Refusal problem) {
    return problem.reason().endsWith(REFUSED) || problem.reason().equals(NAME_TAKEN);
  }

  /// @param addresses as in [HostService]
  /// @param object the load balancer as it was seen
  Standing ensure(Wish wish, List<IpAddress> addresses, LoadBalancer object) {
    Marks marks = Marks.of(wish, object, book.of(wish.owner()), addresses);
    List<V1EndpointSlice> before = ownSlices(marks);
    BackendSide.Standing behind =
        backendSide.look(
            wish,
            addresses.stream().map(IpAddress::family).collect(Collectors.toSet()),
            before,
            object);
    List<Backend> backends = behind.backends();
    if (wish.ports().isEmpty()) {
      return Standing.of(
          new Refusal("NoListener", "spec.listeners: want at least one, got none", true),
          behind,
          answered(marks));
    }
    for (IpAddress address : addresses) {
      var wanted = new HostSlices(wish, address.family(), backends, nobody.now());
      Optional<Refusal> problem = ensureSlice(marks, wanted);
      if (problem.isPresent()) {
        return Standing.of(problem.get(), behind, answered(marks));
      }
    }
    Ensured<V1Service> service = ensureService(marks, new HostService(wish, addresses));
    if (service.problem().isPresent()) {
      return Standing.of(service.problem().get(), behind, answered(marks));
    }
    removeOtherSlices(wish, before, addresses);
    lastGood.note(wish, addresses);
    List<IpAddress> answered = service.object().map(HostService::answered).orElse(List.of());
    List<IpAddress> announced =
        wish.dhcp() ? answered : addresses.stream().filter(answered::contains).toList();
    return new Standing(
        announced, answered, backends, behind.again(), behind.conditions(), Optional.empty());
  }

  /// Follows who is behind a load balancer that makes no sense now, or may not have what it asks
  /// for: who is gone or ill must not have traffic because of a typing error. What cannot be
  /// understood of check and back ends counts as when it last could. All else is kept as it was
  /// when the object last made sense; where that is not known, since this process never saw it so,
  /// what stands stays as it is.
  ///
  /// @param held addresses that the load balancer has by claims, its own or its group's
  /// @return empty if nothing stands or is to stand
  Optional<Standing> follow(Wish wish, List<IpAddress> held, LoadBalancer object) {
    var claimed = new HashSet<IpAddress>(held);
    book.of(wish.owner()).stream().filter(Claim::active).map(Claim::address).forEach(claimed::add);
    Optional<LastGood.Asked> last = lastGood.of(wish, claimed);
    Marks marks = Marks.of(wish, object, book.of(wish.owner()), held);
    List<V1EndpointSlice> standing = ownSlices(marks);
    if (standing.isEmpty() && last.isEmpty()) {
      return Optional.empty();
    }
    Wish understood = backendSide.asLastUnderstood(wish);
    Set<IpFamily> families =
        last.map(one -> one.addresses().stream().map(IpAddress::family))
            .orElseGet(() -> standing.stream().map(slice -> IpFamily.parse(slice.getAddressType())))
            .collect(Collectors.toSet());
    BackendSide.Standing behind = backendSide.look(understood, families, standing, object);
    Optional<Refusal> problem =
        last.isPresent()
            ? keepUp(marks, last.get(), understood, behind)
            : keepEndpoints(marks, standing, understood, behind);
    List<IpAddress> answered = answered(marks);
    // What the Service asks for may be answered at any moment.
    var notFree = new LinkedHashSet<IpAddress>(answered);
    standing(marks).map(HostService::requested).ifPresent(notFree::addAll);
    last.ifPresent(one -> notFree.addAll(one.addresses()));
    return Optional.of(
        new Standing(
            answered,
            List.copyOf(notFree),
            behind.backends(),
            behind.again(),
            behind.conditions(),
            problem));
  }

  /// Service and slices as they last were, with the back ends of now.
  private Optional<Refusal> keepUp(
      Marks marks, LastGood.Asked last, Wish understood, BackendSide.Standing behind) {
    Wish wish = last.wish().checkedBy(understood.health());
    for (IpAddress address : last.addresses()) {
      var wanted = new HostSlices(wish, address.family(), behind.backends(), nobody.now());
      Optional<Refusal> problem = ensureSlice(marks, wanted);
      if (problem.isPresent()) {
        return problem;
      }
    }
    return ensureService(marks, new HostService(wish, last.addresses())).problem();
  }

  /// The back ends of now in the slices that stand.
  private Optional<Refusal> keepEndpoints(
      Marks marks, List<V1EndpointSlice> standing, Wish understood, BackendSide.Standing behind) {
    Optional<Refusal> problem = Optional.empty();
    for (V1EndpointSlice slice : standing) {
      var wanted =
          new HostSlices(
              understood, IpFamily.parse(slice.getAddressType()), behind.backends(), nobody.now());
      problem =
          problem.or(() ->
              ensure(
                      CoreTypes.ENDPOINT_SLICE,
                      marks.wish(),
                      marks::areOn,
                      ObjectKey.of(slice),
                      Optional.of(slice),
                      wanted.document(),
                      wanted::repairEndpoints,
                      ownSlices)
                  .problem());
    }
    return problem;
  }

  private List<IpAddress> answered(Marks marks) {
    return standing(marks).map(HostService::answered).orElse(List.of());
  }

  private Optional<V1Service> standing(Marks marks) {
    return services.get(HostService.key(marks.wish())).filter(marks::areOn);
  }

  /// Nobody behind this load balancer is of interest any more.
  void leave(ObjectKey key) {
    backendSide.forget(key);
    lastGood.forget(new Owner(key.namespace(), key.name()));
  }

  /// Whether a Service of this load balancer stands on the host. For one without claims, which asks
  /// a DHCP server, that says where its address is held, whatever became of the field.
  boolean stands(Wish wish, LoadBalancer object) {
    Marks marks = Marks.of(wish, object, book.of(wish.owner()), List.of());
    return standing(marks).isPresent();
  }

  /// How far the removal of the host objects has come.
  sealed interface Removal {

    /// The Service is gone, and with it whoever answered for the address.
    record Gone() implements Removal {}

    /// The Service is being deleted; its end will be heard of.
    record Going() implements Removal {}

    /// A Service of somebody else has the name, and asks for the address: it is not free. Its end
    /// need not be heard of.
    ///
    /// @param message for a person
    record Blocked(String message) implements Removal {}
  }

  /// Removes what was made for this load balancer.
  Removal remove(Wish wish, LoadBalancer object) {
    ObjectKey key = HostService.key(wish);
    Marks marks = Marks.of(wish, object, book.of(wish.owner()), List.of());
    // A cache that has not heard of the Service must not let the address go while it is answered.
    Optional<V1Service> service = api.get(CoreTypes.SERVICE, key);
    if (service.filter(marks::areOn).isPresent()) {
      Optional<V1Service> followed = followed(service.get());
      followed
          .filter(seen -> seen.getMetadata().getDeletionTimestamp() == null)
          .ifPresent(seen -> delete(CoreTypes.SERVICE, seen));
      if (followed.isPresent()) {
        return new Removal.Going();
      }
    } else {
      List<IpAddress> used = service.map(marks::usedBy).orElse(List.of());
      if (!used.isEmpty()) {
        return new Removal.Blocked(stillUsed(key, used));
      }
    }
    ownServices.forget(key);
    for (V1EndpointSlice slice : ownSlices(marks)) {
      delete(CoreTypes.ENDPOINT_SLICE, slice);
      ownSlices.forget(ObjectKey.of(slice));
    }
    return new Removal.Gone();
  }

  /// The Service with the label that the cache follows, without which its end would not be heard
  /// of; empty if it has just gone.
  private Optional<V1Service> followed(V1Service seen) {
    JsonObject label =
        HostObject.missing(
            Map.of(HarvesterNames.SERVICE_LB_LABEL, "true"), seen.getMetadata().getLabels());
    if (label.isEmpty()) {
      return Optional.of(seen);
    }
    Patch patch = Patches.merge(seen, Patches.nest(label, "metadata", "labels"));
    return api.patch(CoreTypes.SERVICE, ObjectKey.of(seen), patch);
  }

  private Optional<Refusal> ensureSlice(Marks marks, HostSlices wanted) {
    Optional<V1EndpointSlice> misfit =
        slices
            .get(wanted.key())
            .filter(marks::areOn)
            .filter(seen -> !wanted.family().text().equals(seen.getAddressType()));
    // The family of a slice cannot be changed.
    misfit.ifPresent(seen -> delete(CoreTypes.ENDPOINT_SLICE, seen));
    return ensure(
            CoreTypes.ENDPOINT_SLICE,
            marks.wish(),
            marks::areOn,
            wanted.key(),
            misfit.isPresent() ? Optional.empty() : slices.get(wanted.key()).map(ownSlices::newest),
            wanted.document(),
            wanted::repair,
            ownSlices)
        .problem();
  }

  private Ensured<V1Service> ensureService(Marks marks, HostService wanted) {
    ObjectKey key = HostService.key(marks.wish());
    Optional<V1Service> seen = services.get(key).map(ownServices::newest);
    Ensured<V1Service> ensured =
        ensure(
            CoreTypes.SERVICE,
            marks.wish(),
            marks::areOn,
            key,
            seen,
            wanted.document(),
            wanted::repair,
            ownServices);
    return seen.filter(wanted::needsAnother).isPresent()
        ? new Ensured<>(ensured.object(), ensured.problem().map(one -> withFix(one, key)))
        : ensured;
  }

  private static Refusal withFix(Refusal refused, ObjectKey key) {
    return new Refusal(
        refused.reason(),
        refused.message()
            + "; the first family of a Service cannot be changed: ask for it as well, or have the"
            + " Service made anew with: kubectl -n "
            + key.namespace()
            + " delete service "
            + key.name(),
        refused.required());
  }

  private record Ensured<T>(Optional<T> object, Optional<Refusal> problem) {}

  private <T extends KubernetesObject> Ensured<T> ensure(
      ResourceType<T> type,
      Wish wish,
      Predicate<T> isOurs,
      ObjectKey key,
      Optional<T> cached,
      JsonObject document,
      Function<T, Optional<Patch>> repair,
      OwnWrites<T> own) {
    try {
      Optional<T> seen = cached;
      if (seen.isEmpty()) {
        try {
          T created = api.createJson(type, key.namespace(), document);
          log.atInfo()
              .addKeyValue("loadBalancer", wish.owner())
              .addKeyValue("kind", type.kind())
              .addKeyValue("name", key.name())
              .log("host object created");
          return new Ensured<>(Optional.of(created), Optional.empty());
        } catch (KubeApiException e) {
          if (!e.is(Reason.ALREADY_EXISTS)) {
            throw e;
          }
          // The cache follows a label, which may be gone, or is behind.
          seen = api.get(type, key);
        }
      }
      if (seen.isEmpty()) {
        throw new KubeApiException(
            Reason.CONFLICT, 409, type + " " + key + " has just gone", Optional.empty(), null);
      }
      if (!isOurs.test(seen.get())) {
        return new Ensured<>(Optional.empty(), Optional.of(nameTaken(type, wish, seen.get())));
      }
      Optional<Patch> patch = repair.apply(seen.get());
      if (patch.isEmpty()) {
        return new Ensured<>(seen, Optional.empty());
      }
      Optional<T> repaired = api.patch(type, key, patch.get());
      T before = seen.get();
      repaired.ifPresent(now -> own.wrote(before, now));
      log.atInfo()
          .addKeyValue("loadBalancer", wish.owner())
          .addKeyValue("kind", type.kind())
          .addKeyValue("name", key.name())
          .log("host object brought up to date");
      return new Ensured<>(repaired, Optional.empty());
    } catch (KubeApiException e) {
      if (!e.is(Reason.INVALID)) {
        throw e;
      }
      return new Ensured<>(
          Optional.empty(),
          Optional.of(
              new Refusal(
                  type.kind() + REFUSED,
                  "the API server refuses the " + type.kind() + ": " + e.getMessage(),
                  true)));
    }
  }

  private void removeOtherSlices(
      Wish wish, List<V1EndpointSlice> before, List<IpAddress> addresses) {
    List<IpFamily> families = addresses.stream().map(IpAddress::family).toList();
    var others = new ArrayList<V1EndpointSlice>(before);
    others.removeIf(slice ->
        families.stream()
            .map(family -> HostSlices.name(wish.owner().name(), family))
            .anyMatch(slice.getMetadata().getName()::equals));
    others.forEach(slice -> delete(CoreTypes.ENDPOINT_SLICE, slice));
  }

  private List<V1EndpointSlice> ownSlices(Marks marks) {
    Owner owner = marks.wish().owner();
    var own = new ArrayList<V1EndpointSlice>();
    for (IpFamily family : IpFamily.values()) {
      ObjectKey key = ObjectKey.of(owner.namespace(), HostSlices.name(owner.name(), family));
      slices.get(key).map(ownSlices::newest).filter(marks::areOn).ifPresent(own::add);
    }
    return own;
  }

  private void delete(ResourceType<?> type, KubernetesObject object) {
    boolean existed =
        api.delete(type, ObjectKey.of(object), Precondition.uid(object.getMetadata().getUid()));
    if (existed) {
      log.atInfo()
          .addKeyValue("kind", type.kind())
          .addKeyValue("name", ObjectKey.of(object))
          .log("host object deleted");
    }
  }

  private static Refusal nameTaken(ResourceType<?> type, Wish wish, KubernetesObject seen) {
    ObjectKey key = ObjectKey.of(seen);
    Optional<String> owner = HostObject.ownerOf(seen);
    String delete =
        " exists that does not belong to this LoadBalancer"
            + owner.map(other -> " but to " + other).orElse("")
            + "; delete it or name the LoadBalancer otherwise";
    String giveBack =
        owner.isPresent()
            ? ""
            : "; if it was made for this LoadBalancer and lost its marks, give it back with: kubectl -n "
                + key.namespace()
                + " label --overwrite "
                + type.resource()
                + " "
                + key.name()
                + " "
                + ThresherNames.LOAD_BALANCER_UID
                + "="
                + wish.uid();
    return new Refusal(NAME_TAKEN, "a " + type.kind() + " " + key + delete + giveBack, true);
  }

  private static String stillUsed(ObjectKey key, List<IpAddress> used) {
    return "Service "
        + key
        + " does not belong to this LoadBalancer and has "
        + used.stream().map(IpAddress::toString).collect(Collectors.joining(", "))
        + ", which stays reserved until it has not; delete that Service, or take the address out of"
        + " its annotation "
        + KubeVipNames.LOAD_BALANCER_IPS
        + " and of its spec.loadBalancerIP";
  }
}
