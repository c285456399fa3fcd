package dev.thresher.vip.services;

import com.google.common.net.InetAddresses;
import dev.thresher.api.ObjectKey;
import dev.thresher.api.names.KubeVipNames;
import dev.thresher.vip.kubevip.LeaseNames;
import io.kubernetes.client.openapi.models.V1LoadBalancerIngress;
import io.kubernetes.client.openapi.models.V1Service;
import io.kubernetes.client.openapi.models.V1ServiceSpec;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/// What a Service asks for: a pure function of the object and the rules.
///
/// Addresses come from the annotation `kube-vip.io/loadbalancerIPs`, else from the status unless
/// `spec.loadBalancerIP` names another, else from `spec.loadBalancerIP`: the order of kube-vip.
public final class ServiceReader {

  private static final String ADDRESSES_FIELD =
      "metadata.annotations[" + KubeVipNames.LOAD_BALANCER_IPS + "]";

  private static final String STATUS_FIELD = "status.loadBalancer.ingress";
  private static final String SPEC_FIELD = "spec.loadBalancerIP";

  private ServiceReader() {}

  /// True if an address was refused, and not some other wish.
  static boolean concernsAnAddress(Refusal refusal) {
    return List.of(ADDRESSES_FIELD, STATUS_FIELD, SPEC_FIELD).contains(refusal.field());
  }

  /// True if what was refused is a wish that kube-vip's Leases fulfil, and the other rights do not.
  static boolean concernsALease(Refusal refusal) {
    return Stream.of(KubeVipNames.LEASE_NAME, KubeVipNames.FORCE_PER_SERVICE_ELECTION)
        .anyMatch(name -> refusal.field().equals("metadata.annotations[" + name + "]"));
  }

  private record Source(String field, List<String> texts) {}

  public static ServiceReading read(V1Service service, ClassPolicy classes, AddressRules rules) {
    ObjectKey key = ObjectKey.of(service);
    V1ServiceSpec spec = service.getSpec();
    Map<String, String> annotations =
        service.getMetadata().getAnnotations() == null
            ? Map.of()
            : service.getMetadata().getAnnotations();
    if (spec == null || !"LoadBalancer".equals(spec.getType())) {
      return new ServiceReading.NotOurs(key, "not of type LoadBalancer");
    }
    if (service.getMetadata().getDeletionTimestamp() != null) {
      return new ServiceReading.NotOurs(key, "being deleted");
    }
    if (isIgnored(service)) {
      return new ServiceReading.NotOurs(key, KubeVipNames.IGNORE + " is set");
    }
    if (!classes.serves(spec.getLoadBalancerClass())) {
      return new ServiceReading.NotOurs(
          key, "of loadBalancerClass " + spec.getLoadBalancerClass(), true);
    }
    UnsupportedAnnotations.Found unsupported = UnsupportedAnnotations.in(annotations);
    if (unsupported.refused()) {
      return ServiceReading.Nothing.of(service, unsupported.refusals());
    }
    Source source = source(service, spec, annotations);
    List<Refusal> refusals = new ArrayList<>(unsupported.refusals());
    Set<InetAddress> addresses = new LinkedHashSet<>();
    for (String text : source.texts()) {
      switch (rules.read(key, source.field(), text, address -> has(service, address))) {
        case AddressRules.Result.Read(var address) -> addresses.add(address);
        case AddressRules.Result.Refused(var refusal) -> refusals.add(refusal);
      }
    }
    if (addresses.isEmpty()) {
      return ServiceReading.Nothing.of(service, refusals);
    }
    PreferredNodes preferred = PreferredNodes.in(annotations);
    preferred.refusal().ifPresent(refusals::add);
    String lease = lease(key, annotations.getOrDefault(KubeVipNames.LEASE_NAME, ""), refusals);
    return new ServiceReading.Asks(
        key,
        List.copyOf(addresses),
        annotations.getOrDefault(KubeVipNames.SERVICE_INTERFACE, "").strip(),
        "Local".equals(spec.getExternalTrafficPolicy()),
        !"true".equals(annotations.get(KubeVipNames.ALLOW_RECONCILE_WITHOUT_ENDPOINTS)),
        preferred.nodes(),
        refusals,
        lease);
  }

