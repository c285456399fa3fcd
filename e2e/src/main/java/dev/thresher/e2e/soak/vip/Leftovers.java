package dev.thresher.e2e.soak.vip;

import dev.thresher.e2e.lab.Machine;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/// What a vip-manager that has ended left in the kernel of its node: tables of its own, and
/// devices, addresses, rules and routes beside the main table that were not there before the first
/// one ran.
final class Leftovers {

  private static final String OURS = "thresher";

  private final Map<String, Set<String>> before = new HashMap<>();

  /// @param nodes on which no vip-manager has run yet
  Leftovers(List<Machine> nodes) {
    nodes.forEach(node -> before.put(node.name(), kernel(node)));
  }

  /// One line each. No vip-manager may run on the node.
  List<String> of(Machine node) {
    Set<String> left = kernel(node);
    left.removeAll(before.getOrDefault(node.name(), Set.of()));
    return left.stream().map(line -> node.name() + ": " + line).toList();
  }

  private static Set<String> kernel(Machine node) {
    var lines = new TreeSet<String>();
    // Those of the service proxy come and go.
    lines.addAll(run(node, "nft list tables").filter(line -> line.contains(OURS)).toList());
    lines.addAll(run(node, "ip -br link").map(line -> "device " + word(line, 0)).toList());
    lines.addAll(
        run(node, "ip -o address")
            .map(line -> "address " + word(line, 3) + " on " + word(line, 1))
            .toList());
    for (String family : List.of("-4", "-6")) {
      lines.addAll(run(node, "ip " + family + " rule").map(line -> "rule " + line).toList());
      lines.addAll(
          run(node, "ip " + family + " route show table all")
              .filter(Leftovers::isBesideTheMainTable)
              .map(line -> "route " + line)
              .toList());
    }
    return lines;
  }

  /// The kernel itself fills the local table by the addresses that there are.
  static boolean isBesideTheMainTable(String route) {
    return route.contains(" table ") && !route.contains(" table local ");
  }

  private static String word(String line, int number) {
    return line.split("\\s+", -1)[number];
  }

  private static Stream<String> run(Machine node, String command) {
    return node.namespace().run(List.of(command.split(" ", -1))).lines().map(String::strip);
  }
}
