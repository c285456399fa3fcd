package dev.thresher.loadbalancer.reconcile;

import static java.util.Objects.requireNonNullElse;

import dev.thresher.api.address.IpAddress;
import dev.thresher.api.address.IpFamily;
import dev.thresher.api.loadbalancer.Listener;
import dev.thresher.api.loadbalancer.LoadBalancer;
import dev.thresher.api.loadbalancer.LoadBalancerSpec;
import dev.thresher.api.names.HarvesterNames;
import dev.thresher.api.names.ThresherNames;
import dev.thresher.loadbalancer.ipam.Owner;
import dev.thresher.loadbalancer.ipam.Placement;
import dev.thresher.loadbalancer.ipam.Requirement;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
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
/// @param healthCheck whether back ends are to be checked
/// @param cluster guest cluster, empty for none
/// @param serviceNamespace namespace of the guest's Service, empty for none
/// @param serviceName name of the guest's Service, empty for none
/// @param serviceUid UID of the guest's Service, empty for none
/// @param problems what makes no sense in the object: field, value and what is wanted
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
    boolean healthCheck,
    String cluster,
    String serviceNamespace,
    String serviceName,
    String serviceUid,
    List<String> problems) {

  Wish {
    wanted = Map.copyOf(wanted);
    ports = List.copyOf(ports);
    selector = Map.copyOf(selector);
    sourceRanges = List.copyOf(sourceRanges);
    backendAddresses = Set.copyOf(backendAddresses);
    problems = List.copyOf(problems);
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
    var owner =
        new Owner(text(object.getMetadata().getNamespace()), object.getMetadata().getName());
    boolean guestCluster = "cluster".equals(spec.getWorkloadType());
    var problems = new ArrayList<String>();
    return new Wish(
        owner,
        text(object.getMetadata().getUid()),
        guestCluster,
        "dhcp".equals(spec.getIpam()),
        families(spec, annotations, problems),
        guestCluster ? placement(spec, annotations, problems) : Placement.HOST,
        need(owner, annotations),
        text(spec.getIpPool()),
        text(spec.getIpv6Pool()),
        wanted(annotations, problems),
        ports(spec.getListeners(), problems),
        spec.getBackendServerSelector(),
        list(annotations, ThresherNames.SOURCE_RANGES).toList(),
        list(annotations, ThresherNames.BACKEND_ADDRESSES)
            .flatMap(text -> IpAddress.tryParse(text).stream())
            .collect(Collectors.toSet()),
        spec.getHealthCheck() != null
            && requireNonNullElse(spec.getHealthCheck().getPort(), 0) != 0,
        cluster(labels, annotations),
        text(labels.get(HarvesterNames.SERVICE_NAMESPACE_LABEL)),
        text(labels.get(HarvesterNames.SERVICE_NAME_LABEL)),
        text(annotations.get(ThresherNames.SERVICE_UID)),
        problems);
  }

  /// The pool that is named for a family, empty to choose one.
  String poolFor(IpFamily family) {
    return family == IpFamily.IPV6 && !ipv6Pool.isEmpty() ? ipv6Pool : ipPool;
  }

  /// The same wish, held where the claim says.
  Wish heldAt(Placement frozen) {
    return new Wish(
        owner,
        uid,
        guestCluster,
        dhcp,
        families,
        frozen,
        need,
        ipPool,
        ipv6Pool,
        wanted,
        ports,
        selector,
        sourceRanges,
        backendAddresses,
        healthCheck,
        cluster,
        serviceNamespace,
        serviceName,
        serviceUid,
        problems);
  }

  private static Families families(
      LoadBalancerSpec spec, Map<String, String> annotations, List<String> problems) {
    String annotation = text(annotations.get(ThresherNames.IP_FAMILIES));
    try {
      return Families.parse(text(spec.getIpFamilyPolicy()), annotation);
    } catch (IllegalArgumentException e) {
      problems.add(
          "spec.ipFamilyPolicy and annotation "
              + ThresherNames.IP_FAMILIES
              + ": "
              + e.getMessage());
      return new Families.OfThePool();
    }
  }

  /// The annotation wins: it survives writers and hosts that do not know the field.
  private static Placement placement(
      LoadBalancerSpec spec, Map<String, String> annotations, List<String> problems) {
    @Nullable String annotation = annotations.get(ThresherNames.PLACEMENT);
    String asked = annotation == null ? text(spec.getPlacement()) : annotation;
    if (asked.isEmpty()) {
      return Placement.GUEST;
    }
    Optional<Placement> placement = Placement.tryParse(asked);
    if (placement.isEmpty()) {
      problems.add(
          (annotation == null ? "spec.placement" : "annotation " + ThresherNames.PLACEMENT)
              + ": want guest or host, got \""
              + asked
              + "\"");
    }
    return placement.orElse(Placement.GUEST);
  }

  private static Requirement need(Owner owner, Map<String, String> annotations) {
    String namespace = text(annotations.get(HarvesterNames.LB_REQUIRED_NAMESPACE));
    return new Requirement(
        text(annotations.get(HarvesterNames.LB_REQUIRED_NETWORK)),
        text(annotations.get(HarvesterNames.LB_REQUIRED_PROJECT)),
        namespace.isEmpty() ? owner.namespace() : namespace,
        text(annotations.get(HarvesterNames.LB_REQUIRED_CLUSTER)));
  }

  private static Map<IpFamily, IpAddress> wanted(
      Map<String, String> annotations, List<String> problems) {
    var wanted = new EnumMap<IpFamily, IpAddress>(IpFamily.class);
    String text = text(annotations.get(ThresherNames.WANTED_ADDRESSES));
    for (String part : text.split(",", -1)) {
      if (part.isBlank()) {
        continue;
      }
      Optional<IpAddress> address = IpAddress.tryParse(part.strip());
      if (address.isEmpty() || wanted.putIfAbsent(address.get().family(), address.get()) != null) {
        problems.add(
            "annotation "
                + ThresherNames.WANTED_ADDRESSES
                + ": want at most one IPv4 and one IPv6 address, comma separated, got \""
                + text
                + "\"");
        return Map.of();
      }
    }
    return wanted;
  }

  private static List<Port> ports(List<Listener> listeners, List<String> problems) {
    var ports = new ArrayList<Port>();
    for (int i = 0; i < listeners.size(); i++) {
      Listener listener = listeners.get(i);
      int port = requireNonNullElse(listener.getPort(), 0);
      int backendPort = requireNonNullElse(listener.getBackendPort(), 0);
      if (!isPort(port) || !isPort(backendPort)) {
        problems.add(
            "spec.listeners["
                + i
                + "]: want port and backendPort from 1 to 65535, got "
                + port
                + " and "
                + backendPort);
        continue;
      }
      String protocol = text(listener.getProtocol());
      String known = protocol.isEmpty() ? "TCP" : protocol;
      String name = text(listener.getName());
      // A Service with several ports needs a name for each; Harvester's schema does not ask for
      // one.
      if (name.isEmpty() && listeners.size() > 1) {
        name = known.toLowerCase(java.util.Locale.ROOT) + "-" + port;
      }
      ports.add(new Port(name, known, port, backendPort));
    }
    return ports;
  }

  /// The parts of a comma separated annotation.
  private static Stream<String> list(Map<String, String> annotations, String key) {
    return Stream.of(text(annotations.get(key)).split(",", -1))
        .map(String::strip)
        .filter(part -> !part.isEmpty());
  }

  private static boolean isPort(int number) {
    return number >= 1 && number <= 65_535;
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
