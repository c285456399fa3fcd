package dev.thresher.vip.services;

import dev.thresher.runtime.metrics.Metrics;
import dev.thresher.runtime.time.Timeline;
import dev.thresher.vip.election.Grants;
import dev.thresher.vip.l2.Claim;
import dev.thresher.vip.l2.Enforcement;
import dev.thresher.vip.l2.EnforcementEvent;
import dev.thresher.vip.l2.HeldAddress;
import dev.thresher.vip.l2.HoldOutcome;
import dev.thresher.vip.l2.InterfaceChoice;
import dev.thresher.vip.l2.InterfaceSelection;
import dev.thresher.vip.linux.InterfaceNames;
import dev.thresher.vip.linux.NodeNetwork;
import dev.thresher.vip.packet.MacAddress;
import io.prometheus.metrics.core.metrics.Counter;
import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Has the granted addresses answered, each on the interface that suits it, and knows how that
/// goes.
///
/// Thread-safe. Grants come on the right's thread, events on the enforcement's, changes of the
/// network on the watcher's: one lock, under which only the enforcement is called (some 0.1 ms).
public final class AddressKeeper implements Grants {

  /// How long after its last claim a rival is told of.
  public static final Duration RIVAL_QUIET = Duration.ofMinutes(10);

  /// More rivals of one address are in the log and the metric only: MACs cost nothing.
  private static final int RIVALS_AT_MOST = 8;

  private static final Duration RIVAL_NOTED = Duration.ofSeconds(1);

  private static final Logger LOG = LoggerFactory.getLogger(AddressKeeper.class);

  private final Enforcement enforcement;
  private final NodeNetwork network;
  private final Timeline timeline;
  private final Supplier<InterfaceNames> configured;
  private final ConflictPace conflictPace;
  private final Counter foreignClaims;
  private final Counter conflicts;
  private final List<Consumer<Set<InetAddress>>> listeners = new CopyOnWriteArrayList<>();

  private final Object lock = new Object();
  private final Map<InetAddress, Keeping.Kept> kept = new HashMap<>();
  private final ClaimedLinks links = new ClaimedLinks();

  private final Map<InetAddress, Map<String, Keeping.Rival>> rivals = new HashMap<>();
  private final Map<InetAddress, InARow> inARow = new HashMap<>();

  private record InARow(int conflicts, long lastAt) {}

  /// What changed and was not told yet, each with a line of the log. The right's thread alone.
  private final Set<InetAddress> untold = new HashSet<>();

  private final List<Runnable> lines = new ArrayList<>();
  private volatile Map<InetAddress, String> interfaces = Map.of();
  private volatile Set<InetAddress> known = Set.of();
  private volatile Keeping keeping = Keeping.NOTHING;

  /// @param configured the interfaces of this node for addresses that name none, as they are now; a
  ///   change of them is told as one of the network
  public AddressKeeper(
      Enforcement enforcement,
      NodeNetwork network,
      Timeline timeline,
      Supplier<InterfaceNames> configured,
      Metrics metrics) {
    this(enforcement, network, timeline, configured, ConflictPace.DEFAULT, metrics);
  }

  /// @param conflictPace how soon an address that a stranger has is tried again
  public AddressKeeper(
      Enforcement enforcement,
      NodeNetwork network,
      Timeline timeline,
      Supplier<InterfaceNames> configured,
      ConflictPace conflictPace,
      Metrics metrics) {
    this.conflictPace = conflictPace;
    this.enforcement = enforcement;
    this.network = network;
    this.timeline = timeline;
    this.configured = configured;
    this.foreignClaims =
        metrics.counter(
            "thresher_vip_foreign_claims_total",
            "Claims of others for an address that is held here.",
            "address");
    this.conflicts =
        metrics.counter(
            "thresher_vip_conflicts_total",
            "First claims given up because a stranger has the address.",
            "address");
    metrics.gauges(
        "thresher_vip_answering",
        "1 for each address that this node answers.",
        List.of("address", "interface"),
        () ->
            keeping.addresses().entrySet().stream()
                .filter(entry -> entry.getValue().state() instanceof Keeping.State.Answering)
                .map(entry ->
                    new Metrics.Sample(
                        1,
                        List.of(
                            entry.getKey().getHostAddress(),
                            ((Keeping.State.Answering) entry.getValue().state()).interfaceName())))
                .toList());
    enforcement.onEvent(this::heard);
    network.onChange(changed -> reconsider());
  }

  /// What is done now. Never blocks.
  public Keeping keeping() {
    return keeping;
  }

  /// The MAC by which an address is answered while this node holds it, if it has one of its own.
  Optional<MacAddress> virtualMac(InetAddress address) {
    return enforcement.virtualMac(address);
  }

  /// Hears of addresses whose state changed; must not block. To be called before the start.
  public void onChange(Consumer<Set<InetAddress>> listener) {
    listeners.add(listener);
  }

  /// Which interfaces Services ask for, by address.
  public void interfaces(Map<InetAddress, String> wanted) {
    if (!wanted.equals(interfaces)) {
      interfaces = Map.copyOf(wanted);
      reconsider();
    }
  }

