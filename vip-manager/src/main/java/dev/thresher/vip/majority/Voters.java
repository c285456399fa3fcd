package dev.thresher.vip.majority;

import dev.thresher.api.names.OwnershipNames;
import dev.thresher.runtime.client.KubeApiException;
import dev.thresher.vip.lease.VoterCandidate;
import dev.thresher.vip.lease.VoterChange;
import dev.thresher.vip.lease.VoterChoice;
import dev.thresher.vip.lease.VoterRecord;
import dev.thresher.vip.lease.Witness;
import java.time.Duration;
import java.util.Collection;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Keeps the record of voters in the API server: reads it, founds it if that was asked for, and
/// changes it where this node is the one to do so. One virtual thread of its own.
final class Voters {

  private static final Logger LOG = LoggerFactory.getLogger(Voters.class);

  /// A second apart.
  private static final int LOOKS_BEFORE_FOUNDING = 4;

  /// A second apart: time for a Lease of a node that does not run to be known as one, and more.
  private static final int LOOKS_BEFORE_SAYING = 30;

  /// Reason of what is told when a record is not founded.
  static final String NOT_FOUNDED = "VotersNotFounded";

  /// Reason of what is told when nodes follow a record that the API server does not have.
  static final String LOST = "VoterRecordLost";

  /// Reason of what is told when the API server's record cannot be read.
  static final String DAMAGED = "VoterRecordDamaged";

  private static final String REMEDY =
      "; addresses are held and move as before, but no voter is replaced any more. On a node that"
          + " follows it run \"vip-manager voters force NODE,NODE --others-are-off\" with the"
          + " nodes that should vote (docs: the right by a majority)";

  /// What the loop of the right knows, as of its last step.
  ///
  /// @param record followed here, if any
  /// @param mayChange whether that record is in force
  /// @param changes whether this node is the one that changes it
  /// @param ready nodes that could become voters, as [LeaseMachine#joining] has it, if this node
  ///   changes the record
  record Standing(
      Optional<VoterRecord> record, boolean mayChange, boolean changes, Set<String> ready) {
    static final Standing NONE = new Standing(Optional.empty(), false, false);

    Standing {
      ready = Set.copyOf(ready);
    }

    /// Nobody could become one.
    Standing(Optional<VoterRecord> record, boolean mayChange, boolean changes) {
      this(record, mayChange, changes, Set.of());
    }

    /// Whether there may be something to change that could not be changed before.
    boolean allowsMoreThan(Standing before) {
      return changes && mayChange && !equals(before);
    }
  }

  private final VoterStore store;
  private final TakingOver takingOver;
  private final LeftWitness leftWitness;
  private final String node;
  private final MajorityConfig config;
  private final long cluster;
  private final Supplier<Standing> standing;
  private final Supplier<Optional<Collection<VoterCandidate>>> candidates;
  private final Supplier<Optional<SortedSet<String>>> unasked;
  private final Consumer<VoterRecord> seen;
  private final Consumer<Boolean> inForce;
  private final BiConsumer<String, String> warn;
  private final Consumer<Boolean> lost;
  private final Consumer<String> failed;
  private volatile boolean stopping;
  private volatile @Nullable Thread thread;
  private boolean told;
  private boolean tookOver;
  private int absent;
  private int behind;
  private boolean damaged;

  /// @param cluster random number, for a record that is founded here
  /// @param candidates nodes that run vip-manager; empty as long as it is not known which do
  /// @param unasked nodes that may follow a record and could not be asked yet; empty as long as it
  ///   is not known which nodes there are
  /// @param seen hears of each record that was read or written
  /// @param inForce hears whether addresses are given by a majority, or still by Leases
  /// @param warn hears a reason and a message that people should see at this node
  /// @param lost hears whether nodes follow a record that the API server does not have
  /// @param failed hears what makes it impossible to go on
  Voters(
      VoterStore store,
      TakingOver takingOver,
      LeftWitness leftWitness,
      String node,
      MajorityConfig config,
      long cluster,
      Supplier<Standing> standing,
      Supplier<Optional<Collection<VoterCandidate>>> candidates,
      Supplier<Optional<SortedSet<String>>> unasked,
      Consumer<VoterRecord> seen,
      Consumer<Boolean> inForce,
      BiConsumer<String, String> warn,
      Consumer<Boolean> lost,
      Consumer<String> failed) {
    this.store = store;
    this.takingOver = takingOver;
    this.leftWitness = leftWitness;
    this.inForce = inForce;
    this.node = node;
    this.config = config;
    this.cluster = cluster;
    this.standing = standing;
    this.candidates = candidates;
    this.unasked = unasked;
    this.seen = seen;
    this.warn = warn;
    this.lost = lost;
    this.failed = failed;
  }

  void start() {
    thread = Thread.ofVirtual().name("vip-voters").start(this::run);
  }

  /// What this rests on has changed.
  void hurry() {
    Thread running = thread;
    if (running != null) {
      LockSupport.unpark(running);
    }
  }

  void stop() {
    stopping = true;
    hurry();
  }

