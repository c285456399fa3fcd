package dev.thresher.loadbalancer.rules;

import static dev.thresher.loadbalancer.rules.Texts.annotation;
import static dev.thresher.loadbalancer.rules.Texts.fieldOfAnnotation;
import static dev.thresher.loadbalancer.rules.Texts.parts;
import static dev.thresher.loadbalancer.rules.Texts.text;

import dev.thresher.api.address.IpAddress;
import dev.thresher.api.address.IpFamily;
import dev.thresher.api.address.IpSubnet;
import dev.thresher.api.labels.LabelSelector;
import dev.thresher.api.loadbalancer.LoadBalancer;
import dev.thresher.api.loadbalancer.LoadBalancerSpec;
import dev.thresher.api.names.DnsLabel;
import dev.thresher.api.names.HarvesterNames;
import dev.thresher.api.names.ThresherNames;
import dev.thresher.loadbalancer.ipam.Families;
import dev.thresher.loadbalancer.ipam.Placement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/// The parts of a `LoadBalancer` that are texts with a grammar of their own.
public final class Asked {

  private static final String VM = "vm";
  private static final String CLUSTER = "cluster";
  private static final String POOL = "pool";
  private static final String DHCP = "dhcp";

  private static final Pattern NETWORK = Pattern.compile("[0-9A-Za-z._-]+(/[0-9A-Za-z._-]+)?");

  /// A day.
  private static final int LONGEST_DRAIN_SECONDS = 86_400;

  private Asked() {}

  static LoadBalancerSpec spec(LoadBalancer object) {
    return Objects.requireNonNullElse(object.getSpec(), new LoadBalancerSpec());
  }

  /// Whether it is for a guest cluster; else the back ends are virtual machines.
  public static Reading<Boolean> guestCluster(LoadBalancer object) {
    return choice("spec.workloadType", text(spec(object).getWorkloadType()), VM, CLUSTER);
  }

  /// Whether the address comes from a DHCP server; else it comes from a pool.
  public static Reading<Boolean> dhcp(LoadBalancer object) {
    return choice("spec.ipam", text(spec(object).getIpam()), POOL, DHCP);
  }

  private static Reading<Boolean> choice(
      String field, String value, String otherwise, String other) {
    return value.isEmpty() || value.equals(otherwise) || value.equals(other)
        ? Reading.good(value.equals(other))
        : Reading.bad(
            false,
            new Violation(
                field, value, otherwise + " or " + other, "leave it out for " + otherwise));
  }

  /// In which families addresses are wanted.
  public static Reading<Families> families(LoadBalancer object) {
    String policy = text(spec(object).getIpFamilyPolicy());
    String annotation = annotation(object, ThresherNames.IP_FAMILIES);
    try {
      return Reading.good(Families.parse(policy, annotation));
    } catch (IllegalArgumentException _) {
      return Reading.bad(new Families.OfThePool(false), familiesViolation(policy, annotation));
    }
  }

  private static Violation familiesViolation(String policy, String annotation) {
    try {
      Families.parse("", annotation);
      return new Violation(
          "spec.ipFamilyPolicy",
          policy,
          "SingleStack, PreferDualStack or RequireDualStack",
          "leave it out for one address in the family of the pool");
    } catch (IllegalArgumentException _) {
      return new Violation(
          fieldOfAnnotation(ThresherNames.IP_FAMILIES),
          annotation,
          "IPv4, IPv6, or both in order with a comma between",
          "leave it out for the family of the pool");
    }
  }

  /// Where the address is held. The annotation wins: it survives writers and hosts that do not know
  /// the field. That of machines is always held on the host.
  public static Reading<Placement> placement(LoadBalancer object) {
    if (!guestCluster(object).value()) {
      return Reading.good(Placement.HOST);
    }
    boolean annotated = Texts.annotations(object).containsKey(ThresherNames.PLACEMENT);
    String asked =
        annotated ? annotation(object, ThresherNames.PLACEMENT) : text(spec(object).getPlacement());
    if (asked.isEmpty()) {
      return Reading.good(Placement.GUEST);
    }
    Optional<Placement> placement = Placement.tryParse(asked);
    return placement
        .map(Reading::good)
        .orElseGet(() ->
            Reading.bad(
                Placement.GUEST,
                new Violation(
                    annotated ? fieldOfAnnotation(ThresherNames.PLACEMENT) : "spec.placement",
                    asked,
                    "guest or host",
                    "leave it out for guest")));
  }

