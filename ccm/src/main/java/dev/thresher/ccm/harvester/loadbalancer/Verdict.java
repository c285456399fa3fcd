package dev.thresher.ccm.harvester.loadbalancer;

import dev.thresher.api.names.HarvesterNames;
import dev.thresher.api.names.ThresherNames;
import dev.thresher.ccm.cloudprovider.EnsureResult;
import dev.thresher.ccm.cloudprovider.EnsureResult.Notice;
import dev.thresher.ccm.cloudprovider.EnsureResult.State;
import dev.thresher.ccm.cloudprovider.EnsureResult.StatusWriter;
import dev.thresher.ccm.cloudprovider.IngressPoint;
import dev.thresher.ccm.harvester.loadbalancer.Balancer.Trouble;
import dev.thresher.ccm.harvester.networks.NodeNetworks.Cards;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// What the object on the host means for the Service.
final class Verdict {

  private static final String FROZEN = "FrozenAfterCreation";

  /// The host reserves within milliseconds, and VIP managers answer within seconds. When they have
  /// not for so long, the owner of the Service should know what is said about that, or that nothing
  /// is.
  static final Duration ANSWER_PATIENCE = Duration.ofSeconds(10);

  private Verdict() {}

  /// @param ingress the addresses in the Service's status
  /// @param cards where the guest's nodes are on the network of the address
  /// @param named whether the Service names a card
  /// @param waited how long the balancer has been on the way
  static EnsureResult of(
      Balancer balancer,
      ServiceRequest request,
      List<String> ingress,
      Cards cards,
      boolean named,
      Duration waited,
      List<Notice> warnings) {
    List<Notice> notices = new ArrayList<>(warnings);
    frozen(balancer, request).ifPresent(notices::add);
    EnsureResult result =
        switch (balancer.placement()) {
          case GUEST -> guest(balancer, request, ingress, cards, named, waited, notices);
          case HOST -> host(balancer, waited, notices);
        };
    return result.with(notices);
  }

  private static EnsureResult guest(
      Balancer balancer,
      ServiceRequest request,
      List<String> ingress,
      Cards cards,
      boolean named,
      Duration waited,
      List<Notice> notices) {
    GuestPlacement.reservation(balancer.network(request), cards).ifPresent(notices::add);
    if (balancer.allocated().isEmpty()) {
      return EnsureResult.of(waitingForAddress(balancer, waited));
    }
    State state =
        balancer.isAnswered(ingress) || balancer.trouble().isPresent()
            ? done(balancer, ingress, StatusWriter.ELSEWHERE)
            : GuestPlacement.unanswered(balancer.allocated(), waited);
    return EnsureResult.of(state).with(GuestPlacement.marks(balancer, cards, named));
  }

  private static EnsureResult host(Balancer balancer, Duration waited, List<Notice> notices) {
    if (!balancer.knowsPlacement()) {
      notices.add(
          new Notice(
              "HostDoesNotKnowPlacement",
              "the host dropped spec.placement \"host\" of LoadBalancer "
                  + balancer.name()
                  + ": its LoadBalancer definition is older; upgrade it, or create the Service"
                  + " again with annotation "
                  + ThresherNames.PLACEMENT
                  + "=guest"));
    }
    State state =
        balancer.allocated().isEmpty()
            ? waitingForAddress(balancer, waited)
            : balancer.announced().isEmpty()
                ? waitingForAnswer(balancer, waited)
                : done(balancer, balancer.announced(), StatusWriter.CONTROLLER);
    return EnsureResult.of(state).with(HostPlacement.MARKS);
  }

  /// The address is there; the host may have found something wrong with it nevertheless, such as
  /// that nobody is behind it.
  private static State done(Balancer balancer, List<String> ingress, StatusWriter writer) {
    var done = new State.Done(ingress.stream().map(IngressPoint::vip).toList(), writer);
    return balancer
        .trouble()
        .<State>map(
            trouble -> new State.Impaired(done, reason(trouble), message(balancer.name(), trouble)))
        .orElse(done);
  }

  private static State waitingForAddress(Balancer balancer, Duration waited) {
    if (balancer.trouble().isPresent()) {
      return blocked(balancer, balancer.trouble().get());
    }
    if (waited.compareTo(ANSWER_PATIENCE) < 0) {
      return new State.RetryAfter(ANSWER_PATIENCE.minus(waited), "an address from the host");
    }
    return balancer.judged()
        ? new State.Pending("an address from the host")
        : new State.Blocked(
            "HostIsSilent",
            "LoadBalancer "
                + balancer.name()
                + " on the host has had no address for "
                + ANSWER_PATIENCE.toSeconds()
                + " s, and the host does not say why; see whether the load balancer controller"
                + " runs there");
  }

  private static State waitingForAnswer(Balancer balancer, Duration waited) {
    String waitingFor = "the host to answer " + balancer.allocated();
    if (waited.compareTo(ANSWER_PATIENCE) < 0) {
      return new State.RetryAfter(ANSWER_PATIENCE.minus(waited), waitingFor);
    }
    return balancer
        .trouble()
        .map(trouble -> blocked(balancer, trouble))
        .orElseGet(() -> new State.Pending(waitingFor));
  }

  private static State blocked(Balancer balancer, Trouble trouble) {
    return new State.Blocked(reason(trouble), message(balancer.name(), trouble));
  }

  /// The host's own word, else that of upstream.
  private static String reason(Trouble trouble) {
    return trouble.reason().isEmpty() ? "SyncLoadBalancerFailed" : trouble.reason();
  }

  private static String message(String name, Trouble trouble) {
    return "the host says of LoadBalancer "
        + name
        + ": "
        + (trouble.message().isEmpty() ? "it is not ready" : trouble.message());
  }

  /// What the Service asks for now and the object cannot become: it goes on as it is.
  private static Optional<Notice> frozen(Balancer balancer, ServiceRequest request) {
    String ipam = balancer.ipam().isEmpty() ? "pool" : balancer.ipam();
    if (!ipam.equals(request.ipam().text())) {
      return Optional.of(frozen(HarvesterNames.IPAM, request.ipam().text(), ipam));
    }
    // What is not there yet cannot be kept: an address may still be looked for in another pool.
    if (!request.pools().isEmpty()
        && !balancer.allocated().isEmpty()
        && !balancer.pools().equals(request.pools())) {
      return Optional.of(
          frozen(
              ThresherNames.POOL,
              String.join(",", request.pools()),
              String.join(",", balancer.pools())));
    }
    if (!request.poolSelector().isEmpty()
        && !balancer.allocated().isEmpty()
        && !balancer.poolSelector().equals(request.poolSelector())) {
      return Optional.of(
          frozen(ThresherNames.POOL_SELECTOR, request.poolSelector(), balancer.poolSelector()));
    }
    if (balancer.network().isPresent() && !balancer.network().get().equals(request.network())) {
      return Optional.of(
          frozen(HarvesterNames.NETWORK, request.network(), balancer.network().get()));
    }
    if (request.askedPlacement().isPresent()
        && request.askedPlacement().get() != balancer.placement()) {
      return Optional.of(
          frozen(
              ThresherNames.PLACEMENT,
              request.askedPlacement().get().text(),
              balancer.placement().text()));
    }
    return Optional.empty();
  }

  private static Notice frozen(String key, String asked, String present) {
    return new Notice(
        FROZEN,
        "annotation "
            + key
            + " is \""
            + asked
            + "\", the load balancer was made with \""
            + present
            + "\" and keeps it; create the Service again to change it");
  }
}
