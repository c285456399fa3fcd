package dev.thresher.loadbalancer.rules;

import static java.util.Objects.requireNonNullElse;

import dev.thresher.api.address.IpAddress;
import dev.thresher.api.loadbalancer.IPPool;
import dev.thresher.api.loadbalancer.IPPoolSpec;
import dev.thresher.api.loadbalancer.IPPoolStatus;
import dev.thresher.api.loadbalancer.PoolSelector;
import dev.thresher.api.names.HarvesterNames;
import dev.thresher.loadbalancer.ipam.InvalidRange;
import dev.thresher.loadbalancer.ipam.Pool;
import dev.thresher.loadbalancer.ipam.PoolProjection;
import dev.thresher.loadbalancer.ipam.PoolRange;
import dev.thresher.loadbalancer.ipam.PoolScope;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// An `IPPool` object as the allocation sees it.
public sealed interface PoolReading {

  /// A pool that can be used.
  record Usable(Pool pool) implements PoolReading {}

  /// A pool that says something impossible. Nothing is given from it, and nothing that it gave is
  /// taken back.
  ///
  /// @param violation what is impossible
  record Broken(String name, Violation violation) implements PoolReading {
    /// Field, value, what is wanted and what to do.
    public String problem() {
      return violation.message();
    }
  }

  /// The pool, if it can be used.
  default Optional<Pool> usable() {
    return switch (this) {
      case Usable(Pool pool) -> Optional.of(pool);
      case Broken _ -> Optional.empty();
    };
  }

  static PoolReading of(IPPool object) {
    String name = object.getMetadata().getName();
    IPPoolSpec spec = requireNonNullElse(object.getSpec(), new IPPoolSpec());
    if (spec.getRanges().isEmpty()) {
      return new Broken(
          name,
          new Violation("spec.ranges", "[]", "at least one range", "add one with its subnet"));
    }
    List<PoolRange> ranges = new ArrayList<>();
    for (int i = 0; i < spec.getRanges().size(); i++) {
      var range = spec.getRanges().get(i);
      try {
        ranges.add(
            PoolRange.parse(
                "spec.ranges[" + i + "]",
                text(range.getSubnet()),
                text(range.getRangeStart()),
                text(range.getRangeEnd()),
                text(range.getGateway()),
                range.getExclude()));
      } catch (InvalidRange e) {
        return new Broken(
            name, new Violation(e.field(), e.value(), e.wanted(), "correct this field"));
      }
    }
    PoolSelector selector = requireNonNullElse(spec.getSelector(), new PoolSelector());
    return new Usable(
        new Pool(
            name,
            text(selector.getNetwork()),
            selector.getPriority() == null ? 0 : selector.getPriority(),
            scopes(object),
            ranges,
            labels(object),
            Tenancy.reservations(object).value(),
            Tenancy.quotas(object).value()));
  }

  /// Who may take from the pool.
  static List<PoolScope> scopes(IPPool object) {
    if (object.getSpec() == null || object.getSpec().getSelector() == null) {
      return List.of();
    }
    return object.getSpec().getSelector().getScope().stream()
        .map(scope ->
            new PoolScope(
                text(scope.getProject()),
                text(scope.getNamespace()),
                text(scope.getGuestCluster())))
        .toList();
  }

  /// `project/namespace/cluster`, for messages.
  static String text(PoolScope scope) {
    return scope.project() + "/" + scope.namespace() + "/" + scope.guestCluster();
  }

  /// Whether the annotation that frees an entry by hand can be understood, or is absent.
  static boolean isReleaseByHand(IPPool object) {
    return Texts.annotation(object, HarvesterNames.MANUALLY_RELEASE_IP).isBlank()
        || freedByHand(object).values().stream().anyMatch(owner -> owner.contains("/"));
  }

  /// The command that frees an entry. The annotation holds one: the next one takes its place.
  static String releaseCommand(String pool, IpAddress address, String owner) {
    return "kubectl annotate --overwrite ippool "
        + pool
        + " '"
        + HarvesterNames.MANUALLY_RELEASE_IP
        + "="
        + address
        + ": "
        + owner
        + "'";
  }

  /// What the pool's status says now.
  static PoolProjection.Standing standing(IPPool object) {
    IPPoolStatus status = requireNonNullElse(object.getStatus(), new IPPoolStatus());
    return new PoolProjection.Standing(
        text(status.getLastAllocated()), status.getAllocated(), status.getAllocatedHistory());
  }

  /// Where the pool's status says that allocation stands.
  static Optional<IpAddress> lastAllocated(IPPool object) {
    IPPoolStatus status = requireNonNullElse(object.getStatus(), new IPPoolStatus());
    return IpAddress.tryParse(text(status.getLastAllocated()));
  }

  /// Entries that a person frees by the annotation `loadbalancer.harvesterhci.io/manuallyReleaseIP:
  /// "<address>: <namespace>/<load balancer>"`.
  static Map<String, String> freedByHand(IPPool object) {
    Map<String, String> annotations = object.getMetadata().getAnnotations();
    String text =
        annotations == null
            ? ""
            : requireNonNullElse(annotations.get(HarvesterNames.MANUALLY_RELEASE_IP), "");
    // An IPv6 address has colons itself; the owner never has one.
    int colon = text.lastIndexOf(':');
    if (colon < 0) {
      return Map.of();
    }
    return IpAddress.tryParse(text.substring(0, colon).strip())
        .map(address -> Map.of(address.toString(), text.substring(colon + 1).strip()))
        .orElse(Map.of());
  }

  private static Map<String, String> labels(IPPool object) {
    Map<String, String> labels = object.getMetadata().getLabels();
    return labels == null ? Map.of() : labels;
  }

  private static String text(@Nullable String value) {
    return value == null ? "" : value;
  }
}