  /// Certain addresses that were asked for; none if that cannot be understood.
  public static Reading<Map<IpFamily, IpAddress>> wanted(LoadBalancer object) {
    String all = annotation(object, ThresherNames.WANTED_ADDRESSES);
    var wanted = new EnumMap<IpFamily, IpAddress>(IpFamily.class);
    for (String part : parts(all).toList()) {
      Optional<IpAddress> address = IpAddress.tryParse(part).filter(IpAddress::isReachable);
      if (address.isEmpty() || wanted.putIfAbsent(address.get().family(), address.get()) != null) {
        return Reading.bad(
            Map.of(),
            new Violation(
                fieldOfAnnotation(ThresherNames.WANTED_ADDRESSES),
                all,
                "at most one IPv4 and one IPv6 address, comma separated, that machines can have",
                "leave it out for any address of the pool"));
      }
    }
    return Reading.good(Map.copyOf(wanted));
  }

  /// The pools that are named by their labels; empty if none are.
  public static Reading<Optional<LabelSelector>> poolSelector(LoadBalancer object) {
    String text = annotation(object, ThresherNames.POOL_SELECTOR);
    if (text.isBlank()) {
      return Reading.good(Optional.empty());
    }
    Optional<LabelSelector> selector = LabelSelector.tryParse(text);
    return selector.isPresent()
        ? Reading.good(selector)
        : Reading.bad(
            selector,
            new Violation(
                fieldOfAnnotation(ThresherNames.POOL_SELECTOR),
                text,
                "a label selector such as tier=gold,zone in (a,b)",
                "correct it, or leave it out to have a pool chosen by its scopes"));
  }

  /// The group of load balancers of the namespace that have one address together; empty for none.
  public static Reading<String> shareGroup(LoadBalancer object) {
    String group = annotation(object, ThresherNames.SHARE_GROUP);
    return group.isEmpty() || DnsLabel.is(group)
        ? Reading.good(group)
        : Reading.bad(
            "",
            new Violation(
                fieldOfAnnotation(ThresherNames.SHARE_GROUP),
                group,
                "at most 63 lower case letters, digits and hyphens",
                "leave it out for an address of its own"));
  }

  /// Who may come, as subnets; empty for everybody.
  public static Reading<List<String>> sourceRanges(LoadBalancer object) {
    var good = new ArrayList<String>();
    var violations = new ArrayList<Violation>();
    parts(annotation(object, ThresherNames.SOURCE_RANGES))
        .forEach(part -> {
          if (IpSubnet.tryParse(part).isPresent()) {
            good.add(part);
          } else {
            violations.add(
                new Violation(
                    fieldOfAnnotation(ThresherNames.SOURCE_RANGES),
                    part,
                    "CIDRs such as 192.0.2.0/24 or 2001:db8::/64, comma separated",
                    "correct or remove this one"));
          }
        });
    return new Reading<>(good, violations);
  }

  /// Where back ends answer, if that is said.
  public static Reading<Set<IpAddress>> backendAddresses(LoadBalancer object) {
    var good = new LinkedHashSet<IpAddress>();
    var violations = new ArrayList<Violation>();
    parts(annotation(object, ThresherNames.BACKEND_ADDRESSES))
        .forEach(part -> {
          Optional<IpAddress> address = IpAddress.tryParse(part).filter(IpAddress::isReachable);
          address.ifPresent(good::add);
          if (address.isEmpty()) {
            violations.add(
                new Violation(
                    fieldOfAnnotation(ThresherNames.BACKEND_ADDRESSES),
                    part,
                    "IPv4 and IPv6 addresses of machines, comma separated: none that is unspecified,"
                        + " loopback, link-local, multicast or broadcast",
                    "correct or remove this one"));
          }
        });
    return new Reading<>(Set.copyOf(good), violations);
  }

