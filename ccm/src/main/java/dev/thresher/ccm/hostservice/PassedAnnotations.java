package dev.thresher.ccm.hostservice;

import dev.thresher.api.names.KubeVipNames;
import dev.thresher.api.names.KubernetesNames;
import dev.thresher.api.names.ThresherNames;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/// Which annotations of a guest Service its host Service gets.
///
/// Those that begin with a prefix from the settings. Never what only says something about the
/// guest's own object: what `kubectl apply` remembers, what VIP managers write back, and our own.
/// The keys that were handed on are recorded, so that one that goes from the guest goes from the
/// host, and one that somebody on the host wrote stays.
final class PassedAnnotations {

  private static final Set<String> NEVER =
      Set.of(
          KubernetesNames.LAST_APPLIED,
          // Read from the guest's annotation into spec.loadBalancerSourceRanges.
          KubernetesNames.SOURCE_RANGES,
          KubeVipNames.IGNORE,
          KubeVipNames.VIP_HOST,
          KubeVipNames.ACTIVE_ENDPOINT,
          KubeVipNames.ACTIVE_ENDPOINT_IPV6);

  private PassedAnnotations() {}

  static Map<String, String> of(Map<String, String> guest, List<String> prefixes) {
    Map<String, String> passed = new TreeMap<>();
    guest.forEach((key, value) -> {
      boolean wanted =
          prefixes.stream().anyMatch(prefix -> prefix.equals("*") || key.startsWith(prefix));
      if (wanted && !NEVER.contains(key) && !key.startsWith(ThresherNames.PREFIX)) {
        passed.put(key, value);
      }
    });
    return passed;
  }

  /// The annotations that hand these on and record that, on top of what is there.
  ///
  /// @param seen annotations of the host Service
  /// @return changes only; an empty value takes the key away
  static Map<String, Optional<String>> changes(
      Map<String, String> passed, Map<String, String> seen) {
    Map<String, Optional<String>> changes = new TreeMap<>();
    for (String key : recorded(seen)) {
      if (!passed.containsKey(key) && seen.containsKey(key)) {
        changes.put(key, Optional.empty());
      }
    }
    passed.forEach((key, value) -> {
      if (!value.equals(seen.get(key))) {
        changes.put(key, Optional.of(value));
      }
    });
    String record = String.join(",", new TreeSet<>(passed.keySet()));
    String before = seen.getOrDefault(ThresherNames.PASSED_ANNOTATIONS, "");
    if (!record.equals(before)) {
      changes.put(
          ThresherNames.PASSED_ANNOTATIONS,
          record.isEmpty() ? Optional.empty() : Optional.of(record));
    }
    return changes;
  }

  private static List<String> recorded(Map<String, String> seen) {
    return Arrays.stream(seen.getOrDefault(ThresherNames.PASSED_ANNOTATIONS, "").split(","))
        .filter(key -> !key.isEmpty())
        .toList();
  }
}
