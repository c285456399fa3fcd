package dev.thresher.ccm.harvester.loadbalancer;

import dev.thresher.api.ObjectKey;
import dev.thresher.api.address.IpAddress;
import dev.thresher.api.address.IpFamily;
import dev.thresher.api.names.HarvesterNames;
import dev.thresher.api.names.KubeVipNames;
import dev.thresher.api.names.ThresherNames;
import dev.thresher.ccm.cloudprovider.EnsureResult;
import dev.thresher.ccm.cloudprovider.EnsureResult.Notice;
import dev.thresher.ccm.cloudprovider.EnsureResult.State;
import dev.thresher.ccm.cloudprovider.EnsureResult.StatusWriter;
import dev.thresher.ccm.cloudprovider.IngressPoint;
import dev.thresher.ccm.cloudprovider.ServiceMarks;
import dev.thresher.ccm.harvester.loadbalancer.Balancer.Step;
import dev.thresher.ccm.harvester.loadbalancer.PortLedger.Answer;
import dev.thresher.ccm.harvester.loadbalancer.PortLedger.Holder;
import dev.thresher.ccm.harvester.loadbalancer.ServiceRequest.Ipam;
import io.kubernetes.client.openapi.models.V1Service;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A Service that has the address of another one.
///
/// With placement `guest` it has no object on the host. One that it had before goes when nobody
/// holds its address any more, so that an address is never free while it is answered. With
/// placement `host` it has an object with its own ports, in the group of the other one. What cannot
/// be is refused and changes nothing.
final class Sharing {

  private static final Logger log = LoggerFactory.getLogger(Sharing.class);

  private final SharedAddresses shared;
  private final BalancerObjects objects;
  private final Patience patience;
  private final PortLedger ledger = new PortLedger();

  Sharing(SharedAddresses shared, BalancerObjects objects, Patience patience) {
    this.shared = shared;
    this.objects = objects;
    this.patience = patience;
  }

  Share of(V1Service service) {
    return Share.of(service, shared::find);
  }

  /// What a Service that shares is to do.
  sealed interface Terms {

    /// Nothing more.
    record Settled(EnsureResult result) implements Terms {}

    /// Have an object on the host in the group of the other Service.
    record OnHost() implements Terms {}
  }

  Terms ensure(V1Service service, ServiceRequest request, V1Service primary) {
    Optional<Balancer> held = Ownership.choose(objects.cached(primary)).map(Balancer::of);
    Optional<Notice> hindrance =
        held.flatMap(balancer -> hindrance(service, request, primary, balancer));
    if (hindrance.isPresent()) {
      return blocked(hindrance.get());
    }
    boolean onHost = held.filter(balancer -> balancer.placement() == Placement.HOST).isPresent();
    boolean early = held.isEmpty() && request.askedPlacement().equals(Optional.of(Placement.HOST));
    List<String> answered =
        early
            ? List.of()
            : onHost ? answered(primary, held.orElseThrow()) : SharedAddresses.answered(primary);
    if (answered.isEmpty()) {
      return settled(
          new State.Pending("an address of Service " + ObjectKey.of(primary) + " to share"));
    }
    List<String> addresses =
        answered.stream().filter(ip -> isOfFamilies(ip, request.families())).toList();
    if (addresses.isEmpty()) {
      return blocked(
          new Notice(
              "AddressFamilyMismatch",
              "spec.ipFamilies is "
                  + request.families().stream().map(IpFamily::text).toList()
                  + ", the addresses of Service "
                  + ObjectKey.of(primary)
                  + " are "
                  + answered
                  + "; share with a Service of the same family"));
    }
    Answer answer =
        ledger.claim(
            Holder.of(primary),
            Holder.of(service),
            () ->
                (onHost ? members(primary) : shared.holders(answered, uid(primary)))
                    .stream().map(Holder::of).toList());
    return switch (answer) {
      case Answer.Granted() ->
          onHost ? new Terms.OnHost() : new Terms.Settled(granted(service, primary, addresses));
      case Answer.Taken(var port, var by) ->
          blocked(
              new Notice(
                  "PortTaken",
                  "port "
                      + port
                      + " of the address of Service "
                      + ObjectKey.of(primary)
                      + " is that of Service "
                      + by
                      + "; use another port, or an address of its own"));
      case Answer.Closed() ->
          blocked(
              new Notice(
                  Share.MISSING,
                  "Service "
                      + ObjectKey.of(primary)
                      + " is giving its address back; remove annotation "
                      + HarvesterNames.PRIMARY_SERVICE));
    };
  }

  private EnsureResult granted(V1Service service, V1Service primary, List<String> addresses) {
    String joined = String.join(",", addresses);
    letGo(service, joined);
    List<String> ingress = Ingress.of(service);
    boolean answered = addresses.stream().anyMatch(ingress::contains);
    Duration waited =
        patience.waited(service, answered ? Optional.empty() : Optional.of(Step.ANSWER));
    State state =
        answered
            ? new State.Done(
                ingress.stream().map(IngressPoint::vip).toList(), StatusWriter.ELSEWHERE)
            : GuestPlacement.unanswered(addresses, waited);
    return EnsureResult.of(state).with(marks(joined, ObjectKey.of(primary)));
  }

  /// The Service is to have an address of its own, to which others may come.
  void own(V1Service service) {
    ledger.release(uid(service));
    ledger.open(uid(service));
  }

