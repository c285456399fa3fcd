package dev.thresher.vip.majority;

import dev.thresher.runtime.client.KubeApiException;
import dev.thresher.runtime.time.Timeline;
import dev.thresher.vip.election.NodeLease;
import dev.thresher.vip.election.Right;
import dev.thresher.vip.election.RightStanding;
import dev.thresher.vip.election.RightView;
import dev.thresher.vip.l2.LeaseSlots;
import dev.thresher.vip.lease.LeaseAction;
import dev.thresher.vip.lease.LeaseEvent;
import dev.thresher.vip.lease.LeaseMachine;
import dev.thresher.vip.lease.LeaseMessage;
import dev.thresher.vip.lease.Session;
import dev.thresher.vip.lease.VoterRecord;
import dev.thresher.vip.linux.Scheduling;
import dev.thresher.vip.mesh.KeyWatch;
import dev.thresher.vip.mesh.Mesh;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.Selector;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The one thread that runs the [LeaseMachine], the datagrams and the grants. It reads the clock
/// after it took an event. Requests to the API server run on virtual threads and come back as
/// events.
///
/// Everything here is that thread's own, but for what others put into the [Inbox] and for
/// [#start(Parts, Optional)], [#isAlive()], [#hasEnded()] and [#stop()].
final class RightLoop {

  private static final Logger LOG = LoggerFactory.getLogger(RightLoop.class);
  private static final long MEET_AGAIN_NANOS = 1_000_000_000L;

  /// A node without a Lease that was not heard for so long is not there any more.
  private static final long GONE_NANOS = 10_000_000_000L;

  /// Messages come in bursts, and each may be the one for which an address waits: whoever listens
  /// hears of the steps when nothing more is there, or after this time.
  private static final long SAY_NANOS = 5_000_000L;

  /// What there is only once the right has started.
  record Parts(Selector selector, LeaseMail mail, KeyWatch keys, RecordKeeper keeper) {}

  /// Whose right it is. Asked and told on this thread.
  interface Owner {
    /// False as long as addresses may be given in another way, and once this node stops.
    boolean mayHold();

    /// What others may see of the steps since the last time.
    ///
    /// @param quiet whether nothing of what was handed over waits for an answer
    void said(RightView view, Voters.Standing standing, boolean silentVoter, boolean quiet);

    /// It cannot go on.
    void failed(String why);
  }

  /// What was wanted last, and the view that it was computed from.
  ///
  /// @param nodes who should hold an address
  record Aims(RightView basis, Map<InetAddress, String> nodes) {}

  private final String node;
  private final LeaseMachine machine;
  private final Inbox inbox;
  private final Mesh mesh;
  private final Timeline timeline;
  private final LeaseSlots slots;
  private final Granting granting;
  private final Deaths deaths;
  private final Views views;
  private final OtherNodes others;
  private final OwnWord own;
  private final VoterStore store;
  private final MajorityMetrics metrics;
  private final Owner owner;

  private final Deque<LeaseMessage> toSelf = new ArrayDeque<>();
  private RightView view = RightView.NOTHING;
  private boolean unsaid;
  private boolean leasesKnown;
  private long startedAt;
  private long steppedAt;
  private long wakeAt;

  /// When to look at the others again, if an address could not be bound or one has no Lease.
  private OptionalLong meetAt = OptionalLong.empty();

  private volatile boolean stopping;
  private volatile @Nullable Thread thread;

  RightLoop(
      String node,
      LeaseMachine machine,
      Inbox inbox,
      Mesh mesh,
      Timeline timeline,
      LeaseSlots slots,
      Granting granting,
      Deaths deaths,
      OtherNodes others,
      OwnWord own,
      VoterStore store,
      MajorityMetrics metrics,
      Owner owner) {
    this.node = node;
    this.machine = machine;
    this.inbox = inbox;
    this.mesh = mesh;
    this.timeline = timeline;
    this.slots = slots;
    this.granting = granting;
    this.deaths = deaths;
    this.views = new Views(node);
    this.others = others;
    this.own = own;
    this.store = store;
    this.metrics = metrics;
    this.owner = owner;
  }

  /// @param kept the voters that this node followed before it was restarted
  void start(Parts parts, Optional<VoterRecord> kept) {
    startedAt = timeline.nanoTime();
    wakeAt = startedAt;
    inbox.wakes(parts.selector());
    thread = Thread.ofPlatform().name("vip-right").daemon(true).start(() -> run(parts, kept));
  }

