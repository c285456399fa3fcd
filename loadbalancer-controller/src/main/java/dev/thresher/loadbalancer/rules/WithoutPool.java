package dev.thresher.loadbalancer.rules;

import static dev.thresher.loadbalancer.rules.Texts.annotation;
import static dev.thresher.loadbalancer.rules.Texts.text;

import dev.thresher.api.loadbalancer.LoadBalancer;
import dev.thresher.api.loadbalancer.LoadBalancerSpec;
import dev.thresher.api.names.ThresherNames;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/// What has no effect with `ipam: dhcp`, which is of IPv4 and of no pool. Said and not refused:
/// Harvester's clients fill in fields that they do not use.
final class WithoutPool {

  private WithoutPool() {}

  static List<String> warnings(LoadBalancer object) {
    if (!Asked.dhcp(object).value()) {
      return List.of();
    }
    LoadBalancerSpec spec = Asked.spec(object);
    String policy = text(spec.getIpFamilyPolicy());
    return Stream.of(
            said("spec.ipFamilyPolicy", policy.endsWith("DualStack") ? policy : ""),
            said("spec.ipPool", text(spec.getIpPool())),
            said("spec.ipv6Pool", text(spec.getIpv6Pool())),
            families(annotation(object, ThresherNames.IP_FAMILIES)),
            annotated(object, ThresherNames.WANTED_ADDRESSES),
            annotated(object, ThresherNames.POOL_SELECTOR))
        .flatMap(Optional::stream)
        .toList();
  }

  private static Optional<String> families(String families) {
    return said(
        Texts.fieldOfAnnotation(ThresherNames.IP_FAMILIES),
        families.contains("IPv6") ? families : "");
  }

  private static Optional<String> annotated(LoadBalancer object, String key) {
    return said(Texts.fieldOfAnnotation(key), annotation(object, key));
  }

  private static Optional<String> said(String field, String value) {
    return value.isBlank()
        ? Optional.empty()
        : Optional.of(
            field
                + ": \""
                + value
                + "\" has no effect with spec.ipam dhcp, which gives one IPv4 address of no pool;"
                + " leave it out");
  }
}
