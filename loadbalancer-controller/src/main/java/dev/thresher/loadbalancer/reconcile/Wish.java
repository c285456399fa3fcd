package dev.thresher.loadbalancer.reconcile;

import static java.util.Objects.requireNonNullElse;

import dev.thresher.api.address.IpAddress;
import dev.thresher.api.address.IpFamily;
import dev.thresher.api.labels.LabelSelector;
import dev.thresher.api.loadbalancer.Listener;
import dev.thresher.api.loadbalancer.LoadBalancer;
import dev.thresher.api.loadbalancer.LoadBalancerSpec;
import dev.thresher.api.names.HarvesterNames;
import dev.thresher.api.names.ThresherNames;
import dev.thresher.loadbalancer.ipam.Claim;
import dev.thresher.loadbalancer.ipam.Claimant;
import dev.thresher.loadbalancer.ipam.Families;
import dev.thresher.loadbalancer.ipam.Owner;
import dev.thresher.loadbalancer.ipam.Placement;
import dev.thresher.loadbalancer.ipam.Requirement;
import dev.thresher.loadbalancer.rules.Affinity;
import dev.thresher.loadbalancer.rules.Asked;
import dev.thresher.loadbalancer.rules.HealthRule;
import dev.thresher.loadbalancer.rules.Listeners;
import dev.thresher.loadbalancer.rules.LoadBalancerRules;
import dev.thresher.loadbalancer.rules.Requirements;
import dev.thresher.loadbalancer.rules.Violation;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// What a `LoadBalancer` asks for, read once from its spec, labels and annotations.
///
/// @param owner namespace and name
/// @param uid identity of the object
/// @param guestCluster `workloadType: cluster`; else the back ends are virtual machines
/// @param dhcp the address comes from a DHCP server, not from a pool
/// @param families in which families
/// @param placement where the address is to be held; a claim that exists says otherwise if it does
/// @param need what a pool must match
/// @param ipPool name of the pool, empty to choose one
/// @param ipv6Pool name of the pool of the IPv6 address, empty for `ipPool` or to choose one
/// @param wanted certain addresses that were asked for
/// @param ports what is answered
/// @param selector labels of the back ends
/// @param sourceRanges who may come, as subnets; empty for everybody
/// @param backendAddresses where back ends answer, if that is said: a machine that has one of these
///   is reached there
/// @param namedBackends addresses of back ends that are named one by one, whoever has them
/// @param backendNetwork at which network of the machines traffic arrives, empty for the first one
/// @param affinity whether clients stay with a back end, empty if nothing is said
/// @param health how back ends are checked, if they are
/// @param drain how long a machine that the selector has let go serves the clients it has
/// @param cluster guest cluster, empty for none
/// @param serviceNamespace namespace of the guest's Service, empty for none
/// @param serviceName name of the guest's Service, empty for none
/// @param serviceUid UID of the guest's Service, empty for none
/// @param poolSelector labels of the pools to choose from, if no pool is named
/// @param shareGroup group of load balancers of the namespace that have one address together, empty
///   for none
/// @param violations what makes no sense in the object, by the rules that the webhook refuses by
record Wish(
    Owner owner,
    String uid,
    boolean guestCluster,
    boolean dhcp,
    Families families,
    Placement placement,
    Requirement need,
    String ipPool,
    String ipv6Pool,
    Map<IpFamily, IpAddress> wanted,
    List<Port> ports,
    Map<String, List<String>> selector,
    List<String> sourceRanges,
    Set<IpAddress> backendAddresses,
    Set<IpAddress> namedBackends,
    String backendNetwork,
    Optional<Affinity> affinity,
    Optional<HealthRule> health,
    Duration drain,
    String cluster,
    String serviceNamespace,
    String serviceName,
    String serviceUid,
    Optional<LabelSelector> poolSelector,
    String shareGroup,
    List<Violation> violations) {

  Wish {
    wanted = Map.copyOf(wanted);
    ports = List.copyOf(ports);
    selector = Map.copyOf(selector);
    sourceRanges = List.copyOf(sourceRanges);
    backendAddresses = Set.copyOf(backendAddresses);
    namedBackends = Set.copyOf(namedBackends);
    violations = List.copyOf(violations);
  }

  /// A port that is answered.
  ///
  /// @param name unique among the ports, empty only if there is but one
  /// @param protocol `TCP`, `UDP` or `SCTP`
  /// @param port at the address
  /// @param backendPort at the back end
  record Port(String name, String protocol, int port, int backendPort) {}

  static Wish of(LoadBalancer object) {
    LoadBalancerSpec spec = requireNonNullElse(object.getSpec(), new LoadBalancerSpec());
    Map<String, String> annotations = orEmpty(object.getMetadata().getAnnotations());
    Map<String, String> labels = orEmpty(object.getMetadata().getLabels());
    return new Wish(
        new Owner(text(object.getMetadata().getNamespace()), object.getMetadata().getName()),
        text(object.getMetadata().getUid()),
        Asked.guestCluster(object).value(),
        Asked.dhcp(object).value(),
        Asked.families(object).value(),
        Asked.placement(object).value(),
        Requirements.stated(object),
        text(spec.getIpPool()),
        text(spec.getIpv6Pool()),
        Asked.wanted(object).value(),
        ports(spec.getListeners()),
        spec.getBackendServerSelector(),
        Asked.sourceRanges(object).value(),
        Asked.backendAddresses(object).value(),
        Asked.namedBackends(object),
        Asked.backendNetwork(object).value(),
        Asked.affinity(object).value(),
        HealthRule.of(object).value(),
        Asked.drain(object).value(),
        cluster(labels, annotations),
        text(labels.get(HarvesterNames.SERVICE_NAMESPACE_LABEL)),
        text(labels.get(HarvesterNames.SERVICE_NAME_LABEL)),
        text(annotations.get(ThresherNames.SERVICE_UID)),
        Asked.poolSelector(object).value(),
        Asked.shareGroup(object).value(),
        LoadBalancerRules.ofObject(object));
  }

  /// The pool that is named for a family, empty to choose one.
  String poolFor(IpFamily family) {
    return family == IpFamily.IPV6 && !ipv6Pool.isEmpty() ? ipv6Pool : ipPool;
  }

  /// Who asks, as pools keep addresses.
  Claimant claimant() {
    return new Claimant(owner, cluster, serviceNamespace, serviceName);
  }

  /// The same wish, held where the claim says.
  Wish heldAt(Placement frozen) {
    return with(frozen, need, health);
  }

  /// The same wish, with what it needs of a pool.
  Wish needing(Requirement complete) {
    return with(placement, complete, health);
  }

  /// The same wish, with another check.
  Wish checkedBy(Optional<HealthRule> other) {
    return with(placement, need, other);
  }

  /// Whether its address may be held on the host. Its claims say so; by DHCP it has none, and its
  /// placement may have been lost. Where they differ, since it was lost between them, one is
  /// enough: what looks for host objects in vain does no harm.
  ///
  /// @param claims of the owner, released ones too
  boolean mayBeOnHost(Collection<Claim> claims) {
    return claims.isEmpty()
        ? dhcp || placement == Placement.HOST
        : claims.stream().anyMatch(claim -> claim.placement() == Placement.HOST);
  }

  /// What makes no sense, for a person.
  List<String> problems() {
    return violations.stream().map(Violation::message).toList();
  }

  /// Whether what is said of the check makes no sense.
  boolean isCheckUnclear() {
    return violations.stream().anyMatch(Violation::concernsCheck);
  }

  /// Whether what is said of the back ends and where they are reached makes no sense.
  boolean areBackendsUnclear() {
    return violations.stream().anyMatch(Violation::concernsBackends);
  }

  private Wish with(
      Placement otherPlacement, Requirement otherNeed, Optional<HealthRule> otherHealth) {
    return new Wish(
        owner,
        uid,
        guestCluster,
        dhcp,
        families,
        otherPlacement,
        otherNeed,
        ipPool,
        ipv6Pool,
        wanted,
        ports,
        selector,
        sourceRanges,
        backendAddresses,
        namedBackends,
        backendNetwork,
        affinity,
        otherHealth,
        drain,
        cluster,
        serviceNamespace,
        serviceName,
        serviceUid,
        poolSelector,
        shareGroup,
        violations);
  }

  private static List<Port> ports(List<Listener> listeners) {
    return listeners.stream()
        .filter(l -> Listeners.isPort(l.getPort()) && Listeners.isPort(l.getBackendPort()))
        .map(listener ->
            new Port(
                Listeners.name(listener, listeners.size()),
                Listeners.protocol(listener),
                listener.getPort(),
                listener.getBackendPort()))
        .toList();
  }

  private static String cluster(Map<String, String> labels, Map<String, String> annotations) {
    String label = text(labels.get(HarvesterNames.CLUSTER_LABEL));
    return label.isEmpty() ? text(annotations.get(HarvesterNames.LB_REQUIRED_CLUSTER)) : label;
  }

  private static Map<String, String> orEmpty(@Nullable Map<String, String> map) {
    return map == null ? Map.of() : map;
  }

  private static String text(@Nullable String value) {
    return value == null ? "" : value;
  }
}
