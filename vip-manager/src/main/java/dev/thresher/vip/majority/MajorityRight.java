package dev.thresher.vip.majority;

import dev.thresher.runtime.client.KubeApi;
import dev.thresher.runtime.informer.Informer;
import dev.thresher.runtime.informer.Informers;
import dev.thresher.runtime.metrics.Metrics;
import dev.thresher.runtime.time.Timeline;
import dev.thresher.vip.election.Grants;
import dev.thresher.vip.election.LeaseRight;
import dev.thresher.vip.election.NodeLinks;
import dev.thresher.vip.election.OwnLease;
import dev.thresher.vip.election.Right;
import dev.thresher.vip.election.RightConfig;
import dev.thresher.vip.election.RightStanding;
import dev.thresher.vip.election.RightView;
import dev.thresher.vip.l2.LeaseSlots;
import dev.thresher.vip.lease.Fnv1a;
import dev.thresher.vip.lease.LeaseEvent;
import dev.thresher.vip.lease.LeaseMachine;
import dev.thresher.vip.lease.Rehearsal;
import dev.thresher.vip.lease.Session;
import dev.thresher.vip.lease.VoterCandidate;
import dev.thresher.vip.lease.VoterRecord;
import dev.thresher.vip.majority.RightLoop.Aims;
import dev.thresher.vip.mesh.KeySource;
import dev.thresher.vip.mesh.KeyWatch;
import dev.thresher.vip.mesh.Mesh;
import dev.thresher.vip.mesh.MeshEvent;
import dev.thresher.vip.mesh.MeshKeys;
import dev.thresher.vip.sealing.Sealing;
import io.kubernetes.client.openapi.models.V1Lease;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.channels.Selector;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The right by a majority of voters: what the rest of the program asks and tells, while a
/// [RightLoop] runs the lease. The slots of the lease end in the kernel, where it can: see
/// [LeaseSlots].
public final class MajorityRight implements Right {

  private static final Logger LOG = LoggerFactory.getLogger(MajorityRight.class);
  private static final int REHEARSED = 30;

  /// How long a node that followed voters before it was restarted waits for the API server's word.
  private static final Duration PATIENCE = Duration.ofSeconds(1);

  private static final Duration ANSWER_WITHIN = Duration.ofSeconds(1);

  private final RightConfig config;
  private final MajorityConfig majority;
  private final Optional<Path> keysIn;
  private final Mesh mesh;
  private final Timeline timeline;
  private final Informer<V1Lease> leases;
  private final Session me;
  private final Voters voters;
  private final OwnWord own;
  private final OtherNodes others;
  private final Asked asked;
  private final MajorityMetrics metrics;
  private final MeshKeys meshKeys;
  private final BiConsumer<String, String> warn;
  private final Consumer<String> fatal;
  private final RightLoop loop;

  private final Inbox inbox = new Inbox();
  private final List<Consumer<RightView>> listeners = new CopyOnWriteArrayList<>();
  private final CountDownLatch resigned = new CountDownLatch(1);

  /// Whether addresses are given by a majority: nothing is held as long as they may be given by
  /// Leases.
  private enum Force {
    UNKNOWN,
    NOT_YET,
    YES
  }

  private volatile Force force = Force.UNKNOWN;
  private volatile Aims aims = new Aims(RightView.NOTHING, Map.of());
  private volatile RightView view = RightView.NOTHING;
  private volatile Voters.Standing standing = Voters.Standing.NONE;
  private volatile boolean silentVoter;
  private volatile boolean unkept;
  private volatile boolean leaving;