  /// Waits until it has ended.
  void stop() {
    stopping = true;
    Thread running = thread;
    if (running == null) {
      return;
    }
    inbox.wake();
    try {
      running.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  boolean isAlive() {
    Thread running = thread;
    return running != null && running.isAlive();
  }

  /// Whether it ended though nobody stopped it.
  boolean hasEnded() {
    return thread != null && !stopping && !isAlive();
  }

  /// What this node should hold, and who should hold what it holds.
  LeaseEvent.Want want(Aims aims) {
    Map<InetAddress, Integer> ranks = new HashMap<>();
    aims.nodes()
        .forEach((address, wanted) -> {
          if (wanted.equals(node)) {
            ranks.put(address, 0);
          }
        });
    // Who said so did not know yet that the address is held here.
    granting
        .openedSince(aims.basis().recordVersion(), aims.nodes().keySet())
        .forEach(address -> ranks.put(address, 0));
    return new LeaseEvent.Want(owner.mayHold() ? ranks : Map.of(), successors(aims));
  }

  LeaseEvent.Leave leave(Aims aims) {
    return new LeaseEvent.Leave(successors(aims));
  }

  /// Who should hold what is held here.
  private Map<InetAddress, String> successors(Aims aims) {
    Map<InetAddress, String> successors = new HashMap<>();
    aims.nodes()
        .forEach((address, wanted) -> {
          if (!wanted.equals(node) && !wanted.equals(Right.NOBODY) && granting.has(address)) {
            successors.put(address, wanted);
          }
        });
    return successors;
  }

  /// What a proof of death means, see [Deaths].
  LeaseEvent died(Session session, InetAddress listened) {
    return deaths.proven(session, listened, timeline.nanoTime())
        ? new LeaseEvent.Died(session)
        : new LeaseEvent.Tick();
  }

  RightStanding standing() {
    return Standings.of(
        machine.report(timeline.nanoTime()), node, machine.view().live().keySet(), others.leases());
  }

  private void run(Parts parts, Optional<VoterRecord> kept) {
    Scheduling.shortSlices();
    try {
      step(new LeaseEvent.Began(kept, slots.aloneSince()), parts);
      while (!stopping) {
        turn(parts);
      }
    } catch (IOException | RuntimeException | Error e) {
      LOG.atError().setCause(e).log("the right failed");
      owner.failed("the right failed: " + e);
    } finally {
      granting.closeAll("this vip-manager ends");
      granting.tell();
      parts.mail().close();
      parts.keeper().stop();
    }
  }

  private void turn(Parts parts) throws IOException {
    boolean stepped = stepIfThereIsAnything(parts);
    if (unsaid && (!stepped || timeline.nanoTime() - steppedAt >= SAY_NANOS)) {
      unsaid = false;
      say(parts);
    }
    if (stepped) {
      return;
    }
    // After the tick, which ends a lease that has lapsed.
    if (granting.isWaiting()) {
      granting.some();
      granting.tell();
      return;
    }
    long left = Math.max(0, wakeAt - timeline.nanoTime());
    parts.selector().select(_ -> {}, Math.max(1, (left + 999_999) / 1_000_000));
  }

  private boolean stepIfThereIsAnything(Parts parts) throws IOException {
    Supplier<LeaseEvent> event = inbox.take();
    if (event != null) {
      step(event.get(), parts);
      return true;
    }
    // The clock is read after the event is there: see LeaseEvent.
    Optional<LeaseMail.Received> mail = parts.mail().receive(timeline.nanoTime());
    if (mail.isPresent()) {
      deaths.heard(mail.get().message().from(), mail.get().from(), timeline.nanoTime());
      if (owner.mayHold() || !(mail.get().message() instanceof LeaseMessage.HandOver)) {
        step(new LeaseEvent.Received(mail.get().message(), mail.get().network()), parts);
      }
      return true;
    }
    Optional<Session> dead = deaths.due(timeline.nanoTime());
    if (dead.isPresent()) {
      step(new LeaseEvent.Died(dead.get()), parts);
      return true;
    }
    if (wakeAt - timeline.nanoTime() <= 0) {
      step(new LeaseEvent.Tick(), parts);
      return true;
    }
    return false;
  }

  private void step(LeaseEvent event, Parts parts) throws IOException {
    long now = timeline.nanoTime();
    boolean due = meetAt.isPresent() && now - meetAt.getAsLong() >= 0;
    if (inbox.takeNewPeers() || due) {
      meet(parts, now);
    }
    perform(event, now, parts);
    // What this node sent to itself: its own vote is needed like any other.
    for (LeaseMessage mine = toSelf.poll(); mine != null; mine = toSelf.poll()) {
      perform(new LeaseEvent.Received(mine), timeline.nanoTime(), parts);
    }
    granting.tell();
    parts.keys().look(now);
    if (!unsaid) {
      unsaid = true;
      steppedAt = now;
    }
  }

  private void perform(LeaseEvent event, long now, Parts parts) throws IOException {
    for (LeaseAction action : machine.on(event, now)) {
      act(action, parts);
    }
  }

  /// Whom there is to talk to.
  private void meet(Parts parts, long now) throws IOException {
    Map<String, List<InetSocketAddress>> endpoints = new HashMap<>();
    Map<String, List<Lane>> lanes = new HashMap<>();
    others.keep();
    boolean withoutLease = forgetWhoIsGone(now);
    for (NodeLease lease : others.leases()) {
      endpoints.put(lease.node(), lease.mesh());
      lanes.put(lease.node(), Lane.to(mesh.endpoints(), own.links(), lease.mesh(), lease.links()));
    }
    parts.mail().isAt(mesh.endpoints());
    boolean listening = parts.mail().lanes(lanes);
    meetAt =
        listening && !withoutLease ? OptionalLong.empty() : OptionalLong.of(now + MEET_AGAIN_NANOS);
    mesh.peers(endpoints);
    deaths.peers(
        endpoints.entrySet().stream()
            .collect(
                Collectors.toMap(
                    Map.Entry::getKey,
                    entry ->
                        entry.getValue().stream()
                            .map(InetSocketAddress::getAddress)
                            .collect(Collectors.toSet()))));
    if (machine.begun()) {
      for (LeaseEvent event :
          List.of(
              new LeaseEvent.Peers(endpoints.keySet()),
              new LeaseEvent.Networks(Lane.networks(lanes)))) {
        for (LeaseAction action : machine.on(event, now)) {
          act(action, parts);
        }
      }
    } else {
      inbox.keepNewPeers();
    }
  }

  /// @return whether there are nodes without a Lease that are heard
  private boolean forgetWhoIsGone(long now) {
    Map<String, Long> heard = machine.begun() ? machine.report(now).heardNanosAgo() : Map.of();
    return others.forget(node -> heard.getOrDefault(node, now - startedAt) < GONE_NANOS);
  }

  private void act(LeaseAction action, Parts parts) throws IOException {
    switch (action) {
      case LeaseAction.Arm(var round, var nanos) -> slots.arm(round, nanos);
      case LeaseAction.Confirm(var round) -> slots.confirm(round);
      case LeaseAction.Open(var epochs, var known) -> {
        granting.open(epochs.keySet(), known, view.recordVersion() + 1);
        // Before all else that waits: nobody answers until then.
        granting.some();
      }
      case LeaseAction.Close(var addresses, var reason) -> granting.close(addresses, reason);
      case LeaseAction.Send(var to, var message) -> {
        if (to.equals(node)) {
          toSelf.add(message);
        } else {
          parts.mail().send(to, message);
        }
      }
      case LeaseAction.Keep(var record) -> parts.keeper().keep(record);
      case LeaseAction.ReadWitness() ->
          request(() -> Optional.of(new LeaseEvent.WitnessRead(store.readWitness())));
      case LeaseAction.WriteWitness(var base, var holder, var mark) -> {
        long sentAt = timeline.nanoTime();
        request(() ->
            store
                .writeWitness(base, holder, mark)
                .map(witness -> new LeaseEvent.WitnessWritten(witness, sentAt)));
      }
      case LeaseAction.WakeAt(var at) -> wakeAt = at;
    }
  }

  private void request(Supplier<Optional<? extends LeaseEvent>> request) {
    Thread.ofVirtual()
        .name("vip-witness")
        .start(() -> {
          Optional<? extends LeaseEvent> answer = Optional.empty();
          try {
            answer = request.get();
          } catch (KubeApiException | IllegalArgumentException e) {
            LOG.atWarn().addKeyValue("error", e.getMessage()).log("the witness cannot be had");
          }
          LeaseEvent event = answer.isPresent() ? answer.get() : new LeaseEvent.WitnessFailed();
          inbox.put(() -> event);
        });
  }

  /// What others may see of the steps since the last time.
  private void say(Parts parts) {
    boolean running = machine.leaseUntil() - timeline.nanoTime() > 0;
    if (others.areKnown() && !leasesKnown) {
      leasesKnown = true;
      inbox.keepNewPeers();
    }
    view = views.next(machine.view(), others.leases(), own.knownLinks());
    metrics.state(
        granting.size(), running, machine.record().map(known -> known.voters().size()).orElse(0));
    metrics.dropped(parts.mail().dropped());
    metrics.unheard(
        view.live().values().stream().mapToInt(peer -> peer.links().unheard().size()).sum());
    boolean changes = machine.changesVoters();
    owner.said(
        view,
        new Voters.Standing(
            machine.record(),
            machine.inForceAt().filter(at -> at - timeline.nanoTime() <= 0).isPresent(),
            changes,
            changes ? machine.joining() : Set.of()),
        machine.isSilentVoter(),
        machine.quiet());
  }
}
