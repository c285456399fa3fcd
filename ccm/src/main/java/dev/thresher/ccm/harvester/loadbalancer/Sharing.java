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
import io.kubernetes.client.openapi.models.V1Service;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A Service that has the address of another one.
///
/// It has no object on the host. One that it had before goes when nobody holds its address any
/// more, so that an address is never free while it is answered. What cannot be is refused and
/// changes nothing.
final class Sharing {

  private static final Logger log = LoggerFactory.getLogger(Sharing.class);

  /// Longest value of a label.
  private static final int MAX_LABEL = 63;

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

  EnsureResult ensure(V1Service service, ServiceRequest request, V1Service primary) {
    Optional<Notice> misplaced = misplaced(service, request, primary);
    if (misplaced.isPresent()) {
      return blocked(misplaced.get());
    }
    List<String> answered = SharedAddresses.answered(primary);
    if (answered.isEmpty()) {
      return EnsureResult.of(
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
            () -> shared.holders(answered, uid(primary)).stream().map(Holder::of).toList());
    return switch (answer) {
      case Answer.Granted() -> granted(service, primary, addresses);
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
    Duration counted =
        patience.waited(uid(service), answered ? Optional.empty() : Optional.of(Step.ANSWER));
    Duration waited = GuestPlacement.wasToldUnheld(service) ? Verdict.ANSWER_PATIENCE : counted;
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
        shared.holders(addresses, uid(service)).stream().map(ObjectKey::of).sorted().toList();
    return holders.isEmpty() && !own.isEmpty() ? ledger.close(uid(service)) : holders;
  }

  private static String uid(V1Service service) {
    return Objects.requireNonNull(service.getMetadata().getUid());
  }

  /// The object from before, as soon as its address is neither told nor answered nor shared.
  private void letGo(V1Service service, String address) {
    Map<String, String> annotations = service.getMetadata().getAnnotations();
    if (annotations == null || !address.equals(annotations.get(KubeVipNames.LOAD_BALANCER_IPS))) {
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

  /// Listeners of an address on the host are in one object of one Service.
  private Optional<Notice> misplaced(V1Service service, ServiceRequest request, V1Service primary) {
    List<V1Service> onHost = new ArrayList<>();
    for (V1Service one : List.of(primary, service)) {
      boolean placed =
          Ownership.choose(objects.cached(one))
              .map(Balancer::of)
              .filter(balancer -> balancer.placement() == Placement.HOST)
              .isPresent();
      if (placed) {
        onHost.add(one);
      }
    }
    boolean asked = request.askedPlacement().equals(Optional.of(Placement.HOST));
    if (onHost.isEmpty() && !asked) {
      return Optional.empty();
    }
    return Optional.of(
        new Notice(
            "NotSupportedYet",
            "annotation "
                + HarvesterNames.PRIMARY_SERVICE
                + ": an address can only be shared with placement \"guest\", and that of Service "
                + ObjectKey.of(onHost.isEmpty() ? service : onHost.getFirst())
                + " is \"host\"; create it again with annotation "
                + ThresherNames.PLACEMENT
                + "=guest, or remove the annotation to share"));
  }

  /// As Harvester marks them: way to an address and card are the other Service's.
  private static ServiceMarks marks(String addresses, ObjectKey primary) {
    String label = primary.namespace() + "." + primary.name();
    return new ServiceMarks(
        Map.of(
            KubeVipNames.LOAD_BALANCER_IPS,
            Optional.of(addresses),
            KubeVipNames.SERVICE_INTERFACE,
            Optional.empty(),
            HarvesterNames.IPAM,
            Optional.empty()),
        Map.of(
            HarvesterNames.PRIMARY_SERVICE,
            label.length() <= MAX_LABEL ? Optional.of(label) : Optional.empty()));
  }

  private static boolean isOfFamilies(String address, List<IpFamily> families) {
    return IpAddress.tryParse(address).filter(ip -> families.contains(ip.family())).isPresent();
  }

  private static EnsureResult blocked(Notice by) {
    return EnsureResult.of(new State.Blocked(by.reason(), by.message()));
  }
}