  /// @param keysIn directory with the shared keys, a file per key with its number as name; empty:
  ///   the messages are not authenticated
  /// @param candidates the nodes of the cluster, as possible voters; empty as long as they are not
  ///   known
  /// @param grants acts on the right
  /// @param slots the kernel's clock over what was granted
  /// @param warn hears a reason and a message that people should see at this node
  /// @param fatal hears what makes it impossible to go on; the program should end then
  public MajorityRight(
      RightConfig config,
      MajorityConfig majority,
      Optional<Path> keysIn,
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
    this.keysIn = keysIn;
    this.mesh = mesh;
    this.timeline = timeline;
    this.warn = warn;
    this.fatal = fatal;
    this.leases = LeaseRight.leases(informers, config);
    this.me = session(config.node(), config.process());
    this.asked = new Asked(config.node(), timeline::nanoTime);
    this.others = new OtherNodes(config.node(), leases::hasSynced, inbox::newPeers);
    this.own =
        new OwnWord(
            new OwnLease(api, config),
            mesh::endpoints,
            // To nodes that go by Leases this one is no candidate before they are gone.
            () -> leaving || force != Force.YES,
            timeline,
            () -> inbox.put(LeaseEvent.Tick::new));
    var store = new VoterStore(api, config.namespace());
    this.metrics = new MajorityMetrics(metrics);
    this.voters =
        new Voters(
            store,
            new TakingOver(store, config.times().leaseDuration(), timeline::nanoTime),
            new LeftWitness(store, timeline::nanoTime, warn),
            config.node(),
            majority,
            new SecureRandom().nextLong(),
            () -> standing,
            () -> candidates.get().flatMap(others::among),
            this::unasked,
            record -> inbox.put(() -> new LeaseEvent.VotersSeen(record)),
            this::inForce,
            warn,
            this.metrics::lost,
            fatal);
    this.meshKeys = new MeshKeys(metrics);
    this.loop =
        new RightLoop(
            config.node(),
            new LeaseMachine(me, majority.lease(), new SecureRandom()),
            inbox,
            mesh,
            timeline,
            slots,
            new Granting(grants),
            new Deaths(majority.lease().beat().toNanos()),
            others,
            own,
            store,
            this.metrics,
            new LoopsOwner());
    mesh.onEvent(event -> {
      if (event instanceof MeshEvent.Died(var node, var process, var listened)) {
        Session dead = session(node, process);
        inbox.put(() -> loop.died(dead, listened));
      }
    });
    mesh.onMove(() -> {
      if (loop.isAlive()) {
        own.sayNow();
        inbox.newPeers();
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
    // For static pods they are on the node's disk, and one that hangs must not cost the lease.
    KeySource keys =
        new KeySource(
            keysIn,
            reading -> Thread.ofPlatform().name("vip-keys").daemon(true).start(reading),
            timeline.nanoTime());
    Optional<VoterFile> file = Optional.empty();
    if (majority.state().isPresent()) {
      file = Optional.of(new VoterFile(majority.state().get()));
      others.keptIn(new NodesFile(majority.state().get()));
    }
    Optional<VoterRecord> kept = file.isPresent() ? file.get().read() : Optional.empty();
    Sealing sealing = new Sealing(config.node(), me.process(), keys.ring(), new SecureRandom());
    LeaseMail mail =
        new LeaseMail(
            sealing,
            meshKeys,
            opened,
            node -> {
              asked.believes(node);
              inbox.keep(() -> new LeaseEvent.KnownTo(node));
            });
    mail.bind(mesh.endpoints());
    if (keysIn.isPresent()) {
      mesh.keys(keys.ring());
    }
    mesh.session(1);
    leases.onChange(others::seen);
    leases.onChange(own::seen);
    leases.onChange(asked::seen);
    var watched =
        new KeyWatch(
            keys,
            ring -> {
              sealing.keys(ring);
              mesh.keys(ring);
            },
            mail::nodes,
            meshKeys,
            warn,
            timeline.nanoTime());
    var keeper =
        new RecordKeeper(
            file, record -> inbox.put(() -> new LeaseEvent.VotersKept(record)), warn, this::unkept);
    loop.start(new RightLoop.Parts(opened, mail, watched, keeper), kept);
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
    own.stop();
    voters.stop();
    loop.stop();
  }

  @Override
  public void want(RightView basis, Map<InetAddress, String> wanted) {
    aims = new Aims(basis, Map.copyOf(wanted));
    want();
  }

  private Optional<SortedSet<String>> unasked() {
    return others.areKnown() ? Optional.of(asked.notYet(view.live().keySet())) : Optional.empty();
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
    inbox.put(() -> loop.want(aims));
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
      inbox.newPeers();
    }
  }

  @Override
  public boolean resign(Map<InetAddress, String> aims, Duration atMost) {
    if (!loop.isAlive()) {
      return true;
    }
    Aims last = new Aims(view, Map.copyOf(aims));
    this.aims = last;
    own.stop();
    leaving = true;
    inbox.put(() -> loop.leave(last));
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
    var answer = new CompletableFuture<RightStanding>();
    if (loop.isAlive()) {
      inbox.put(() -> {
        // Whatever is wrong with the answer must not end the right.
        try {
          answer.complete(loop.standing());
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
    return loop.hasEnded()
        ? Optional.of("the thread of the right has ended, see the log")
        : Optional.empty();
  }

  @Override
  public Optional<String> unready() {
    if (silentVoter) {
      return Optional.of(
          "this node is a voter and promises nothing yet: what it promised before its start may"
              + " still count");
    }
    return unkept
        ? Optional.of("this node cannot write the record of voters down, and does not follow it")
        : Optional.empty();
  }

  private void unkept(boolean now) {
    unkept = now;
    metrics.unkept(now);
  }

  private static Session session(String node, String process) {
    return new Session(node, new Fnv1a().add(process.getBytes(StandardCharsets.UTF_8)).value());
  }

  private final class LoopsOwner implements RightLoop.Owner {

    @Override
    public boolean mayHold() {
      return !leaving && force == Force.YES;
    }

    @Override
    public void said(RightView changed, Voters.Standing followed, boolean silent, boolean quiet) {
      if (changed.recordVersion() != view.recordVersion()) {
        view = changed;
        listeners.forEach(listener -> listener.accept(changed));
      }
      boolean more = followed.allowsMoreThan(standing);
      standing = followed;
      if (more) {
        voters.hurry();
      }
      silentVoter = silent;
      if (leaving && quiet) {
        resigned.countDown();
      }
    }

    @Override
    public void failed(String why) {
      fatal.accept(why);
    }
  }
}
