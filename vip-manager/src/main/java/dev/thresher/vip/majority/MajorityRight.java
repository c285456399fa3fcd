package dev.thresher.vip.majority;

import dev.thresher.runtime.client.KubeApi;
import dev.thresher.runtime.client.KubeApiException;
import dev.thresher.runtime.informer.Informer;
import dev.thresher.runtime.informer.Informers;
import dev.thresher.runtime.metrics.Metrics;
import dev.thresher.runtime.time.Timeline;
import dev.thresher.vip.election.Grants;
import dev.thresher.vip.election.LeaseRight;
import dev.thresher.vip.election.NodeLease;
import dev.thresher.vip.election.NodeLinks;
import dev.thresher.vip.election.OwnLease;
import dev.thresher.vip.election.Right;
import dev.thresher.vip.election.RightConfig;
import dev.thresher.vip.election.RightStanding;
import dev.thresher.vip.election.RightView;
import dev.thresher.vip.l2.LeaseSlots;
import dev.thresher.vip.lease.Fnv1a;
import dev.thresher.vip.lease.LeaseAction;
import dev.thresher.vip.lease.LeaseEvent;
import dev.thresher.vip.lease.LeaseMachine;
import dev.thresher.vip.lease.LeaseMessage;
import dev.thresher.vip.lease.Rehearsal;
import dev.thresher.vip.lease.Session;
import dev.thresher.vip.lease.VoterCandidate;
import dev.thresher.vip.lease.VoterRecord;
import dev.thresher.vip.linux.Scheduling;
import dev.thresher.vip.mesh.Mesh;
import dev.thresher.vip.mesh.MeshEvent;
import dev.thresher.vip.sealing.Sealing;
import io.kubernetes.client.openapi.models.V1Lease;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.Selector;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The right by a majority of voters: [LeaseMachine] with a clock, a thread and I/O.
///
/// One platform thread of its own runs the machine, the datagrams and the [Grants]; it reads the
/// clock after it took an event. Requests to the API server run on virtual threads and come back as
/// events. The slots of the lease end in the kernel, where it can: see [LeaseSlots].
public final class MajorityRight implements Right {

  private static final Logger LOG = LoggerFactory.getLogger(MajorityRight.class);
  private static final long LISTEN_AGAIN_NANOS = 1_000_000_000L;

  private static final long LOOK_AT_KEYS_NANOS = 1_000_000_000L;
  private static final int REHEARSED = 30;

  /// Messages come in bursts, and each may be the one for which an address waits: whoever listens
  /// hears of the steps when nothing more is there, or after this time.
  private static final long SAY_NANOS = 5_000_000L;

  /// How long a node that followed voters before it was restarted waits for the API server's word.
  private static final Duration PATIENCE = Duration.ofSeconds(1);

  private static final Duration ANSWER_WITHIN = Duration.ofSeconds(1);

  private final RightConfig config;
  private final MajorityConfig majority;
  private final Mesh mesh;
  private final Timeline timeline;
  private final LeaseSlots slots;
  private final Consumer<String> fatal;
  private final Informer<V1Lease> leases;
  private final Session me;
  private final LeaseMachine machine;
  private final VoterStore store;
  private final Voters voters;
  private final OwnWord own;
  private final MajorityMetrics metrics;
  private final MeshKeys meshKeys;
  private final BiConsumer<String, String> warn;

  private final Queue<Supplier<LeaseEvent>> events = new ConcurrentLinkedQueue<>();
  private final List<Consumer<RightView>> listeners = new CopyOnWriteArrayList<>();
  private final OtherNodes others;

  private final CountDownLatch resigned = new CountDownLatch(1);

  /// Whether addresses are given by a majority: nothing is held as long as they may be given by
  /// Leases.
  private enum Force {
    UNKNOWN,
    NOT_YET,
    YES
  }

  private volatile Force force = Force.UNKNOWN;

  /// What was wanted last, and the view that it was computed from.
  private record Aims(RightView basis, Map<InetAddress, String> nodes) {}

  private volatile Aims aims = new Aims(RightView.NOTHING, Map.of());
  private volatile RightView view = RightView.NOTHING;
  private volatile Voters.Standing standing = Voters.Standing.NONE;
  private volatile boolean silentVoter;
  private volatile boolean peersChanged = true;
  private volatile boolean stopping;
  private volatile boolean leaving;
  private volatile @Nullable Thread loop;
  private volatile @Nullable Selector selector;

  // The loop's own.
  private final Granting granting;
  private final Views views;
  private final Deque<LeaseMessage> toSelf = new ArrayDeque<>();
  private boolean unsaid;
  private boolean leasesKnown;
  private long steppedAt;
  private long wakeAt;
  private long lookedAt;

  /// When to try again to listen on an address, if there is one that could not be bound.
  private OptionalLong meetAt = OptionalLong.empty();

