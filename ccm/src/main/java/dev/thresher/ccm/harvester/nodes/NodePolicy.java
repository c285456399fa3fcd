package dev.thresher.ccm.harvester.nodes;

import dev.thresher.api.labels.LabelSelector;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/// How Nodes are looked after.
///
/// @param addresses which addresses they report
/// @param selector `--node-selector`: which Nodes are looked after at all
/// @param labelsFrom `--node-labels-from`: keys of labels that Nodes take from their machines
/// @param followsMachines without `--disable-vmi-controller`: zone, region and labels of a Node in
///   service follow its machine
/// @param asksAgents without `--disable-hostname-lookup` and `--disable-vmi-controller`: the guest
///   agents are asked for the host names of guests when no machine fits a Node otherwise
public record NodePolicy(
    NodeAddressPolicy addresses,
    LabelSelector selector,
    List<String> labelsFrom,
    boolean followsMachines,
    boolean asksAgents) {

  public static final NodePolicy DEFAULT =
      new NodePolicy(NodeAddressPolicy.DEFAULT, LabelSelector.ALL, List.of(), true, true);

  private static final Pattern KEY =
      Pattern.compile(
          "([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?");
  private static final Pattern RESERVED = Pattern.compile("^([^/]*\\.)?(kubernetes|k8s)\\.io/");

  public NodePolicy {
    labelsFrom = List.copyOf(labelsFrom);
  }

  /// Reads a label selector; empty selects everything.
  ///
  /// @throws IllegalArgumentException if it is none
  public static LabelSelector parseSelector(String flag, String text) {
    if (text.isBlank()) {
      return LabelSelector.ALL;
    }
    return LabelSelector.tryParse(text)
        .orElseThrow(() ->
            new IllegalArgumentException(
                flag
                    + " is \""
                    + text
                    + "\"; want a label selector such as \"pool in (a,b),!example.com/metal\""));
  }

  /// Reads a list of label keys; empty items are left out.
  ///
  /// @throws IllegalArgumentException if an item is no label key, or one that is Kubernetes' own
  public static List<String> parseLabelKeys(String flag, List<String> items) {
    List<String> keys = new ArrayList<>();
    for (String item : items) {
      String key = item.strip();
      if (key.isEmpty() || keys.contains(key)) {
        continue;
      }
      if (!KEY.matcher(key).matches()) {
        throw new IllegalArgumentException(
            flag + " has \"" + item + "\"; want the key of a label, such as example.com/rack");
      }
      if (RESERVED.matcher(key).find()) {
        throw new IllegalArgumentException(
            flag
                + " has \""
                + item
                + "\"; labels in the namespaces kubernetes.io and k8s.io are not a cloud"
                + " provider's to give");
      }
      keys.add(key);
    }
    return keys;
  }
}