  /// The Service is to have no address any more.
  void end(V1Service service) {
    ledger.release(uid(service));
  }

  /// Lets nobody come to the addresses of these objects any more, if nobody is there.
  ///
  /// @return the other Services that have one of them, and would lose it
  List<ObjectKey> close(V1Service service, List<ReadBalancer> own) {
    List<String> addresses =
        own.stream().flatMap(balancer -> Balancer.of(balancer).addresses().stream()).toList();
    List<ObjectKey> holders =
        Stream.concat(shared.holders(addresses, uid(service)).stream(), members(service).stream())
            .map(ObjectKey::of)
            .sorted()
            .distinct()
            .toList();
    return holders.isEmpty() && !own.isEmpty() ? ledger.close(uid(service)) : holders;
  }

  private static String uid(V1Service service) {
    return Objects.requireNonNull(service.getMetadata().getUid());
  }

  /// The object from before, as soon as its address is neither told nor answered nor shared.
  private void letGo(V1Service service, String address) {
    if (!address.equals(Annotations.of(service, KubeVipNames.LOAD_BALANCER_IPS))) {
      return;
    }
    List<String> ingress = Ingress.of(service);
    for (ReadBalancer balancer : objects.cached(service)) {
      Balancer seen = Balancer.of(balancer);
      if (objects.isGoing(balancer)
          || seen.addresses().stream().anyMatch(ingress::contains)
          || !close(service, List.of(balancer)).isEmpty()) {
        continue;
      }
      boolean existed = objects.delete(service, balancer);
      log.atInfo()
          .addKeyValue("service", ObjectKey.of(service))
          .addKeyValue("loadBalancer", ObjectKey.of(balancer))
          .addKeyValue("uid", seen.uid())
          .addKeyValue("shares", address)
          .addKeyValue("existed", existed)
          .log("load balancer deleted on the host, the service shares an address now");
    }
  }

  /// The Services that have an object in the group of this one.
  private List<V1Service> members(V1Service owner) {
    return objects.members(ShareGroup.of(owner)).stream()
        .flatMap(key -> shared.find(key).stream())
        .filter(service -> !uid(owner).equals(service.getMetadata().getUid()))
        .toList();
  }

  /// The addresses of an object on the host that the Service shows, too.
  private static List<String> answered(V1Service primary, Balancer held) {
    List<String> ingress = Ingress.of(primary);
    boolean inOwnGroup = held.shareGroup().equals(ShareGroup.of(primary));
    return inOwnGroup ? held.addresses().stream().filter(ingress::contains).toList() : List.of();
  }

  /// What stands in the way for good.
  ///
  /// @param held the object of the other Service
  private Optional<Notice> hindrance(
      V1Service service, ServiceRequest request, V1Service primary, Balancer held) {
    Optional<Placement> other =
        Ownership.choose(objects.cached(service))
            .map(own -> Balancer.of(own).placement())
            .or(request::askedPlacement)
            .filter(placement -> placement != held.placement());
    String about =
        "annotation "
            + HarvesterNames.PRIMARY_SERVICE
            + ": the address of Service "
            + ObjectKey.of(primary);
    if (other.isPresent()) {
      return Optional.of(
          new Notice(
              "PlacementMismatch",
              about
                  + " has placement \""
                  + held.placement().text()
                  + "\", and this Service has \""
                  + other.get().text()
                  + "\"; create it again with annotation "
                  + ThresherNames.PLACEMENT
                  + "="
                  + held.placement().text()
                  + ", or remove the annotation to share"));
    }
    if (held.placement() == Placement.GUEST) {
      return Optional.empty();
    }
    if (held.ipam().equals(Ipam.DHCP.text()) || request.ipam() == Ipam.DHCP) {
      return Optional.of(
          new Notice(
              "NotSupportedYet",
              about
                  + " is held on the host, where addresses of a DHCP server are not shared; take"
                  + " away annotation "
                  + HarvesterNames.IPAM
                  + "=dhcp of both, or the annotation to share"));
    }
    return ShareGroup.isOfAService(held.shareGroup())
        ? Optional.empty()
        : Optional.of(
            new Notice(
                "NotSupportedYet",
                about
                    + " is held on the host by LoadBalancer "
                    + held.name()
                    + ", which is in "
                    + (held.shareGroup().isEmpty()
                        ? "no group"
                        : "group \"" + held.shareGroup() + "\" of somebody else")
                    + " (annotation "
                    + ThresherNames.SHARE_GROUP
                    + "), and that cannot change; create that Service again, or remove the"
                    + " annotation to share"));
  }

  /// As Harvester marks them: way to an address and card are the other Service's.
  private static ServiceMarks marks(String addresses, ObjectKey primary) {
    return new ServiceMarks(
        Map.of(
            KubeVipNames.LOAD_BALANCER_IPS,
            Optional.of(addresses),
            KubeVipNames.SERVICE_INTERFACE,
            Optional.empty(),
            HarvesterNames.IPAM,
            Optional.empty()),
        Map.of(HarvesterNames.PRIMARY_SERVICE, Share.label(primary)));
  }

  private static boolean isOfFamilies(String address, List<IpFamily> families) {
    return IpAddress.tryParse(address).filter(ip -> families.contains(ip.family())).isPresent();
  }

  private static Terms blocked(Notice by) {
    return settled(new State.Blocked(by.reason(), by.message()));
  }

  private static Terms settled(State state) {
    return new Terms.Settled(EnsureResult.of(state));
  }
}
