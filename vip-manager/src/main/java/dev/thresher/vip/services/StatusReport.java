package dev.thresher.vip.services;

import com.google.common.net.InetAddresses;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import dev.thresher.vip.election.AddressGroup;
import dev.thresher.vip.election.Candidate;
import dev.thresher.vip.election.Choice;
import dev.thresher.vip.election.Holder;
import dev.thresher.vip.election.NodeLease;
import dev.thresher.vip.election.RightView;
import dev.thresher.vip.election.Verdict;
import dev.thresher.vip.l2.Fence;
import dev.thresher.vip.packet.MacAddress;
import java.net.InetAddress;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;

/// What a node knows of every address, as JSON for people and programs: who holds it and since
/// when, why that node, who would be next. Pure.
public final class StatusReport {

  private StatusReport() {}

  /// @param node this one
  /// @param drained why this node is being drained, if it is
  /// @param fence what keeps this node from answering after its lease
  /// @param macs the MAC of an address' own, if it has one while it is held here
  /// @param barred nodes that hold no Service's address, with the reason
  /// @param now monotonic nanoseconds
  static JsonObject of(
      String node,
      Optional<String> drained,
      Fence fence,
      RightView view,
      Assignment assignment,
      Keeping keeping,
      Function<InetAddress, Optional<MacAddress>> macs,
      Map<String, String> barred,
      long now) {
    JsonObject report = new JsonObject();
    report.addProperty("node", node);
    report.addProperty("session", view.session().map(Object::toString).orElse(""));
    report.addProperty("draining", drained.orElse(""));
    report.addProperty(
        "fencedBy",
        switch (fence) {
          case KERNEL -> "kernel";
          case PROCESS -> "process";
          case NONE -> "";
        });
    report.addProperty("recordKnown", view.recordKnown());
    report.addProperty("recordVersion", view.recordVersion());
    JsonArray nodes = new JsonArray();
    new TreeMap<>(view.live()).values().forEach(lease -> nodes.add(node(lease, barred)));
    report.add("nodes", nodes);
    SortedSet<InetAddress> addresses = new TreeSet<>(AddressGroup.ORDER);
    addresses.addAll(view.holders().keySet());
    addresses.addAll(keeping.addresses().keySet());
    assignment.desired().groups().forEach(group -> addresses.addAll(group.addresses().addresses()));
    JsonArray list = new JsonArray();
    for (InetAddress address : addresses) {
      list.add(address(address, node, view, assignment, keeping, macs, barred, now));
    }
    report.add("addresses", list);
    return report;
  }

  private static JsonObject node(NodeLease lease, Map<String, String> barred) {
    JsonObject entry = new JsonObject();
    entry.addProperty("name", lease.node());
    entry.addProperty("session", lease.session().toString());
    entry.addProperty("apiServerWell", lease.links().controlPlane());
    entry.addProperty("leaving", lease.leaving());
    entry.addProperty("draining", lease.links().draining());
    entry.addProperty("barred", barred.getOrDefault(lease.node(), ""));
    JsonArray interfaces = new JsonArray();
    lease.links().links().forEach(link -> interfaces.add(link.name()));
    entry.add("interfaces", interfaces);
    return entry;
  }

  private static JsonObject address(
      InetAddress address,
      String node,
      RightView view,
      Assignment assignment,
      Keeping keeping,
      Function<InetAddress, Optional<MacAddress>> macs,
      Map<String, String> barred,
      long now) {
    JsonObject entry = new JsonObject();
    entry.addProperty("address", InetAddresses.toAddrString(address));
    Holder holder = view.holders().get(address);
    entry.addProperty("holder", holder == null ? "" : holder.node());
    entry.addProperty("holderLives", holder != null && view.live().containsKey(holder.node()));
    entry.addProperty("epoch", holder == null ? 0 : holder.epoch());
    JsonArray services = new JsonArray();
    assignment
        .desired()
        .services()
        .getOrDefault(address, Set.of())
        .forEach(key -> services.add(key.toString()));
    entry.add("services", services);
    Keeping.Kept kept = keeping.addresses().get(address);
    if (kept != null) {
      entry.addProperty("here", state(kept.state()));
      if (kept.state() instanceof Keeping.State.Answering) {
        macs.apply(address).ifPresent(mac -> entry.addProperty("virtualMac", mac.toString()));
      }
      JsonArray rivals = new JsonArray();
      for (Keeping.Rival rival : keeping.rivals(address)) {
        JsonObject claim = new JsonObject();
        claim.addProperty("mac", rival.mac());
        claim.addProperty("interface", rival.interfaceName());
        claim.addProperty("secondsAgo", (now - rival.lastAt()) / 1_000_000_000);
        rivals.add(claim);
      }
      entry.add("claimedBy", rivals);
      entry.addProperty("heldSeconds", (now - kept.since()) / 1_000_000_000);
    }
    assignment.desired().groups().stream()
        .filter(group -> group.addresses().addresses().contains(address))
        .findFirst()
        .ifPresent(group -> chosen(entry, group, node, view, assignment, barred));
    return entry;
  }

  private static void chosen(
      JsonObject entry,
      Desired.Group group,
      String node,
      RightView view,
      Assignment assignment,
      Map<String, String> barred) {
    entry.addProperty("together", group.addresses().toString());
    JsonObject reasons = new JsonObject();
    switch (assignment.verdicts().get(group.addresses())) {
      case Verdict.Chosen(var chosen, var why) -> {
        entry.addProperty("shouldHold", chosen);
        entry.addProperty("because", why);
        boolean ofServices =
            assignment.desired().services().keySet().stream()
                .anyMatch(address -> group.addresses().addresses().contains(address));
        List<Candidate> others =
            view.live().values().stream()
                .filter(lease -> !lease.node().equals(chosen))
                .map(lease ->
                    new Candidate(
                        lease.node(),
                        lease.links(),
                        ofServices ? barred.getOrDefault(lease.node(), "") : ""))
                .toList();
        switch (Choice.choose(others, List.of(group.wish(Map.of(), address -> false)), Map.of(), 0)
            .get(group.addresses())) {
          case Verdict.Chosen(var next, _) -> entry.addProperty("next", next);
          case Verdict.Nobody(var why2) -> why2.forEach(reasons::addProperty);
          case null -> entry.addProperty("next", "");
        }
      }
      case Verdict.Nobody(var why) -> why.forEach(reasons::addProperty);
      case null -> entry.addProperty("shouldHold", node);
    }
    entry.add("notOn", reasons);
  }

  private static String state(Keeping.State state) {
    return switch (state) {
      case Keeping.State.Answering(var name) -> "answered on " + name;
      case Keeping.State.Probing(var name) -> "probed on " + name;
      case Keeping.State.Conflict(var name, var stranger) ->
          "in use by " + stranger + " on " + name;
      case Keeping.State.Failed(var reason) -> "failed: " + reason;
    };
  }
}
