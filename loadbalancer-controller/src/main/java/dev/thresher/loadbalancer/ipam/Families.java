package dev.thresher.loadbalancer.ipam;

import dev.thresher.api.address.IpFamily;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// In which families a load balancer wants addresses.
public sealed interface Families {

  /// One address, in the family of the pool that is chosen.
  ///
  /// @param exclusive whether of two addresses the second is given back; only if one was asked for,
  ///   since a field that vanished must move nothing
  record OfThePool(boolean exclusive) implements Families {}

  /// Addresses in these families, the first one first.
  ///
  /// @param all whether each of them is required; else one suffices
  /// @param exclusive whether an address of another family is given back; only if the families were
  ///   named, since a field that vanished must move nothing
  record These(List<IpFamily> order, boolean all, boolean exclusive) implements Families {
    public These {
      order = List.copyOf(order);
    }
  }

  /// Reads `spec.ipFamilyPolicy` and the annotation `thresher.dev/ip-families`.
  ///
  /// @throws IllegalArgumentException naming what is wrong
  static Families parse(String policy, String annotation) {
    List<IpFamily> named = new ArrayList<>();
    for (String part : annotation.split(",", -1)) {
      if (!part.isBlank()) {
        named.add(IpFamily.parse(part.strip()));
      }
    }
    if (named.size() > 2 || (named.size() == 2 && named.get(0) == named.get(1))) {
      throw new IllegalArgumentException(
          "want one family or two different ones, got \"" + annotation + "\"");
    }
    Optional<IpFamily> first = named.stream().findFirst();
    List<IpFamily> both =
        named.size() == 2
            ? named
            : List.of(first.orElse(IpFamily.IPV4), first.orElse(IpFamily.IPV4).other());
    return switch (policy) {
      case "RequireDualStack" -> new These(both, true, false);
      case "PreferDualStack" -> new These(both, false, false);
      // Without a policy two named families are what the survivor of a pruned field says.
      case "" ->
          switch (named.size()) {
            case 0 -> new OfThePool(false);
            case 1 -> new These(named, true, true);
            default -> new These(named, false, false);
          };
      case "SingleStack" ->
          named.isEmpty() ? new OfThePool(true) : new These(List.of(named.get(0)), true, true);
      default ->
          throw new IllegalArgumentException(
              "want SingleStack, PreferDualStack or RequireDualStack, got \"" + policy + "\"");
    };
  }
}
