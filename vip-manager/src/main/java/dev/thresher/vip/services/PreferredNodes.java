package dev.thresher.vip.services;

import dev.thresher.api.names.OwnershipNames;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/// The nodes that a Service prefers, read from its annotation. A list that has a mistake is not
/// followed in part: which part was meant is not known.
///
/// @param nodes the first one first; empty: none is preferred
/// @param refusal why the annotation is not followed
record PreferredNodes(List<String> nodes, Optional<Refusal> refusal) {

  private static final String FIELD =
      "metadata.annotations[" + OwnershipNames.PREFERRED_NODES + "]";

  private static final String FIX =
      "Write names of nodes as kubectl get nodes shows them, comma separated, the one that should"
          + " hold the address first";

  /// RFC 1123, as the API server checks the name of a Node.
  private static final Pattern NAME =
      Pattern.compile(
          "(?=.{1,253}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*");

  static PreferredNodes in(Map<String, String> annotations) {
    String value = Objects.requireNonNullElse(annotations.get(OwnershipNames.PREFERRED_NODES), "");
    Set<String> nodes = new LinkedHashSet<>();
    for (String part : value.isBlank() ? new String[0] : value.split(",", -1)) {
      String name = part.strip();
      if (!NAME.matcher(name).matches()) {
        return refused(value, "has \"" + name + "\", which cannot be the name of a node");
      }
      nodes.add(name);
    }
    return new PreferredNodes(List.copyOf(nodes), Optional.empty());
  }

  private static PreferredNodes refused(String value, String problem) {
    return new PreferredNodes(List.of(), Optional.of(new Refusal(FIELD, value, problem, FIX)));
  }

  /// Where the right knows no other node, a preference cannot be followed.
  static Refusal withoutOthers(List<String> nodes) {
    return new Refusal(
        FIELD,
        String.join(",", nodes),
        "has no effect with profile compatible: kube-vip's Leases say who holds an address, whatever"
            + " is preferred",
        "Use profile full, or remove it");
  }
}
