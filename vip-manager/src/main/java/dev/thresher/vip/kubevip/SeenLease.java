package dev.thresher.vip.kubevip;

import dev.thresher.api.names.ThresherNames;
import io.kubernetes.client.openapi.models.V1Lease;
import io.kubernetes.client.openapi.models.V1LeaseSpec;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;

/// One of kube-vip's Leases as it was read.
///
/// @param version `resourceVersion`; compared for equality only
/// @param holder name of the node, empty if it was released
/// @param duration for which its holder has it after each renewal
/// @param transitions how often it changed hands
/// @param emptyHanded whether the last holder had fallen silent before it released the Lease:
///   kube-vip releases first and takes its address off the interface then
record SeenLease(
    String version, String holder, Duration duration, int transitions, boolean emptyHanded) {

  /// Annotation with the number of transitions at which it was released by one that answered no
  /// more.
  static final String RELEASED = ThresherNames.PREFIX + "vip-released";

  static SeenLease of(V1Lease lease) {
    V1LeaseSpec spec = lease.getSpec() == null ? new V1LeaseSpec() : lease.getSpec();
    Map<String, String> annotations =
        lease.getMetadata().getAnnotations() == null
            ? Map.of()
            : lease.getMetadata().getAnnotations();
    int transitions = Objects.requireNonNullElse(spec.getLeaseTransitions(), 0);
    String holder = Objects.requireNonNullElse(spec.getHolderIdentity(), "");
    return new SeenLease(
        Objects.requireNonNullElse(lease.getMetadata().getResourceVersion(), ""),
        holder,
        Duration.ofSeconds(Objects.requireNonNullElse(spec.getLeaseDurationSeconds(), 0)),
        transitions,
        holder.isEmpty() && String.valueOf(transitions).equals(annotations.get(RELEASED)));
  }

  boolean isFree() {
    return holder.isEmpty();
  }
}