  private void run() {
    String said = "";
    while (!stopping) {
      Duration pause;
      String problem = "";
      try {
        pause = look() ? Duration.ofSeconds(1) : Duration.ofSeconds(10);
      } catch (KubeApiException | IllegalArgumentException e) {
        problem = String.valueOf(e.getMessage());
        pause = Duration.ofSeconds(1);
      } catch (RuntimeException | Error e) {
        LOG.atError().setCause(e).log("looking after the voters failed");
        failed.accept("looking after the voters failed: " + e);
        return;
      }
      // Without an API server it is the same each second, perhaps for hours.
      if (!problem.equals(said)) {
        said = problem;
        if (problem.isEmpty()) {
          LOG.info("the record of voters is known");
        } else {
          LOG.atWarn().addKeyValue("error", problem).log("the record of voters is not known");
        }
      }
      LockSupport.parkNanos(pause.toNanos());
    }
  }

  /// @return whether to look again soon
  boolean look() {
    if (!tookOver) {
      tookOver = takingOver.look();
      inForce.accept(tookOver);
      if (!tookOver) {
        return true;
      }
    }
    Optional<VoterStore.Stored> stored;
    try {
      stored = store.read();
    } catch (IllegalArgumentException e) {
      sayDamaged(e);
      return true;
    }
    damaged = false;
    if (stored.isEmpty()) {
      return found();
    }
    told = false;
    VoterStore.Stored base = stored.get();
    seen.accept(base.record());
    Standing now = standing.get();
    lookBehind(base.record(), now.record());
    if (!now.record().equals(Optional.of(base.record())) || !now.changes()) {
      return now.record().isEmpty();
    }
    leftWitness.look(base.record());
    Optional<Collection<VoterCandidate>> known = candidates.get();
    if (known.isEmpty()) {
      // The record can be read before the lists of nodes are there: nobody is gone by that.
      return true;
    }
    Optional<VoterChange> change =
        VoterChoice.next(
            base.record(),
            known.get(),
            now.ready(),
            () -> mayTakeWitness(base.record()),
            config.duration());
    if (change.isEmpty()) {
      return false;
    }
    if (now.mayChange()) {
      VoterRecord next = base.record().with(change.get());
      boolean written = store.change(base, next);
      LOG.atInfo()
          .addKeyValue("change", change.get())
          .addKeyValue("voters", next.voters())
          .addKeyValue("version", next.version())
          .addKeyValue("written", written)
          .log("changing the voters");
      if (written) {
        seen.accept(next);
      }
    }
    return true;
  }

  /// Whether no other node has the witness, and it belongs to these voters, if to any: who leans on
  /// it alone must not wait for another to lose it.
  private boolean mayTakeWitness(VoterRecord record) {
    Witness witness = store.readWitness();
    return witness.resourceVersion().isEmpty()
        || ((witness.holder().isEmpty() || witness.holder().startsWith(node + "/"))
            && witness.mark().cluster() == record.cluster()
            && witness.mark().version() <= record.version());
  }

  private void sayDamaged(IllegalArgumentException problem) {
    lost.accept(true);
    if (!damaged) {
      damaged = true;
      warn.accept(
          DAMAGED,
          "the API server's record of voters cannot be read and is ignored ("
              + problem.getMessage()
              + "). Write the annotation "
              + OwnershipNames.VOTERS
              + " of the Lease "
              + OwnershipNames.VOTERS_LEASE
              + " as it was, or remove it"
              + REMEDY);
    }
  }

  /// Nodes never follow an older record than theirs, nor one of another foundation.
  private void lookBehind(VoterRecord stored, Optional<VoterRecord> followed) {
    boolean older =
        followed.isPresent()
            && (followed.get().cluster() != stored.cluster()
                || followed.get().version() > stored.version());
    behind = older ? behind + 1 : 0;
    // Once it may only be that this node read before another one wrote.
    lost.accept(behind > 1);
    if (behind == 2) {
      warn.accept(
          LOST,
          "the API server's record of voters (version "
              + stored.version()
              + ") is not the one that is followed (version "
              + followed.map(VoterRecord::version).orElseThrow()
              + "): was etcd restored from a backup?"
              + REMEDY);
    }
  }

  private void waitFor(SortedSet<String> nodes) {
    if (absent >= LOOKS_BEFORE_SAYING && !told) {
      told = true;
      warn.accept(
          NOT_FOUNDED,
          "no voters are founded, because these nodes run vip-manager and cannot be asked whether"
              + " they follow some: "
              + String.join(", ", nodes)
              + ". Let their datagrams through (UDP, vip_mesh_port, in both directions), give them"
              + " the same keys (vip_mesh_keys), or stop vip-manager there");
    }
  }

  private boolean found() {
    Optional<VoterRecord> followed = standing.get().record();
    lost.accept(followed.isPresent());
    if (followed.isPresent() || !config.bootstrap()) {
      if (!told) {
        told = true;
        if (followed.isPresent()) {
          warn.accept(
              LOST,
              "the API server has no record of voters (Lease "
                  + OwnershipNames.VOTERS_LEASE
                  + "), version "
                  + followed.get().version()
                  + " is followed: was it deleted?"
                  + REMEDY);
        } else {
          LOG.warn("the API server has no record of voters: start one node with --bootstrap");
        }
      }
      return true;
    }
    // Nodes that follow a record tell it to whoever asks them: time for them to be heard.
    Optional<SortedSet<String>> silent = unasked.get();
    if (++absent < LOOKS_BEFORE_FOUNDING || silent.isEmpty()) {
      return true;
    }
    if (!silent.get().isEmpty()) {
      waitFor(silent.get());
      return true;
    }
    VoterRecord first = VoterRecord.found(cluster, node, config.duration());
    if (store.create(first)) {
      LOG.atInfo().addKeyValue("voters", first.voters()).log("founded the record of voters");
      seen.accept(first);
    }
    return true;
  }
}
