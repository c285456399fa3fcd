package dev.thresher.vip.services;

import dev.thresher.api.ObjectKey;
import dev.thresher.vip.election.AddressGroup;
import dev.thresher.vip.election.Candidate;
import dev.thresher.vip.election.Choice;
import dev.thresher.vip.election.NodeLease;
import dev.thresher.vip.election.Rebalance;
import dev.thresher.vip.election.Right;
import dev.thresher.vip.election.RightView;
import dev.thresher.vip.election.Verdict;
import dev.thresher.vip.election.Wish;
import dev.thresher.vip.nodes.KnownNetworks;
import java.net.InetAddress;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;

/// Who should hold what, computed from a snapshot of everything: a pure function.
///
/// @param desired what the Services want
/// @param verdicts who should hold each group
/// @param aims the same by address, as [Right#want] takes it
/// @param lookAgain when to look again though nothing changes
public record Assignment(
    Desired desired,
    SortedMap<AddressGroup, Verdict> verdicts,
    Map<InetAddress, String> aims,
    Optional<Duration> lookAgain) {

  /// Before the first look.
  static final Assignment NOTHING =
      new Assignment(Desired.NOTHING, new TreeMap<>(), Map.of(), Optional.empty());

  /// How long a node that could not hold an address is no candidate for it.
  static final Duration FAILED_PAUSE = Duration.ofSeconds(30);

  /// How long an address stays at least where it was given: nodes whose snapshots disagree for a
  /// moment must not play ping-pong with it.
  static final Duration MINIMUM_STAY = Duration.ofSeconds(1);

  /// @param node this node
  /// @param loadFactor see [Choice#choose]
  /// @param leaving whether this node is about to stop
  /// @param knowsOthers whether the right knows the other nodes; if not, an address that could not
  ///   be held here is tried again here
  public record Settings(String node, double loadFactor, boolean leaving, boolean knowsOthers) {
    public Settings(String node, double loadFactor, boolean leaving) {
      this(node, loadFactor, leaving, true);
    }

    Settings asLeaving() {
      return new Settings(node, loadFactor, true, knowsOthers);
    }
  }

  /// @param readings what each Service asks for
  /// @param controlPlane the addresses of the control plane, if this node serves it
  /// @param endpoints of a Service
  /// @param barredNodes nodes that hold nothing, with the reason
  /// @param view what the right knows
  /// @param keeping what this node does
  /// @param networks of all nodes, those that do not run too
  /// @param failedSince addresses that this node could not hold, with the monotonic time of that
  /// @param moving what this node is asked to hand over, though it could keep it: see [Rebalance]
  /// @param now monotonic nanoseconds
  public record Snapshot(
      Collection<ServiceReading> readings,
      Optional<ControlPlaneWish> controlPlane,
      Function<ObjectKey, EndpointView> endpoints,
      Map<String, String> barredNodes,
      RightView view,
      Keeping keeping,
      KnownNetworks networks,
      Map<InetAddress, Long> failedSince,
      Set<AddressGroup> moving,
      long now) {}

  static Assignment of(Snapshot snapshot, Settings settings) {
    RightView view = snapshot.view();
    Desired ofServices = ofServices(snapshot, settings);
    Map<InetAddress, String> holders = holders(view);
    if (!settings.knowsOthers()) {
      holders.keySet().removeAll(betterElsewhere(ofServices.groups(), settings.node()));
    }
    List<Candidate> candidates = forServices(snapshot, settings);
    List<Wish> wishes = wishes(ofServices.groups(), snapshot, settings);
    SortedMap<AddressGroup, Verdict> verdicts =
        withTheSilent(Choice.choose(candidates, wishes, holders, settings.loadFactor()), snapshot);
    if (!snapshot.moving().isEmpty() && !settings.leaving()) {
      // Until another has it: while nobody does, this node must not take it back.
      Rebalance.moves(
              settings.node(),
              candidates,
              wishes,
              heldHere(snapshot.moving(), holders, settings.node()),
              settings.loadFactor())
          .forEach((group, to) -> {
            if (snapshot.moving().contains(group)) {
              verdicts.put(group, new Verdict.Chosen(to.node(), "rebalanced: " + to.reason()));
            }
          });
    }
    Optional<Desired.Group> controlPlane =
        snapshot
            .controlPlane()
            .map(wish -> wish.group(view.live().values(), settings.knowsOthers()));
    controlPlane.ifPresent(group ->
        verdicts.putAll(
            Choice.choose(
                candidates(Eligible::forControlPlane, snapshot, settings),
                wishes(List.of(group), snapshot, settings),
                settings.knowsOthers()
                        || group.localTo().stream().anyMatch(well -> well.contains(settings.node()))
                    ? holders
                    // Who knows no other node leaves it to one whose server is well.
                    : Map.of(),
                0)));
    Desired desired = controlPlane.map(ofServices::with).orElse(ofServices);
    Map<InetAddress, String> aims = new HashMap<>();
    Optional<Duration> again =
        snapshot.failedSince().isEmpty() ? Optional.empty() : Optional.of(FAILED_PAUSE);
    for (Map.Entry<AddressGroup, Verdict> entry : verdicts.entrySet()) {
      String node =
          switch (entry.getValue()) {
            case Verdict.Chosen(var chosen, _) -> chosen;
            case Verdict.Nobody _ -> Right.NOBODY;
          };
      for (InetAddress address : entry.getKey().addresses()) {
        boolean stays = !node.equals(settings.node()) && fresh(address, snapshot, settings);
        aims.put(address, stays ? settings.node() : node);
        if (stays) {
          again = Optional.of(MINIMUM_STAY);
        }
      }
    }
    return new Assignment(desired, verdicts, Map.copyOf(aims), again);
  }

  /// Whether some node is known to have the network of an address where it would be held: elsewhere
  /// nobody would hear it.
  ///
  /// @param wanted the interfaces that are asked for, as
  ///   [dev.thresher.vip.election.NodeLinks#among] takes them
  static boolean isOnALink(
      RightView view, KnownNetworks networks, InetAddress address, String wanted) {
    return networks.anyHas(address) || isOnALink(view, address, wanted);
  }

  /// What a rebalancing would hand over from this node, and to whom.
  static SortedMap<AddressGroup, Verdict.Chosen> moves(Snapshot snapshot, Settings settings) {
    return Rebalance.moves(
        settings.node(),
        forServices(snapshot, settings),
        wishes(ofServices(snapshot, settings).groups(), snapshot, settings),
        holders(snapshot.view()),
        settings.loadFactor());
  }

  /// What a node that knows no other one gives up though nobody else is seen to suit better: a
  /// Service has its endpoints on other nodes, which wait for this one to do so.
  private static Set<InetAddress> betterElsewhere(List<Desired.Group> groups, String node) {
    return groups.stream()
        .filter(group ->
            group.localTo().stream().anyMatch(nodes -> !nodes.isEmpty())
                && group.localTo().stream().noneMatch(nodes -> nodes.contains(node)))
        .flatMap(group -> group.addresses().addresses().stream())
        .collect(Collectors.toSet());
  }

  private static Desired ofServices(Snapshot snapshot, Settings settings) {
    return Desired.of(
        snapshot.readings(),
        snapshot.endpoints(),
        snapshot.view().holders()::containsKey,
        settings.knowsOthers());
  }

  private static Map<InetAddress, String> holders(RightView view) {
    Map<InetAddress, String> holders = new HashMap<>();
    view.holders().forEach((address, holder) -> holders.put(address, holder.node()));
    return holders;
  }

  /// The holders, as if this node still held all of what moves.
  private static Map<InetAddress, String> heldHere(
      Set<AddressGroup> moving, Map<InetAddress, String> holders, String node) {
    Map<InetAddress, String> all = new HashMap<>(holders);
    moving.forEach(group -> group.addresses().forEach(address -> all.put(address, node)));
    return all;
  }

  private static boolean isOnALink(RightView view, InetAddress address, String wanted) {
    return view.live().values().stream()
        .flatMap(lease -> lease.links().among(wanted).stream())
        .flatMap(link -> link.subnets().stream())
        .anyMatch(own -> own.covers(address));
  }

  /// Adds to the reasons why nobody can those nodes that have the network and say nothing.
  private static SortedMap<AddressGroup, Verdict> withTheSilent(
      SortedMap<AddressGroup, Verdict> verdicts, Snapshot snapshot) {
    verdicts.replaceAll((group, verdict) ->
        switch (verdict) {
          case Verdict.Chosen chosen -> chosen;
          case Verdict.Nobody(var reasons) -> {
            SortedMap<String, String> all = new TreeMap<>(reasons);
            for (String node : snapshot.networks().byNode().keySet()) {
              if (!snapshot.view().live().containsKey(node)
                  && snapshot.networks().has(node, group.first())) {
                all.put(node, "its vip-manager says nothing");
              }
            }
            yield new Verdict.Nobody(all);
          }
        });
    return verdicts;
  }

  private static List<Candidate> forServices(Snapshot snapshot, Settings settings) {
    return candidates(
        lease -> Eligible.forServices(lease, snapshot.barredNodes()), snapshot, settings);
  }

  private static List<Candidate> candidates(
      Function<NodeLease, Candidate> eligible, Snapshot snapshot, Settings settings) {
    return snapshot.view().live().values().stream()
        .map(lease ->
            settings.leaving() && lease.node().equals(settings.node())
                ? new Candidate(lease.node(), lease.links(), "it is about to stop")
                : eligible.apply(lease))
        .toList();
  }

  private static List<Wish> wishes(
      List<Desired.Group> groups, Snapshot snapshot, Settings settings) {
    return groups.stream()
        .map(group ->
            group.wish(
                failures(group, snapshot, settings),
                (address, wanted) ->
                    isOnALink(snapshot.view(), snapshot.networks(), address, wanted)))
        .toList();
  }

  private static boolean fresh(InetAddress address, Snapshot snapshot, Settings settings) {
    Keeping.Kept kept = snapshot.keeping().addresses().get(address);
    return !settings.leaving()
        && kept != null
        && !(kept.state() instanceof Keeping.State.Failed)
        && snapshot.now() - kept.since() < MINIMUM_STAY.toNanos();
  }

  private static Map<String, String> failures(
      Desired.Group group, Snapshot snapshot, Settings settings) {
    if (!settings.knowsOthers()) {
      return Map.of();
    }
    for (InetAddress address : group.addresses().addresses()) {
      Keeping.Kept kept = snapshot.keeping().addresses().get(address);
      if (kept != null && kept.state() instanceof Keeping.State.Failed(var reason)) {
        return Map.of(settings.node(), reason);
      }
      if (snapshot.failedSince().containsKey(address)) {
        return Map.of(settings.node(), "could not hold it a moment ago");
      }
    }
    return Map.of();
  }
}
