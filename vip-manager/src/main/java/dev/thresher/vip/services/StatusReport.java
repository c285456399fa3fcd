package dev.thresher.vip.services;

import com.google.common.net.InetAddresses;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import dev.thresher.vip.election.AddressGroup;
import dev.thresher.vip.election.Candidate;
import dev.thresher.vip.election.Choice;
import dev.thresher.vip.election.Holder;
import dev.thresher.vip.election.NodeLease;
import dev.thresher.vip.election.RightStanding;
import dev.thresher.vip.election.RightView;
import dev.thresher.vip.election.Verdict;
import dev.thresher.vip.l2.Fence;
import dev.thresher.vip.nodes.KnownNetworks;
import dev.thresher.vip.packet.MacAddress;
import java.net.InetAddress;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;

/// What a node knows of every address, as JSON for people and programs: who holds it and since
/// when, why that node and no other, who would be next, what the others say. Pure.
public final class StatusReport {

  /// The state of what a Service names that is left alone.
  public static final String NOT_SERVED = "not served";

  private static final long SECOND = 1_000_000_000L;

  /// @param node this one
  /// @param drained why this node is being drained, if it is
  /// @param fence what keeps this node from answering after its lease
  /// @param standing what its right rests on
  /// @param view what the right knows
  /// @param since by address, since when its holder has it
  /// @param assignment who should hold what
  /// @param keeping what is done here
  /// @param macs the MAC of an address' own, if it has one while it is held here
  /// @param barred nodes that hold no Service's address, with the reason
  /// @param networks of all nodes, those that do not run too
  /// @param unheld what Services name and do not get
  /// @param now monotonic nanoseconds
  record Facts(
      String node,
      Optional<String> drained,
      Fence fence,
      RightStanding standing,
      RightView view,
      Map<InetAddress, HolderTimes.Since> since,
      Assignment assignment,
      Keeping keeping,
      Function<InetAddress, Optional<MacAddress>> macs,
      Map<String, String> barred,
      KnownNetworks networks,
      List<Unheld> unheld,
      long now) {}

  private final Facts facts;
  private final WhyNot whyNot;

  private StatusReport(Facts facts) {
    this.facts = facts;
    this.whyNot = new WhyNot(facts);
  }

  static JsonObject of(Facts facts) {
    return new StatusReport(facts).report();
  }

  private JsonObject report() {
    RightView view = facts.view();
    JsonObject report = new JsonObject();
    report.addProperty("node", facts.node());
    report.addProperty("session", view.session().map(Object::toString).orElse(""));
    report.addProperty("draining", facts.drained().orElse(""));
    report.addProperty(
        "fencedBy",
        switch (facts.fence()) {
          case KERNEL -> "kernel";
          case PROCESS -> "process";
          case NONE -> "";
        });
    report.addProperty("recordKnown", view.recordKnown());
    report.addProperty("recordVersion", view.recordVersion());
    report.add("right", right(facts.standing()));
    JsonArray nodes = new JsonArray();
    new TreeMap<>(view.live()).values().forEach(lease -> nodes.add(node(lease)));
    report.add("nodes", nodes);
    report.add("silentNodes", texts(facts.standing().silent()));
    SortedSet<InetAddress> addresses = new TreeSet<>(AddressGroup.ORDER);
    addresses.addAll(view.holders().keySet());
    addresses.addAll(facts.keeping().addresses().keySet());
    facts
        .assignment()
        .desired()
        .groups()
        .forEach(group -> addresses.addAll(group.addresses().addresses()));
    JsonArray list = new JsonArray();
    addresses.forEach(address -> list.add(address(address)));
    report.add("addresses", list);
    JsonArray unheld = new JsonArray();
    facts.unheld().forEach(each -> unheld.add(unheld(each)));
    report.add("unheld", unheld);
    return report;
  }

  private static JsonObject unheld(Unheld unheld) {
    JsonObject entry = new JsonObject();
    entry.addProperty("address", InetAddresses.toAddrString(unheld.address()));
    entry.addProperty("service", unheld.service().toString());
    entry.addProperty(
        "state",
        switch (unheld.state()) {
          case REFUSED -> "refused";
          case WAITING -> "waiting for an endpoint";
          case NOT_SERVED -> NOT_SERVED;
        });
    entry.addProperty("why", unheld.why());
    return entry;
  }

  private static JsonObject right(RightStanding standing) {
    JsonObject right = new JsonObject();
    right.addProperty(
        "by",
        switch (standing.by()) {
          case MAJORITY -> "majority";
          case LEASES -> "leases";
          case KUBE_VIP_LEASES -> "kube-vip's leases";
        });
    right.addProperty("problem", standing.problem());
    standing
        .leaseLeft()
        .map(Duration::toMillis)
        .ifPresent(millis -> right.addProperty("leaseMillisLeft", millis));
    if (!standing.leases().isEmpty()) {
      right.add("leases", texts(standing.leases()));
    }
    standing
        .voters()
        .ifPresent(council -> {
          right.addProperty("votersVersion", council.version());
          right.addProperty("majority", council.majority());
          right.addProperty("witness", council.witness());
          right.addProperty("promisesNothingYet", council.silentHere());
          JsonArray voters = new JsonArray();
          council
              .voters()
              .forEach((name, voter) -> {
                JsonObject entry = new JsonObject();
                entry.addProperty("node", name);
                entry.addProperty("heard", voter.heard());
                entry.addProperty("answers", voter.answers());
                voters.add(entry);
              });
          right.add("voters", voters);
        });
    return right;
  }