  /// All addresses of Services and of the control plane, wherever they are held: what an earlier
  /// program left of them on this node is not answered.
  public void known(Set<InetAddress> addresses) {
    if (!addresses.equals(known)) {
      Set<InetAddress> added = new HashSet<>(addresses);
      added.removeAll(known);
      known = Set.copyOf(addresses);
      enforcement.known(known);
      prepare(added);
    }
  }

  /// Whoever takes an address over should have nothing left to open.
  private void prepare(Set<InetAddress> addresses) {
    Set<String> names = new HashSet<>();
    for (InetAddress address : addresses) {
      if (choose(address) instanceof InterfaceChoice.Chosen(var name, _)) {
        names.add(name);
      }
    }
    enforcement.prepare(names);
  }

  @Override
  public void granted(Map<InetAddress, Claim> addresses) {
    synchronized (lock) {
      long now = timeline.nanoTime();
      addresses.forEach((address, claim) -> links.granted(address, claim, wish(address)));
      Map<InetAddress, Keeping.State> states = hold(addresses);
      addresses.forEach((address, claim) -> {
        Keeping.State state = Objects.requireNonNull(states.get(address));
        kept.put(address, new Keeping.Kept(state, now));
        lines.add(() ->
            LOG.atInfo()
                .addKeyValue("address", address.getHostAddress())
                .addKeyValue("claim", claim)
                .addKeyValue("state", state)
                .log("address granted to this node"));
      });
      publish();
    }
    untold.addAll(addresses.keySet());
  }

  @Override
  public void revoked(Set<InetAddress> addresses, String reason) {
    synchronized (lock) {
      enforcement.releaseAll(addresses);
      kept.keySet().removeAll(addresses);
      links.revoked(addresses);
      rivals.keySet().removeAll(addresses);
      inARow.keySet().removeAll(addresses);
      publish();
    }
    for (InetAddress address : addresses) {
      lines.add(() ->
          LOG.atInfo()
              .addKeyValue("address", address.getHostAddress())
              .addKeyValue("reason", reason)
              .log("address no longer held by this node"));
    }
    untold.addAll(addresses);
  }

  @Override
  public void tell() {
    lines.forEach(Runnable::run);
    lines.clear();
    if (!untold.isEmpty()) {
      tell(untold);
      untold.clear();
    }
  }

  /// Looks again whether each granted address is on the interface that suits it: the network or a
  /// wish changed, or time passed.
  void reconsider() {
    Set<InetAddress> changed = new HashSet<>();
    synchronized (lock) {
      for (Map.Entry<InetAddress, Keeping.Kept> entry : kept.entrySet()) {
        Keeping.Kept before = entry.getValue();
        InetAddress address = entry.getKey();
        if (!(choose(address) instanceof InterfaceChoice.Chosen(var name, var running))
            || !running
            || !shouldMove(before.state(), name)) {
          continue;
        }
        Keeping.State state =
            hold(address, links.next(address, name, wish(address), network.current()));
        if (!state.equals(before.state())) {
          entry.setValue(new Keeping.Kept(state, before.since()));
          changed.add(address);
        }
      }
      if (!changed.isEmpty()) {
        publish();
      }
    }
    if (!changed.isEmpty()) {
      tell(changed);
    }
  }

  private static boolean shouldMove(Keeping.State state, String name) {
    return switch (state) {
      case Keeping.State.Answering(var now) -> !now.equals(name);
      case Keeping.State.Probing(var now) -> !now.equals(name);
      case Keeping.State.Conflict _ -> false;
      case Keeping.State.Failed _ -> true;
    };
  }

  private Keeping.State hold(InetAddress address, Claim claim) {
    return Objects.requireNonNull(hold(Map.of(address, claim)).get(address));
  }

  private Map<InetAddress, Keeping.State> hold(Map<InetAddress, Claim> claims) {
    Map<InetAddress, Keeping.State> states = new HashMap<>();
    Map<HeldAddress, Claim> chosen = new HashMap<>();
    claims.forEach((address, claim) -> {
      switch (choose(address)) {
        case InterfaceChoice.None(var reason) ->
            states.put(address, new Keeping.State.Failed(reason));
        case InterfaceChoice.Chosen(var name, _) ->
            chosen.put(new HeldAddress(address, name), claim);
      }
    });
    enforcement
        .holdAll(chosen)
        .forEach((held, outcome) ->
            states.put(
                held.address(),
                switch (outcome) {
                  case HoldOutcome.Holding() -> new Keeping.State.Answering(held.interfaceName());
                  case HoldOutcome.Probing() -> new Keeping.State.Probing(held.interfaceName());
                  case HoldOutcome.Refused(var reason) -> new Keeping.State.Failed(reason);
                }));
    states.forEach(this::noteAnswered);
    return states;
  }

  private void noteAnswered(InetAddress address, Keeping.State state) {
    if (state instanceof Keeping.State.Answering(var name)) {
      links.answered(address, name, network.current());
    }
  }