  /// @param candidates the nodes of the cluster, as possible voters; empty as long as they are not
  ///   known
  /// @param grants acts on the right
  /// @param slots the kernel's clock over what was granted
  /// @param warn hears a reason and a message that people should see at this node
  /// @param fatal hears what makes it impossible to go on; the program should end then
  public MajorityRight(
      RightConfig config,
      MajorityConfig majority,
      KubeApi api,
      Informers informers,
      Mesh mesh,
      Timeline timeline,
      Supplier<Optional<Collection<VoterCandidate>>> candidates,
      Grants grants,
      LeaseSlots slots,
      Metrics metrics,
      BiConsumer<String, String> warn,
      Consumer<String> fatal) {
    this.config = config;
    this.majority = majority;
    this.mesh = mesh;
    this.timeline = timeline;
    this.granting = new Granting(grants);
    this.views = new Views(config.node());
    this.slots = slots;
    this.fatal = fatal;
    this.leases = LeaseRight.leases(informers, config);
    this.me = session(config.node(), config.process());
    this.machine = new LeaseMachine(me, majority.lease(), new SecureRandom());
    this.store = new VoterStore(api, config.namespace());
    this.others = new OtherNodes(config.node(), leases::hasSynced, this::newPeers);
    this.own =
        new OwnWord(
            new OwnLease(api, config),
            mesh::endpoints,
            // To nodes that go by Leases this one is no candidate before they are gone.
            () -> leaving || force != Force.YES,
            timeline,
            () -> hear(LeaseEvent.Tick::new));
    var numbers = new MajorityMetrics(metrics);
    this.metrics = numbers;
    this.voters =
        new Voters(
            store,
            new TakingOver(store, config.times().leaseDuration(), timeline::nanoTime),
            config.node(),
            majority,
            new SecureRandom().nextLong(),
            () -> standing,
            () -> candidates.get().flatMap(others::among),
            record -> hear(() -> new LeaseEvent.VotersSeen(record)),
            this::inForce,
            warn,
            numbers::lost);
    this.meshKeys = new MeshKeys(metrics);
    this.warn = warn;
    mesh.onEvent(event -> {
      if (event instanceof MeshEvent.Died(var node, var process)) {
        Session dead = session(node, process);
        hear(() -> new LeaseEvent.Died(dead));
      }
    });
  }

  @Override
  public String name() {
    return "right";
  }

  @Override
  public void start() throws IOException {
    Selector opened = Selector.open();
    KeySource keys = new KeySource(majority.keys(), timeline.nanoTime());
    Optional<VoterFile> file = Optional.empty();
    if (majority.state().isPresent()) {
      file = Optional.of(new VoterFile(majority.state().get()));
      others.keptIn(new NodesFile(majority.state().get()));
    }
    Optional<VoterRecord> kept = file.isPresent() ? file.get().read() : Optional.empty();
    Sealing sealing = new Sealing(config.node(), me.process(), keys.ring(), new SecureRandom());
    LeaseMail mail =
        new LeaseMail(
            sealing, meshKeys, opened, node -> events.add(() -> new LeaseEvent.KnownTo(node)));
    mail.bind(mesh.endpoints());
    if (majority.keys().isPresent()) {
      mesh.keys(keys.ring());
    }
    mesh.session(1);
    leases.onChange(others::seen);
    wakeAt = timeline.nanoTime();
    lookedAt = wakeAt;
    selector = opened;
    Loop running = new Loop(opened, mail, sealing, keys, file);
    loop = Thread.ofPlatform().name("vip-right").daemon(true).start(() -> run(running, kept));
    own.start();
    voters.start();
    // While this node's voter is silent there is time.
    Thread.ofPlatform()
        .name("vip-rehearsal")
        .daemon(true)
        .start(() -> Rehearsal.run(REHEARSED, new RehearsedMail()::carry));
    if (kept.isPresent()) {
      timeline.after(
          PATIENCE,
          () -> {
            if (force == Force.UNKNOWN) {
              force(Force.YES);
            }
          });
    }
  }