  private JsonObject node(NodeLease lease) {
    JsonObject entry = new JsonObject();
    entry.addProperty("name", lease.node());
    entry.addProperty("session", lease.session().toString());
    entry.addProperty("apiServerWell", lease.links().controlPlane());
    entry.addProperty("leaving", lease.leaving());
    entry.addProperty("draining", lease.links().draining());
    entry.addProperty("barred", Eligible.whyNoServices(lease, facts.barred()));
    JsonArray interfaces = new JsonArray();
    lease.links().links().forEach(link -> interfaces.add(link.name()));
    entry.add("interfaces", interfaces);
    entry.add("notHeardOn", texts(lease.links().unheard()));
    return entry;
  }

  private JsonObject address(InetAddress address) {
    JsonObject entry = new JsonObject();
    entry.addProperty("address", InetAddresses.toAddrString(address));
    Holder holder = facts.view().holders().get(address);
    entry.addProperty("holder", holder == null ? "" : holder.node());
    entry.addProperty(
        "holderLives", holder != null && facts.view().live().containsKey(holder.node()));
    entry.addProperty("epoch", holder == null ? 0 : holder.epoch());
    HolderTimes.Since since = facts.since().get(address);
    if (holder != null && since != null && since.holder().equals(holder)) {
      entry.addProperty("holderSeconds", (facts.now() - since.at()) / SECOND);
      entry.addProperty("holderSecondsAtLeast", since.atLeast());
    }
    JsonArray services = new JsonArray();
    facts
        .assignment()
        .desired()
        .services()
        .getOrDefault(address, Set.of())
        .forEach(key -> services.add(key.toString()));
    entry.add("services", services);
    Keeping.Kept kept = facts.keeping().addresses().get(address);
    if (kept != null) {
      here(entry, address, kept);
    }
    RightStanding.Words words = facts.standing().words().get(address);
    if (words != null) {
      entry.add("grantedBy", texts(words.granting()));
      entry.add("refusedBy", texts(words.refusing()));
      entry.addProperty("promisedTo", words.promisedTo());
    }
    facts.assignment().desired().groups().stream()
        .filter(group -> group.addresses().addresses().contains(address))
        .findFirst()
        .ifPresent(group -> chosen(entry, group));
    return entry;
  }

  private void here(JsonObject entry, InetAddress address, Keeping.Kept kept) {
    entry.addProperty("here", state(kept.state()));
    if (kept.state() instanceof Keeping.State.Answering) {
      facts.macs().apply(address).ifPresent(mac -> entry.addProperty("virtualMac", mac.toString()));
    }
    JsonArray rivals = new JsonArray();
    for (Keeping.Rival rival : facts.keeping().rivals(address)) {
      JsonObject claim = new JsonObject();
      claim.addProperty("mac", rival.mac());
      claim.addProperty("interface", rival.interfaceName());
      claim.addProperty("secondsAgo", (facts.now() - rival.lastAt()) / SECOND);
      rivals.add(claim);
    }
    entry.add("claimedBy", rivals);
    entry.addProperty("heldSeconds", (facts.now() - kept.since()) / SECOND);
  }

  private void chosen(JsonObject entry, Desired.Group group) {
    entry.addProperty("together", group.addresses().toString());
    switch (facts.assignment().verdicts().get(group.addresses())) {
      case Verdict.Chosen(var chosen, var why) -> {
        entry.addProperty("shouldHold", chosen);
        entry.addProperty("because", why);
        String next = next(group, chosen);
        entry.addProperty("next", next);
        entry.add("notOn", texts(whyNot.reasons(group.addresses(), chosen, next)));
      }
      case Verdict.Nobody(var why) -> {
        Map<String, String> reasons = whyNot.reasons(group.addresses(), "", "");
        reasons.putAll(why);
        entry.add("notOn", texts(reasons));
      }
      case null -> {
        entry.addProperty("shouldHold", facts.node());
        entry.add("notOn", new JsonObject());
      }
    }
  }

  /// Who would hold it if that node went; empty if nobody.
  private String next(Desired.Group group, String chosen) {
    boolean ofServices =
        facts.assignment().desired().services().keySet().stream()
            .anyMatch(address -> group.addresses().addresses().contains(address));
    List<Candidate> others =
        facts.view().live().values().stream()
            .filter(lease -> !lease.node().equals(chosen))
            .map(lease ->
                ofServices
                    ? Eligible.forServices(lease, facts.barred())
                    : Eligible.forControlPlane(lease))
            .toList();
    return Choice.choose(others, List.of(whyNot.wish(group)), Map.of(), 0).get(group.addresses())
            instanceof Verdict.Chosen(var next, _)
        ? next
        : "";
  }

  private static JsonObject texts(Map<String, String> texts) {
    JsonObject object = new JsonObject();
    new TreeMap<>(texts).forEach(object::addProperty);
    return object;
  }

  private static JsonArray texts(Collection<String> texts) {
    JsonArray array = new JsonArray();
    texts.forEach(array::add);
    return array;
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