  /// Whoever is held together with others can keep them from a node or from all: by an interface
  /// that is nowhere, say. So no Service may join those of another namespace.
  private static String lease(ObjectKey key, String text, List<Refusal> refusals) {
    String bare = text.strip();
    if (bare.isEmpty() || bare.equals("false")) {
      return "";
    }
    ObjectKey place = LeaseNames.place(bare, key.namespace());
    if (!place.namespace().equals(key.namespace())) {
      refusals.add(
          new Refusal(
              "metadata.annotations[" + KubeVipNames.LEASE_NAME + "]",
              text,
              "is in another namespace: with profile full Services of one namespace share a holder,"
                  + " and this one has its own",
              "Name a lease without a namespace"));
      return "";
    }
    return place.name();
  }

  /// Whether a Service is to be left alone though it would be ours.
  static boolean isIgnored(V1Service service) {
    Map<String, String> annotations = service.getMetadata().getAnnotations();
    return annotations != null && "true".equals(annotations.get(KubeVipNames.IGNORE));
  }

  /// Whether the status alone says which addresses a Service asks for: who takes one out of it
  /// makes the Service forget it.
  static boolean restsOnStatus(V1Service service) {
    V1ServiceSpec spec = service.getSpec();
    Source source = source(service);
    if (spec == null || !source.field().equals(STATUS_FIELD)) {
      return false;
    }
    List<InetAddress> written =
        split(Objects.requireNonNullElse(spec.getLoadBalancerIP(), "")).stream()
            .flatMap(ServiceReader::parsed)
            .toList();
    return !source.texts().stream().flatMap(ServiceReader::parsed).allMatch(written::contains);
  }

  /// The addresses that a Service of type LoadBalancer names, whether it may have them or not.
  static List<InetAddress> named(V1Service service) {
    return service.getSpec() == null || !"LoadBalancer".equals(service.getSpec().getType())
        ? List.of()
        : source(service).texts().stream().flatMap(ServiceReader::parsed).distinct().toList();
  }

  /// The address that was refused, if it was one.
  static Optional<InetAddress> refusedAddress(Refusal refusal) {
    return concernsAnAddress(refusal)
        ? parsed(refusal.value().strip()).findFirst()
        : Optional.empty();
  }

  /// A refusal of an address that a Service asks for.
  static Refusal refusal(V1Service service, InetAddress address, String problem, String fix) {
    return new Refusal(source(service).field(), InetAddresses.toAddrString(address), problem, fix);
  }

  private static Source source(V1Service service) {
    Map<String, String> annotations = service.getMetadata().getAnnotations();
    return service.getSpec() == null
        ? new Source(SPEC_FIELD, List.of())
        : source(service, service.getSpec(), annotations == null ? Map.of() : annotations);
  }

  private static Source source(
      V1Service service, V1ServiceSpec spec, Map<String, String> annotations) {
    String annotation = annotations.get(KubeVipNames.LOAD_BALANCER_IPS);
    if (annotation != null) {
      return new Source(ADDRESSES_FIELD, split(annotation));
    }
    String wanted = Objects.requireNonNullElse(spec.getLoadBalancerIP(), "");
    List<String> shown = shown(service);
    if (!shown.isEmpty() && (wanted.isEmpty() || isAmong(shown, wanted))) {
      return new Source(STATUS_FIELD, shown);
    }
    return new Source(SPEC_FIELD, split(wanted));
  }

  /// The addresses that the status shows.
  static List<String> shown(V1Service service) {
    if (service.getStatus() == null
        || service.getStatus().getLoadBalancer() == null
        || service.getStatus().getLoadBalancer().getIngress() == null) {
      return List.of();
    }
    return service.getStatus().getLoadBalancer().getIngress().stream()
        .map(V1LoadBalancerIngress::getIp)
        .filter(Objects::nonNull)
        .toList();
  }

  /// Whether the status shows the address.
  static boolean has(V1Service service, InetAddress address) {
    return shown(service).stream().flatMap(ServiceReader::parsed).anyMatch(address::equals);
  }

  /// An IPv6 address has several spellings.
  private static boolean isAmong(List<String> texts, String text) {
    return parsed(text.strip())
        .anyMatch(
            address -> texts.stream().flatMap(ServiceReader::parsed).anyMatch(address::equals));
  }

  private static Stream<InetAddress> parsed(String text) {
    return InetAddresses.isInetAddress(text)
        ? Stream.of(InetAddresses.forString(text))
        : Stream.empty();
  }

  private static List<String> split(String list) {
    List<String> texts = new ArrayList<>();
    for (String part : list.split(",", -1)) {
      if (!part.isBlank()) {
        texts.add(part.strip());
      }
    }
    return texts;
  }
}
