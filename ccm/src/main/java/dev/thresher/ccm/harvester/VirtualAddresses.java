package dev.thresher.ccm.harvester;

import com.google.common.base.Splitter;
import dev.thresher.api.address.IpAddress;
import dev.thresher.api.loadbalancer.LoadBalancer;
import dev.thresher.api.loadbalancer.LoadBalancerStatus;
import dev.thresher.api.names.KubeVipNames;
import dev.thresher.runtime.informer.Change;
import dev.thresher.runtime.informer.Informer;
import dev.thresher.runtime.time.Timeline;
import io.kubernetes.client.common.KubernetesObject;
import io.kubernetes.client.openapi.models.V1LoadBalancerIngress;
import io.kubernetes.client.openapi.models.V1Node;
import io.kubernetes.client.openapi.models.V1Service;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// The addresses that some balancer holds, or is about to hold, or held a short time ago: none of
/// them is a node's own.
///
/// Those of the host's `LoadBalancer` objects, those that a guest Service tells a VIP manager to
/// hold, and those that kube-vip notes on Nodes. Of a Service's status only what a VIP manager
/// answered counts: some implementations put the nodes' own addresses there. A guest agent is asked
/// by the host every two minutes, so an address is reported for a while after its balancer went.
public final class VirtualAddresses implements Predicate<IpAddress> {

  private static final String ADDRESS = "virtualAddress";

  /// Longer than two questions of the host to a guest agent.
  private static final Duration LINGERING = Duration.ofMinutes(5);

  /// How VIP managers write an address of IPv6 where colons are not allowed.
  private static final Pattern IPV6_DIGITS = Pattern.compile("[0-9a-f]{32}");

  private final Informer<? extends LoadBalancer> balancers;
  private final Informer<V1Service> services;
  private final Informer<V1Node> nodes;
  private final Timeline timeline;

  /// Address to the time at which it was let go.
  private final Map<String, Long> left = new ConcurrentHashMap<>();

  /// Only before the informers start.
  public VirtualAddresses(
      Informer<? extends LoadBalancer> balancers,
      Informer<V1Service> services,
      Informer<V1Node> nodes,
      Timeline timeline) {
    this.balancers = balancers;
    this.services = services;
    this.nodes = nodes;
    this.timeline = timeline;
    follow(balancers, VirtualAddresses::held);
    follow(services, VirtualAddresses::toBeHeld);
    follow(nodes, VirtualAddresses::noted);
  }

  @Override
  public boolean test(IpAddress address) {
    String text = address.toString();
    return !balancers.byIndex(ADDRESS, text).isEmpty()
        || !services.byIndex(ADDRESS, text).isEmpty()
        || !nodes.byIndex(ADDRESS, text).isEmpty()
        || lingers(text);
  }

  private boolean lingers(String address) {
    Long since = left.get(address);
    return since != null && timeline.nanoTime() - since < LINGERING.toNanos();
  }

  private <T extends KubernetesObject> void follow(
      Informer<T> informer, Function<? super T, List<String>> addresses) {
    informer.addIndex(ADDRESS, addresses::apply);
    informer.onChange(change -> {
      switch (change) {
        case Change.Added<T> _ -> {}
        case Change.Updated<T>(T before, T after) -> {
          List<String> gone = new ArrayList<>(addresses.apply(before));
          gone.removeAll(addresses.apply(after));
          leave(gone);
        }
        case Change.Deleted<T>(T object) -> leave(addresses.apply(object));
      }
    });
  }

  private void leave(List<String> addresses) {
    if (addresses.isEmpty()) {
      return;
    }
    long now = timeline.nanoTime();
    left.values().removeIf(since -> now - since >= LINGERING.toNanos());
    addresses.forEach(address -> left.put(address, now));
  }

  private static List<String> held(LoadBalancer balancer) {
    LoadBalancerStatus status = balancer.getStatus();
    if (status == null) {
      return List.of();
    }
    List<@Nullable String> texts = new ArrayList<>();
    texts.add(status.getAddress());
    var allocated = status.getAllocatedAddress();
    if (allocated != null) {
      texts.add(allocated.getIp());
      texts.add(allocated.getIpv6IP());
    }
    if (status.getAddresses() != null) {
      texts.addAll(status.getAddresses());
    }
    return canonical(texts);
  }

  private static List<String> toBeHeld(V1Service service) {
    String wanted = value(service.getMetadata().getAnnotations(), KubeVipNames.LOAD_BALANCER_IPS);
    List<@Nullable String> texts = new ArrayList<>(List.of(wanted.split(",")));
    boolean answered =
        isByDhcp(texts)
            || !value(service.getMetadata().getAnnotations(), KubeVipNames.VIP_HOST).isEmpty();
    var status = service.getStatus();
    var balancer = status == null ? null : status.getLoadBalancer();
    List<V1LoadBalancerIngress> ingress = balancer == null ? null : balancer.getIngress();
    if (answered && ingress != null) {
      ingress.forEach(point -> texts.add(point.getIp()));
    }
    return canonical(texts);
  }

  /// The address is known only when the VIP manager tells it.
  private static boolean isByDhcp(List<? extends @Nullable String> texts) {
    return texts.stream()
        .map(text -> text == null ? Optional.<IpAddress>empty() : IpAddress.tryParse(text.strip()))
        .flatMap(Optional::stream)
        .anyMatch(IpAddress::isUnspecified);
  }

  private static List<String> noted(V1Node node) {
    String text = value(node.getMetadata().getLabels(), KubeVipNames.HAS_IP_LABEL).strip();
    return canonical(List.of(IPV6_DIGITS.matcher(text).matches() ? withColons(text) : text));
  }

  private static String withColons(String digits) {
    return String.join(":", Splitter.fixedLength(4).split(digits));
  }

  private static String value(@Nullable Map<String, String> map, String key) {
    return map == null ? "" : map.getOrDefault(key, "");
  }

  private static List<String> canonical(List<? extends @Nullable String> texts) {
    List<String> addresses = new ArrayList<>();
    for (String text : texts) {
      Optional<IpAddress> address =
          text == null ? Optional.empty() : IpAddress.tryParse(text.strip());
      address
          .filter(parsed -> !parsed.isUnspecified())
          .map(IpAddress::toString)
          .filter(parsed -> !addresses.contains(parsed))
          .ifPresent(addresses::add);
    }
    return addresses;
  }
}
