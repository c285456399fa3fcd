package dev.thresher.ccm.controllers.service;

import io.kubernetes.client.openapi.models.V1Service;
import io.kubernetes.client.openapi.models.V1ServicePort;
import io.kubernetes.client.openapi.models.V1ServiceSpec;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Which changes of a Service matter to its balancer.
///
/// The matrix is that of `needsUpdate` in kubernetes/cloud-provider, field by field: labels,
/// selector, cluster IPs, family policy, internal traffic policy, status and finalizers do not
/// matter; the order within lists does.
public final class ServiceChanges {

  private ServiceChanges() {}

  /// What differs.
  public enum Field {
    WANTED,
    UID,
    SOURCE_RANGES,
    PORTS,
    SESSION_AFFINITY,
    LOAD_BALANCER_IP,
    EXTERNAL_IPS,
    ANNOTATIONS,
    EXTERNAL_TRAFFIC_POLICY,
    HEALTH_CHECK_NODE_PORT,
    IP_FAMILIES
  }

  public static boolean needsUpdate(V1Service before, V1Service after) {
    return !between(before, after).isEmpty();
  }

  /// The fields that matter and differ. Only [Field#WANTED] if one of the two is to have a balancer
  /// and the other is not; none if neither is.
  public static Set<Field> between(V1Service before, V1Service after) {
    boolean wantedBefore = Stance.wants(before);
    boolean wantedAfter = Stance.wants(after);
    if (!wantedBefore && !wantedAfter) {
      return EnumSet.noneOf(Field.class);
    }
    if (wantedBefore != wantedAfter) {
      return EnumSet.of(Field.WANTED);
    }
    V1ServiceSpec old = Objects.requireNonNull(before.getSpec());
    V1ServiceSpec now = Objects.requireNonNull(after.getSpec());
    Set<Field> fields = EnumSet.noneOf(Field.class);
    note(fields, Field.UID, before.getMetadata().getUid(), after.getMetadata().getUid());
    note(
        fields,
        Field.SOURCE_RANGES,
        list(old.getLoadBalancerSourceRanges()),
        list(now.getLoadBalancerSourceRanges()));
    note(fields, Field.PORTS, ports(old), ports(now));
    note(fields, Field.SESSION_AFFINITY, old.getSessionAffinity(), now.getSessionAffinity());
    note(
        fields,
        Field.SESSION_AFFINITY,
        old.getSessionAffinityConfig(),
        now.getSessionAffinityConfig());
    note(
        fields,
        Field.LOAD_BALANCER_IP,
        text(old.getLoadBalancerIP()),
        text(now.getLoadBalancerIP()));
    note(fields, Field.EXTERNAL_IPS, list(old.getExternalIPs()), list(now.getExternalIPs()));
    note(
        fields,
        Field.ANNOTATIONS,
        map(before.getMetadata().getAnnotations()),
        map(after.getMetadata().getAnnotations()));
    note(
        fields,
        Field.EXTERNAL_TRAFFIC_POLICY,
        text(old.getExternalTrafficPolicy()),
        text(now.getExternalTrafficPolicy()));
    note(
        fields,
        Field.HEALTH_CHECK_NODE_PORT,
        number(old.getHealthCheckNodePort()),
        number(now.getHealthCheckNodePort()));
    note(
        fields,
        Field.IP_FAMILIES,
        list(old.getIpFamilies()).size(),
        list(now.getIpFamilies()).size());
    return fields;
  }

  /// The part of a port that matters. An application protocol that is absent differs from any
  /// other; for the rest, absent and zero are one.
  private record Port(
      String name,
      String protocol,
      int port,
      int nodePort,
      @Nullable Object targetPort,
      @Nullable String appProtocol) {

    private static Port of(V1ServicePort port) {
      return new Port(
          text(port.getName()),
          text(port.getProtocol()),
          number(port.getPort()),
          number(port.getNodePort()),
          port.getTargetPort(),
          port.getAppProtocol());
    }
  }

  private static List<Port> ports(V1ServiceSpec spec) {
    return list(spec.getPorts()).stream().map(Port::of).toList();
  }

  private static void note(
      Set<Field> fields, Field field, @Nullable Object before, @Nullable Object after) {
    if (!Objects.equals(before, after)) {
      fields.add(field);
    }
  }

  private static <T> List<T> list(@Nullable List<T> list) {
    return list == null ? List.of() : list;
  }

  private static Map<String, String> map(@Nullable Map<String, String> map) {
    return map == null ? Map.of() : map;
  }

  private static String text(@Nullable String text) {
    return text == null ? "" : text;
  }

  private static int number(@Nullable Integer number) {
    return number == null ? 0 : number;
  }
}
