package dev.thresher.loadbalancer.rules;

import static dev.thresher.loadbalancer.rules.Texts.text;

import dev.thresher.api.loadbalancer.AllocatedAddress;
import dev.thresher.api.loadbalancer.Listener;
import dev.thresher.api.loadbalancer.LoadBalancer;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// How a load balancer may change that shares its address: it may ask for no port that another one
/// has there. Who has no address yet may ask for any, and waits.
public final class GroupRules {

  private GroupRules() {}

  /// Decides about an operation.
  ///
  /// @param ofNamespace all load balancers of a namespace; asked only about new ports
  public static Verdict check(
      Operation<LoadBalancer> operation, Function<String, List<LoadBalancer>> ofNamespace) {
    return operation
                instanceof Operation.Update<LoadBalancer>(LoadBalancer before, LoadBalancer after)
            && after.getMetadata().getDeletionTimestamp() == null
        ? Verdict.refuse(update(before, after, ofNamespace))
        : Verdict.PASS;
  }

  private static List<Violation> update(
      LoadBalancer before, LoadBalancer after, Function<String, List<LoadBalancer>> ofNamespace) {
    String group = Asked.shareGroup(after).value();
    Set<String> had = ports(before).collect(Collectors.toSet());
    Set<String> addresses = addresses(before);
    if (group.isEmpty() || addresses.isEmpty() || had.containsAll(ports(after).toList())) {
      return List.of();
    }
    List<LoadBalancer> others =
        ofNamespace.apply(text(after.getMetadata().getNamespace())).stream()
            .filter(other -> other.getMetadata().getDeletionTimestamp() == null)
            .filter(other -> group.equals(Asked.shareGroup(other).value()))
            .filter(other ->
                !Objects.equals(other.getMetadata().getName(), after.getMetadata().getName()))
            .filter(other -> addresses(other).stream().anyMatch(addresses::contains))
            .toList();
    var violations = new ArrayList<Violation>();
    List<Listener> listeners = Asked.spec(after).getListeners();
    for (int i = 0; i < listeners.size(); i++) {
      String port = port(listeners.get(i));
      Optional<LoadBalancer> has =
          had.contains(port)
              ? Optional.empty()
              : others.stream().filter(other -> ports(other).anyMatch(port::equals)).findFirst();
      if (has.isPresent()) {
        violations.add(clash("spec.listeners[" + i + "].port", port, group, has.get()));
      }
    }
    return violations;
  }

  private static Violation clash(String field, String port, String group, LoadBalancer other) {
    String name = other.getMetadata().getNamespace() + "/" + other.getMetadata().getName();
    return new Violation(
        field,
        port,
        "a port that no other load balancer of group \""
            + group
            + "\" has, which "
            + name
            + " does",
        "take another port, or have " + name + " give it up first");
  }

  private static Stream<String> ports(LoadBalancer object) {
    return Asked.spec(object).getListeners().stream().map(GroupRules::port);
  }

  private static String port(Listener listener) {
    return listener.getPort() + "/" + Listeners.protocol(listener);
  }

  private static Set<String> addresses(LoadBalancer object) {
    AllocatedAddress allocated =
        object.getStatus() == null ? null : object.getStatus().getAllocatedAddress();
    return allocated == null
        ? Set.of()
        : Stream.of(text(allocated.getIp()), text(allocated.getIpv6IP()))
            .filter(address -> !address.isEmpty())
            .collect(Collectors.toSet());
  }
}
