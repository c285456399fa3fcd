package dev.thresher.ccm.harvester.loadbalancer;

import dev.thresher.api.loadbalancer.Condition;
import dev.thresher.api.loadbalancer.LoadBalancer;
import dev.thresher.api.loadbalancer.LoadBalancerStatus;
import dev.thresher.api.names.HarvesterNames;
import dev.thresher.api.names.ThresherNames;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// What a `LoadBalancer` object says, as far as it matters here.
///
/// @param name name of the object
/// @param uid UID of the object
/// @param deleting whether it is being deleted
/// @param placement where its address is held
/// @param knowsPlacement whether the host kept the field `spec.placement`
/// @param ipam `spec.ipam`, empty if it is not set
/// @param network the network as the Service asked for it when the object was made; empty optional
///   for objects that do not record it
/// @param pools `spec.ipPool` and `spec.ipv6Pool`, as far as they are set
/// @param poolSelector labels of the pool, empty if it does not say
/// @param shareGroup group of objects with one address, empty if it is in none
/// @param allocated the reserved addresses in the order of their families; `0.0.0.0` for DHCP
/// @param address `status.address`, empty if there is none
/// @param announced the addresses that are answered
/// @param trouble why it is not ready; empty if it is, or if nobody has said
/// @param judged whether the host has said if it is ready
record Balancer(
    String name,
    String uid,
    boolean deleting,
    Placement placement,
    boolean knowsPlacement,
    String ipam,
    Optional<String> network,
    List<String> pools,
    String poolSelector,
    String shareGroup,
    List<String> allocated,
    String address,
    List<String> announced,
    Optional<Trouble> trouble,
    boolean judged) {

  /// The parts of others, in this order.
  enum Step {
    /// The host's.
    RESERVE,
    /// That of the VIP manager where the address is placed.
    ANSWER
  }

  /// What the host says stands in the way.
  ///
  /// @param reason a word in CamelCase, empty if the host has none that says more than "error"
  record Trouble(String reason, String message) {}

  /// What Harvester's controller writes for any reason.
  private static final String ANY_ERROR = "Error";

  private static final Pattern WORD = Pattern.compile("[A-Z][A-Za-z0-9]*");

  Balancer {
    pools = List.copyOf(pools);
    allocated = List.copyOf(allocated);
    announced = List.copyOf(announced);
  }

  static Balancer of(LoadBalancer balancer) {
    var meta = balancer.getMetadata();
    Map<String, String> annotations = Objects.requireNonNullElse(meta.getAnnotations(), Map.of());
    var spec = balancer.getSpec();
    String field = spec == null ? "" : text(spec.getPlacement());
    String annotated = annotations.getOrDefault(ThresherNames.PLACEMENT, "");
    @Nullable LoadBalancerStatus status = balancer.getStatus();
    List<String> allocated = allocated(status);
    String address = status == null ? "" : text(status.getAddress());
    return new Balancer(
        text(meta.getName()),
        text(meta.getUid()),
        meta.getDeletionTimestamp() != null,
        // A host or an older writer that does not know the field drops it; the annotation stays.
        Placement.tryParse(annotated.isEmpty() ? field : annotated).orElse(Placement.GUEST),
        !field.isEmpty(),
        spec == null ? "" : text(spec.getIpam()),
        Optional.ofNullable(annotations.get(HarvesterNames.LB_NETWORK)),
        spec == null ? List.of() : pools(text(spec.getIpPool()), text(spec.getIpv6Pool())),
        annotations.getOrDefault(ThresherNames.POOL_SELECTOR, ""),
        annotations.getOrDefault(ThresherNames.SHARE_GROUP, ""),
        allocated,
        address,
        announced(status, address, allocated),
        ready(status)
            .filter(condition -> "False".equals(condition.getStatus()))
            .map(Balancer::trouble),
        ready(status).isPresent());
  }

  /// Whether the address is asked of a DHCP server, so that nobody knows it before it is held.
  boolean isDhcp() {
    return allocated.stream()
        .anyMatch(ip ->
            ip.equals(HarvesterNames.DHCP_ADDRESS_V4) || ip.equals(HarvesterNames.DHCP_ADDRESS_V6));
  }

  /// What others have to do yet.
  ///
  /// @param ingress the addresses in the Service's status
  Optional<Step> awaited(List<String> ingress) {
    if (allocated.isEmpty()) {
      return Optional.of(Step.RESERVE);
    }
    boolean answered =
        switch (placement) {
          case HOST -> !announced.isEmpty();
          case GUEST -> isAnswered(ingress);
        };
    return answered ? Optional.empty() : Optional.of(Step.ANSWER);
  }

  /// Whether a VIP manager of the guest holds its address, or one of them.
  ///
  /// @param ingress the addresses in the Service's status
  boolean isAnswered(List<String> ingress) {
    return isDhcp() ? !ingress.isEmpty() : allocated.stream().anyMatch(ingress::contains);
  }

  /// All addresses that it stands for; none while DHCP has not answered.
  List<String> addresses() {
    List<String> all = new ArrayList<>();
    Stream.of(allocated.stream(), announced.stream(), Stream.of(address))
        .flatMap(addresses -> addresses)
        .filter(ip ->
            !ip.equals(HarvesterNames.DHCP_ADDRESS_V4)
                && !ip.equals(HarvesterNames.DHCP_ADDRESS_V6))
        .forEach(ip -> add(all, ip));
    return all;
  }

  /// The network of the address: what the object was made with, which a Service cannot change.
  String network(ServiceRequest request) {
    return network.orElse(request.network());
  }

  private static List<String> pools(String first, String ipv6) {
    List<String> pools = new ArrayList<>();
    add(pools, first);
    add(pools, ipv6);
    return pools;
  }

  private static List<String> allocated(@Nullable LoadBalancerStatus status) {
    var address = status == null ? null : status.getAllocatedAddress();
    List<String> all = new ArrayList<>();
    if (address != null) {
      add(all, text(address.getIp()));
      add(all, text(address.getIpv6IP()));
    }
    return all;
  }

  private static List<String> announced(
      @Nullable LoadBalancerStatus status, String address, List<String> allocated) {
    if (status == null || address.isEmpty()) {
      return List.of();
    }
    List<String> listed = status.getAddresses() == null ? List.of() : status.getAddresses();
    List<String> ordered = new ArrayList<>();
    allocated.stream().filter(listed::contains).forEach(ip -> add(ordered, ip));
    listed.forEach(ip -> add(ordered, ip));
    add(ordered, address);
    return ordered;
  }

  private static Optional<Condition> ready(@Nullable LoadBalancerStatus status) {
    List<Condition> conditions =
        status == null || status.getConditions() == null ? List.of() : status.getConditions();
    return conditions.stream().filter(condition -> "Ready".equals(condition.getType())).findFirst();
  }

  private static Trouble trouble(Condition condition) {
    String reason = text(condition.getReason());
    boolean telling = WORD.matcher(reason).matches() && !reason.equals(ANY_ERROR);
    return new Trouble(telling ? reason : "", text(condition.getMessage()));
  }

  private static void add(List<String> all, String ip) {
    if (!ip.isEmpty() && !all.contains(ip)) {
      all.add(ip);
    }
  }

  private static String text(@Nullable String text) {
    return text == null ? "" : text;
  }
}