  private InterfaceChoice choose(InetAddress address) {
    return InterfaceSelection.choose(
        network.current(), address, InterfaceSelection.rules(wish(address)));
  }

  private InterfaceNames wish(InetAddress address) {
    String asked = interfaces.getOrDefault(address, "");
    return asked.isEmpty() ? configured.get() : InterfaceNames.parse(asked);
  }

  private void heard(EnforcementEvent event) {
    switch (event) {
      case EnforcementEvent.Answering(var held) ->
          update(held.address(), new Keeping.State.Answering(held.interfaceName()));
      case EnforcementEvent.Conflict(var held, var owner) -> {
        conflicts.labelValues(held.address().getHostAddress()).inc();
        LOG.atWarn()
            .addKeyValue("address", held)
            .addKeyValue("owner", owner)
            .log("a stranger has the address, it is not held");
        update(held.address(), new Keeping.State.Conflict(held.interfaceName(), owner.toString()));
        timeline.after(
            conflictPace.after(conflictsInARow(held.address())), () -> retry(held.address()));
      }
      case EnforcementEvent.ForeignClaim(var held, var claimant) -> {
        foreignClaims.labelValues(held.address().getHostAddress()).inc();
        LOG.atWarn()
            .addKeyValue("address", held)
            .addKeyValue("claimant", claimant)
            .log("somebody else claims an address that is held here");
        claimed(held, claimant.toString());
      }
      case EnforcementEvent.LinkDown(var name) ->
          LOG.atWarn().addKeyValue("interface", name).log("interface carries no frames");
      case EnforcementEvent.LinkUp(var name) ->
          LOG.atInfo().addKeyValue("interface", name).log("interface carries frames again");
      case EnforcementEvent.InterfaceGone(var name, var released) -> {
        for (InetAddress address : released) {
          update(address, new Keeping.State.Failed("interface " + name + " is gone"));
        }
        reconsider();
      }
    }
  }

  /// Counts one more.
  private int conflictsInARow(InetAddress address) {
    synchronized (lock) {
      long now = timeline.nanoTime();
      return inARow.merge(
              address,
              new InARow(1, now),
              (before, one) ->
                  now - before.lastAt < ConflictPace.APART.toNanos()
                      ? new InARow(before.conflicts + 1, now)
                      : one)
          .conflicts;
    }
  }

  private void claimed(HeldAddress held, String mac) {
    InetAddress address = held.address();
    synchronized (lock) {
      if (!kept.containsKey(address)) {
        return;
      }
      long now = timeline.nanoTime();
      Map<String, Keeping.Rival> known = rivals.computeIfAbsent(address, any -> new TreeMap<>());
      Keeping.Rival before = known.get(mac);
      boolean noted = before != null && now - before.lastAt() < RIVAL_NOTED.toNanos();
      if (noted || (before == null && known.size() >= RIVALS_AT_MOST)) {
        return;
      }
      known.put(mac, new Keeping.Rival(mac, held.interfaceName(), now));
      publish();
      if (before != null) {
        return;
      }
    }
    timeline.after(RIVAL_QUIET, () -> forget(address, mac));
    tell(Set.of(address));
  }

  private void forget(InetAddress address, String mac) {
    synchronized (lock) {
      Map<String, Keeping.Rival> known = rivals.getOrDefault(address, Map.of());
      Keeping.Rival rival = known.get(mac);
      if (rival == null) {
        return;
      }
      Duration left = RIVAL_QUIET.minus(Duration.ofNanos(timeline.nanoTime() - rival.lastAt()));
      if (left.isPositive()) {
        timeline.after(left, () -> forget(address, mac));
        return;
      }
      known.remove(mac);
      if (known.isEmpty()) {
        rivals.remove(address);
      }
      publish();
    }
    tell(Set.of(address));
  }

  /// To be called under the lock.
  private void publish() {
    Map<InetAddress, List<Keeping.Rival>> lists = new HashMap<>();
    rivals.forEach((address, known) -> lists.put(address, List.copyOf(known.values())));
    keeping = new Keeping(kept, lists);
  }

  private void retry(InetAddress address) {
    synchronized (lock) {
      Keeping.Kept before = kept.get(address);
      if (before == null || !(before.state() instanceof Keeping.State.Conflict)) {
        return;
      }
      kept.put(address, new Keeping.Kept(hold(address, Claim.FIRST), before.since()));
      publish();
    }
    tell(Set.of(address));
  }

  private void update(InetAddress address, Keeping.State state) {
    synchronized (lock) {
      Keeping.Kept before = kept.get(address);
      if (before == null || before.state().equals(state)) {
        return;
      }
      kept.put(address, new Keeping.Kept(state, before.since()));
      noteAnswered(address, state);
      if (state instanceof Keeping.State.Conflict) {
        links.disputed(address);
      }
      publish();
    }
    tell(Set.of(address));
  }

  private void tell(Set<InetAddress> addresses) {
    Set<InetAddress> copy = Set.copyOf(addresses);
    for (Consumer<Set<InetAddress>> listener : listeners) {
      listener.accept(copy);
    }
  }
}