  @Override
  public void stop() {
    stopping = true;
    own.stop();
    voters.stop();
    Thread running = loop;
    Selector open = selector;
    if (running == null || open == null) {
      return;
    }
    open.wakeup();
    try {
      running.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void want(RightView basis, Map<InetAddress, String> wanted) {
    aims = new Aims(basis, Map.copyOf(wanted));
    want();
  }

  private void inForce(boolean now) {
    force(now ? Force.YES : Force.NOT_YET);
  }

  private void force(Force now) {
    if (now != force) {
      force = now;
      LOG.atInfo().addKeyValue("inForce", now).log("whether a majority gives addresses");
      own.sayNow();
      want();
    }
  }

  private void want() {
    hear(() -> {
      Aims last = aims;
      Map<InetAddress, Integer> ranks = new HashMap<>();
      last.nodes()
          .forEach((address, node) -> {
            if (node.equals(config.node())) {
              ranks.put(address, 0);
            }
          });
      Map<InetAddress, String> successors = successors(last.nodes());
      // Who said so did not know yet that the address is held here.
      granting
          .openedSince(last.basis().recordVersion(), last.nodes().keySet())
          .forEach(address -> ranks.put(address, 0));
      return new LeaseEvent.Want(mayHold() ? ranks : Map.of(), successors);
    });
  }

  /// Nothing is held as long as Leases may give it, or once this node stops.
  private boolean mayHold() {
    return !leaving && force == Force.YES;
  }

  /// Who should hold what is held here.
  private Map<InetAddress, String> successors(Map<InetAddress, String> nodes) {
    Map<InetAddress, String> successors = new HashMap<>();
    nodes.forEach((address, node) -> {
      if (!node.equals(config.node()) && !node.equals(NOBODY) && granting.has(address)) {
        successors.put(address, node);
      }
    });
    return successors;
  }

  @Override
  public RightView view() {
    return view;
  }

  /// The record of voters that this node follows, as of the last step.
  public Optional<VoterRecord> followed() {
    return standing.record();
  }

  @Override
  public void onChange(Consumer<RightView> listener) {
    listeners.add(listener);
  }

  @Override
  public void links(NodeLinks changed) {
    if (own.links(changed)) {
      newPeers();
    }
  }

  @Override
  public boolean resign(Map<InetAddress, String> aims, Duration atMost) {
    Thread running = loop;
    if (running == null || !running.isAlive()) {
      return true;
    }
    this.aims = new Aims(view, Map.copyOf(aims));
    own.stop();
    leaving = true;
    hear(() -> new LeaseEvent.Leave(successors(aims)));
    try {
      boolean known = resigned.await(atMost.toNanos(), TimeUnit.NANOSECONDS);
      own.sayNow().join(Duration.ofMillis(500));
      return known;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  @Override
  public RightStanding standing() {
    Thread running = loop;
    var answer = new CompletableFuture<RightStanding>();
    if (running != null && running.isAlive()) {
      hear(() -> {
        // Whatever is wrong with the answer must not end the right.
        try {
          answer.complete(
              Standings.of(
                  machine.report(timeline.nanoTime()),
                  config.node(),
                  machine.view().live().keySet(),
                  others.leases()));
        } catch (RuntimeException e) {
          answer.completeExceptionally(e);
        }
        return new LeaseEvent.Tick();
      });
    }
    try {
      return answer.get(ANSWER_WITHIN.toNanos(), TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return RightStanding.unknown(RightStanding.By.MAJORITY, "interrupted");
    } catch (TimeoutException e) {
      return RightStanding.unknown(
          RightStanding.By.MAJORITY, "the thread of the right did not answer within a second");
    } catch (ExecutionException e) {
      throw new IllegalStateException("the standing of the right", e.getCause());
    }
  }

  @Override
  public Optional<String> problem() {
    Thread running = loop;
    if (running != null && !stopping && !running.isAlive()) {
      return Optional.of("the thread of the right has ended, see the log");
    }
    return Optional.empty();
  }

  @Override
  public Optional<String> unready() {
    return silentVoter
        ? Optional.of(
            "this node is a voter and promises nothing yet: what it promised before its start may"
                + " still count")
        : Optional.empty();
  }

  private void newPeers() {
    peersChanged = true;
    hear(LeaseEvent.Tick::new);
  }

  private void hear(Supplier<LeaseEvent> event) {
    events.add(event);
    Selector open = selector;
    if (open != null) {
      open.wakeup();
    }
  }

  private void run(Loop parts, Optional<VoterRecord> kept) {
    Scheduling.shortSlices();
    try {
      step(new LeaseEvent.Began(kept, slots.aloneSince()), parts);
      while (!stopping) {
        turn(parts);
      }
    } catch (IOException | RuntimeException | Error e) {
      LOG.atError().setCause(e).log("the right failed");
      fatal.accept("the right failed: " + e);
    } finally {
      granting.closeAll("this vip-manager ends");
      granting.tell();
      parts.mail().close();
    }
  }

  private void turn(Loop parts) throws IOException {
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

  private boolean stepIfThereIsAnything(Loop parts) throws IOException {
    Supplier<LeaseEvent> event = events.poll();
    if (event != null) {
      step(event.get(), parts);
      return true;
    }
    // The clock is read after the event is there: see LeaseEvent.
    Optional<LeaseMail.Received> mail = parts.mail().receive(timeline.nanoTime());
    if (mail.isPresent()) {
      if (mayHold() || !(mail.get().message() instanceof LeaseMessage.HandOver)) {
        step(new LeaseEvent.Received(mail.get().message(), mail.get().network()), parts);
      }
      return true;
    }
    if (wakeAt - timeline.nanoTime() <= 0) {
      step(new LeaseEvent.Tick(), parts);
      return true;
    }
    return false;
  }

  private void step(LeaseEvent event, Loop parts) throws IOException {
    long now = timeline.nanoTime();
    if (peersChanged || (meetAt.isPresent() && now - meetAt.getAsLong() >= 0)) {
      peersChanged = false;
      meet(parts, now);
    }
    perform(event, now, parts);
    // What this node sent to itself: its own vote is needed like any other.
    for (LeaseMessage own = toSelf.poll(); own != null; own = toSelf.poll()) {
      perform(new LeaseEvent.Received(own), timeline.nanoTime(), parts);
    }
    granting.tell();
    lookAtKeys(parts, now);
    if (!unsaid) {
      unsaid = true;
      steppedAt = now;
    }
  }

  private void perform(LeaseEvent event, long now, Loop parts) throws IOException {
    for (LeaseAction action : machine.on(event, now)) {
      act(action, parts);
    }
  }

  private void lookAtKeys(Loop parts, long now) {
    parts
        .keys()
        .changed(now)
        .ifPresent(ring -> {
          parts.sealing().keys(ring);
          mesh.keys(ring);
        });
    if (now - lookedAt >= LOOK_AT_KEYS_NANOS) {
      lookedAt = now;
      meshKeys
          .look(parts.keys().problem(), parts.mail().nodes(), now)
          .forEach(trouble -> warn.accept(trouble.reason(), trouble.message()));
    }
  }

  /// Whom there is to talk to.
  private void meet(Loop parts, long now) throws IOException {
    Map<String, List<InetSocketAddress>> endpoints = new HashMap<>();
    Map<String, List<Lane>> lanes = new HashMap<>();
    others.keep();
    for (NodeLease lease : others.leases()) {
      endpoints.put(lease.node(), lease.mesh());
      lanes.put(lease.node(), Lane.to(mesh.endpoints(), own.links(), lease.mesh(), lease.links()));
    }
    meetAt =
        parts.mail().lanes(lanes)
            ? OptionalLong.empty()
            : OptionalLong.of(now + LISTEN_AGAIN_NANOS);
    mesh.peers(endpoints);
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
      peersChanged = true;
    }
  }

  private void act(LeaseAction action, Loop parts) throws IOException {
    switch (action) {
      case LeaseAction.Arm(var round, var nanos) -> slots.arm(round, nanos);
      case LeaseAction.Confirm(var round) -> slots.confirm(round);
      case LeaseAction.Open(var epochs, var known) -> {
        granting.open(epochs.keySet(), known, view.recordVersion() + 1);
        // Before all else that waits: nobody answers until then.
        granting.some();
      }
      case LeaseAction.Close(var addresses, var reason) -> granting.close(addresses, reason);
      case LeaseAction.Send(var node, var message) -> {
        if (node.equals(config.node())) {
          toSelf.add(message);
        } else {
          parts.mail().send(node, message);
        }
      }
      case LeaseAction.Keep(var record) -> {
        if (parts.file().isPresent()) {
          parts.file().get().write(record);
        }
        events.add(() -> new LeaseEvent.VotersKept(record));
      }
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
          hear(() -> event);
        });
  }

  /// What others may see of the steps since the last time.
  private void say(Loop parts) {
    boolean running = machine.leaseUntil() - timeline.nanoTime() > 0;
    if (leases.hasSynced() && !leasesKnown) {
      leasesKnown = true;
      peersChanged = true;
    }
    RightView changed = views.next(machine.view(), others.leases(), own.knownLinks());
    if (changed.recordVersion() != view.recordVersion()) {
      view = changed;
      listeners.forEach(listener -> listener.accept(changed));
    }
    standing =
        new Voters.Standing(
            machine.record(),
            machine.inForceAt().filter(at -> at - timeline.nanoTime() <= 0).isPresent(),
            machine.changesVoters());
    silentVoter = machine.isSilentVoter();
    metrics.state(
        granting.size(), running, machine.record().map(known -> known.voters().size()).orElse(0));
    metrics.dropped(parts.mail().dropped());
    metrics.unheard(
        view.live().values().stream().mapToInt(node -> node.links().unheard().size()).sum());
    if (leaving && machine.quiet()) {
      resigned.countDown();
    }
  }

  private static Session session(String node, String process) {
    return new Session(node, new Fnv1a().add(process.getBytes(StandardCharsets.UTF_8)).value());
  }

  private record Loop(
      Selector selector,
      LeaseMail mail,
      Sealing sealing,
      KeySource keys,
      Optional<VoterFile> file) {}
}
