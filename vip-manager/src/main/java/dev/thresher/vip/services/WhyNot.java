package dev.thresher.vip.services;

import dev.thresher.vip.election.AddressGroup;
import dev.thresher.vip.election.Choice;
import dev.thresher.vip.election.NodeLease;
import dev.thresher.vip.election.Verdict;
import dev.thresher.vip.election.Wish;
import java.net.InetAddress;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// Why a group is not held by each node but the one that should: for people. Pure.
final class WhyNot {

  private final StatusReport.Facts facts;

  /// By node what it could hold if it were the only one: Services' groups and the control plane's.
  private final Map<String, Map<AddressGroup, Verdict>> alone = new HashMap<>();

  WhyNot(StatusReport.Facts facts) {
    this.facts = facts;
    Set<InetAddress> ofServices = facts.assignment().desired().services().keySet();
    List<Wish> wishes =
        facts.assignment().desired().groups().stream()
            .filter(group -> group.addresses().addresses().stream().anyMatch(ofServices::contains))
            .map(this::wish)
            .toList();
    List<Wish> others =
        facts.assignment().desired().groups().stream()
            .filter(group -> group.addresses().addresses().stream().noneMatch(ofServices::contains))
            .map(this::wish)
            .toList();
    facts
        .view()
        .live()
        .forEach((node, lease) -> {
          Map<AddressGroup, Verdict> verdicts = new HashMap<>();
          verdicts.putAll(
              Choice.choose(
                  List.of(Eligible.forServices(lease, facts.barred())), wishes, Map.of(), 0));
          verdicts.putAll(
              Choice.choose(List.of(Eligible.forControlPlane(lease)), others, Map.of(), 0));
          alone.put(node, verdicts);
        });
  }

  /// What is asked of the holder, as this node knows it.
  Wish wish(Desired.Group group) {
    Map<String, String> failed = new HashMap<>();
    for (InetAddress address : group.addresses().addresses()) {
      Keeping.Kept kept = facts.keeping().addresses().get(address);
      if (kept != null && kept.state() instanceof Keeping.State.Failed(var why)) {
        failed.put(facts.node(), why);
      }
    }
    return group.wish(
        failed,
        (address, wanted) -> Assignment.isOnALink(facts.view(), facts.networks(), address, wanted));
  }

  /// @param chosen who should hold it, or empty
  /// @param next who would hold it if that node went, or empty
  SortedMap<String, String> reasons(AddressGroup group, String chosen, String next) {
    SortedMap<String, String> reasons = new TreeMap<>();
    Set<String> silent = new HashSet<>(facts.standing().silent().keySet());
    facts.networks().byNode().keySet().stream()
        .filter(node -> facts.networks().has(node, group.first()))
        .forEach(silent::add);
    for (String node : silent) {
      if (!facts.view().live().containsKey(node)) {
        String known = facts.standing().silent().getOrDefault(node, "");
        reasons.put(
            node, "its vip-manager says nothing" + (known.isEmpty() ? "" : " (" + known + ")"));
      }
    }
    alone.forEach((node, verdicts) -> {
      if (!node.equals(chosen)) {
        reasons.put(node, reason(node, verdicts.get(group), next));
      }
    });
    return reasons;
  }

  private String reason(String node, @Nullable Verdict verdict, String next) {
    if (verdict instanceof Verdict.Nobody(var why)) {
      return why.getOrDefault(node, "it cannot hold it");
    }
    String rank =
        node.equals(next)
            ? "it is next"
            : "it could" + (next.isEmpty() ? "" : ", and comes after " + next);
    NodeLease lease = facts.view().live().get(node);
    if (lease != null && lease.links().draining()) {
      return "it is being drained; " + rank;
    }
    if (lease != null && !lease.links().unheard().isEmpty()) {
      return rank + "; not heard: " + new TreeMap<>(lease.links().unheard());
    }
    return rank;
  }
}
