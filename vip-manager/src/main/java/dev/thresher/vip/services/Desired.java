package dev.thresher.vip.services;

import dev.thresher.api.ObjectKey;
import dev.thresher.vip.election.AddressGroup;
import dev.thresher.vip.election.NodeLinks;
import dev.thresher.vip.election.Wish;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.BiPredicate;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/// All that the Services want held, put together: a pure function of their readings.
///
/// @param groups addresses that must have one holder, with what is asked of it
/// @param byService the addresses of each Service that has some to be held, in its order
/// @param services by address the Services that want it
/// @param interfaces by address the interface that a Service asks for; without an entry: none
public record Desired(
    List<Group> groups,
    Map<ObjectKey, List<InetAddress>> byService,
    Map<InetAddress, Set<ObjectKey>> services,
    Map<InetAddress, String> interfaces) {

  public static final Desired NOTHING = new Desired(List.of(), Map.of(), Map.of(), Map.of());

  /// @param interfaces per address the interface asked for
  /// @param localTo per Service with policy Local the nodes that have an endpoint
  /// @param preferredNodes nodes that go before others that suit as well, the first one first
  /// @param lacking see [Wish]
  public record Group(
      AddressGroup addresses,
      Map<InetAddress, String> interfaces,
      List<Set<String>> localTo,
      List<String> preferredNodes,
      String lacking) {

    public Group(
        AddressGroup addresses,
        Map<InetAddress, String> interfaces,
        List<Set<String>> localTo,
        List<String> preferredNodes) {
      this(addresses, interfaces, localTo, preferredNodes, Wish.NO_ENDPOINT);
    }

    public Group(
        AddressGroup addresses, Map<InetAddress, String> interfaces, List<Set<String>> localTo) {
      this(addresses, interfaces, localTo, List.of());
    }

    /// @param barred nodes that cannot hold it, with the reason
    /// @param known whether a node is known to have the network of an address on one of the
    ///   interfaces that are asked for, as [NodeLinks#among] takes them
    public Wish wish(Map<String, String> barred, BiPredicate<InetAddress, String> known) {
      return new Wish(
          addresses,
          interfaces,
          localTo,
          barred,
          addresses.addresses().stream()
              .filter(address -> known.test(address, interfaces.getOrDefault(address, "")))
              .collect(Collectors.toUnmodifiableSet()),
          preferredNodes,
          lacking);
    }
  }

  /// @param endpoints of a Service
  /// @param begun whether an address was held before: it is kept while its pods restart
  /// @param byLease whether Services that name one lease have one holder; if not, the right itself
  ///   sees to it
  public static Desired of(
      Collection<ServiceReading> readings,
      Function<ObjectKey, EndpointView> endpoints,
      Predicate<InetAddress> begun,
      boolean byLease) {
    NavigableMap<ObjectKey, ServiceReading.Asks> active = new TreeMap<>();
    for (ServiceReading reading : readings) {
      if (reading instanceof ServiceReading.Asks asks
          && (!asks.needsEndpoint()
              || asks.addresses().stream().anyMatch(begun)
              || endpoints.apply(asks.key()).any())) {
        active.put(asks.key(), asks);
      }
    }
    Map<ObjectKey, List<InetAddress>> byService = new LinkedHashMap<>();
    Map<InetAddress, Set<ObjectKey>> services = new TreeMap<>(AddressGroup.ORDER);
    active
        .values()
        .forEach(asks -> {
          byService.put(asks.key(), asks.addresses());
          asks.addresses()
              .forEach(address ->
                  services.computeIfAbsent(address, a -> new TreeSet<>()).add(asks.key()));
        });
    List<Group> groups = new ArrayList<>();
    for (Set<ObjectKey> together :
        connected(byService, services, byLease ? leases(active) : Map.of())) {
      groups.add(group(together.stream().map(active::get).toList(), endpoints));
    }
    Map<InetAddress, String> interfaces = new HashMap<>();
    groups.forEach(group -> interfaces.putAll(group.interfaces()));
    return new Desired(
        List.copyOf(groups), Map.copyOf(byService), Map.copyOf(services), Map.copyOf(interfaces));
  }

  /// Every address that is wanted, by Services or for the control plane.
  Set<InetAddress> addresses() {
    return groups.stream()
        .flatMap(group -> group.addresses().addresses().stream())
        .collect(Collectors.toUnmodifiableSet());
  }

  /// This and the addresses of the control plane, which no Service can have.
  Desired with(Group controlPlane) {
    List<Group> all = new ArrayList<>(groups);
    all.add(controlPlane);
    Map<InetAddress, String> asked = new HashMap<>(interfaces);
    asked.putAll(controlPlane.interfaces());
    return new Desired(List.copyOf(all), byService, services, Map.copyOf(asked));
  }

  private static Group group(
      List<ServiceReading.Asks> together, Function<ObjectKey, EndpointView> endpoints) {
    Set<InetAddress> addresses = new TreeSet<>(AddressGroup.ORDER);
    Map<InetAddress, String> interfaces = new HashMap<>();
    List<Set<String>> localTo = new ArrayList<>();
    List<String> preferredNodes = List.of();
    for (ServiceReading.Asks asks : together) {
      // As with interfaces: the first one by name that prefers nodes decides.
      preferredNodes = preferredNodes.isEmpty() ? asks.preferredNodes() : preferredNodes;
      addresses.addAll(asks.addresses());
      if (!asks.interfaceName().isEmpty()) {
        for (InetAddress address : asks.addresses()) {
          // Of Services that share an address the first one that names an interface decides.
          interfaces.merge(
              address,
              asks.interfaceName(),
              (one, other) -> one.equals(NodeLinks.AUTO) ? other : one);
        }
      }
      if (asks.local()) {
        localTo.add(endpoints.apply(asks.key()).nodes());
      }
    }
    return new Group(
        AddressGroup.of(addresses), Map.copyOf(interfaces), List.copyOf(localTo), preferredNodes);
  }

  /// By Service all that name the same lease as it does.
  private static Map<ObjectKey, Set<ObjectKey>> leases(Map<ObjectKey, ServiceReading.Asks> active) {
    Map<ObjectKey, Set<ObjectKey>> byLease = new HashMap<>();
    Map<ObjectKey, Set<ObjectKey>> byService = new HashMap<>();
    active.forEach((key, asks) -> {
      if (!asks.lease().isEmpty()) {
        Set<ObjectKey> all =
            byLease.computeIfAbsent(
                ObjectKey.of(key.namespace(), asks.lease()), a -> new TreeSet<>());
        all.add(key);
        byService.put(key, all);
      }
    });
    return byService;
  }

  /// The Services that hang together by the addresses they share and the leases they name.
  private static List<Set<ObjectKey>> connected(
      Map<ObjectKey, List<InetAddress>> byService,
      Map<InetAddress, Set<ObjectKey>> services,
      Map<ObjectKey, Set<ObjectKey>> leases) {
    List<Set<ObjectKey>> parts = new ArrayList<>();
    Set<ObjectKey> seen = new TreeSet<>();
    for (ObjectKey start : byService.keySet()) {
      if (!seen.add(start)) {
        continue;
      }
      Set<ObjectKey> part = new TreeSet<>();
      List<ObjectKey> open = new ArrayList<>(List.of(start));
      while (!open.isEmpty()) {
        ObjectKey key = open.removeLast();
        part.add(key);
        for (ObjectKey other : leases.getOrDefault(key, Set.of())) {
          if (seen.add(other)) {
            open.add(other);
          }
        }
        for (InetAddress address : byService.getOrDefault(key, List.of())) {
          for (ObjectKey other : Optional.ofNullable(services.get(address)).orElse(Set.of())) {
            if (seen.add(other)) {
              open.add(other);
            }
          }
        }
      }
      parts.add(part);
    }
    return parts;
  }
}