  /// The back ends that the object named one by one as `v1alpha1`, as long as its selector is the
  /// one that was made of them: whoever writes another one means that one.
  public static Set<IpAddress> namedBackends(LoadBalancer object) {
    Map<String, List<String>> selector = spec(object).getBackendServerSelector();
    if (!selector.keySet().equals(Set.of(HarvesterNames.VM_NAME_LABEL))) {
      return Set.of();
    }
    String list = annotation(object, ThresherNames.V1ALPHA1_BACKENDS);
    var named = new LinkedHashSet<IpAddress>();
    for (String part : list.replaceAll("[\\[\\]\"\\s]", "").split(",", -1)) {
      IpAddress.tryParse(part).filter(IpAddress::isReachable).ifPresent(named::add);
    }
    return Set.copyOf(named);
  }

  /// Whether a client stays with the back end that it had; empty if nothing is said.
  public static Reading<Optional<Affinity>> affinity(LoadBalancer object) {
    String said = text(spec(object).getSessionAffinity());
    int seconds =
        Objects.requireNonNullElse(
            spec(object).getSessionAffinitySeconds(), Affinity.DEFAULT_SECONDS);
    if (seconds < 1 || seconds > Affinity.LONGEST_SECONDS) {
      return Reading.bad(
          Optional.empty(),
          new Violation(
              "spec.sessionAffinitySeconds",
              Integer.toString(seconds),
              "a number from 1 to " + Affinity.LONGEST_SECONDS,
              "leave it out for " + Affinity.DEFAULT_SECONDS));
    }
    return switch (said) {
      case "" -> Reading.good(Optional.empty());
      case "None" -> Reading.good(Optional.of(Affinity.NONE));
      case "ClientIP" -> Reading.good(Optional.of(new Affinity(seconds)));
      default ->
          Reading.bad(
              Optional.empty(),
              new Violation(
                  "spec.sessionAffinity",
                  said,
                  "None or ClientIP",
                  "leave it out for the host Service's own"));
    };
  }

  /// At which network of the machines traffic arrives; empty for the first that has an address.
  public static Reading<String> backendNetwork(LoadBalancer object) {
    String said = text(spec(object).getBackendNetwork());
    return said.isEmpty() || NETWORK.matcher(said).matches()
        ? Reading.good(said)
        : Reading.bad(
            "",
            new Violation(
                "spec.backendNetwork",
                said,
                "the name of a network of the machines, or namespace/name of a"
                    + " NetworkAttachmentDefinition",
                "leave it out for the first network that has an address"));
  }

  /// How long a machine that the selector no longer matches serves the clients it has.
  public static Reading<Duration> drain(LoadBalancer object) {
    int seconds = Objects.requireNonNullElse(spec(object).getDrainSeconds(), 0);
    return seconds >= 0 && seconds <= LONGEST_DRAIN_SECONDS
        ? Reading.good(Duration.ofSeconds(seconds))
        : Reading.bad(
            Duration.ZERO,
            new Violation(
                "spec.drainSeconds",
                Integer.toString(seconds),
                "a number from 0 to " + LONGEST_DRAIN_SECONDS,
                "leave it out for 0"));
  }

  /// The network that a pool must be of.
  static Reading<String> network(LoadBalancer object) {
    String network = annotation(object, HarvesterNames.LB_REQUIRED_NETWORK);
    return isNetwork(network)
        ? Reading.good(network)
        : Reading.bad(
            network,
            new Violation(
                fieldOfAnnotation(HarvesterNames.LB_REQUIRED_NETWORK),
                network,
                "a NetworkAttachmentDefinition as namespace/name",
                "leave it out for the management network"));
  }

  /// Whether the text is empty or `namespace/name`.
  static boolean isNetwork(String text) {
    int slash = text.indexOf('/');
    return text.isEmpty()
        || (slash > 0 && slash < text.length() - 1 && text.indexOf('/', slash + 1) < 0);
  }
}
