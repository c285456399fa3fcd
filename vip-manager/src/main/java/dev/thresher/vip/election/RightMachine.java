package dev.thresher.vip.election;

import dev.thresher.vip.l2.Claim;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/// One node's part in the right by Leases, without clock, threads or I/O: the same events at the
/// same times give the same actions. Confined to one thread.
///
/// A node may hold an address while (1) its session runs, that is its Lease was renewed less than
/// the renew deadline ago, counted from sending, and (2) the newest record it knows gives the
/// address to exactly this session. That a record is old does no harm: an entry of a session that
/// runs is changed by nobody but that session ([RecordPlan]). A session that lapsed is never
/// continued.
public final class RightMachine {

  private static final long RETRY_NANOS = 200_000_000L;

  private final String me;
  private final OwnSession own;
  private final Peers peers;

  private @Nullable HoldersRecord record;
  private long acceptedAt;
  private boolean recordAbsent;
  private boolean recordStale = true;
  private boolean reading;
  private long readAt;
  private boolean writing;
  private long writeAt;

  private @Nullable Map<InetAddress, String> aims;
  private long aimsVersion;
  private final Set<InetAddress> granted = new TreeSet<>(AddressGroup.ORDER);

  /// Revoked for a write of the version named: not ours again before the record is a later one.
  private final Map<InetAddress, Long> unsure = new HashMap<>();

  /// Addresses that had an entry when the record was first or last seen: theirs is no first claim.
  private final Set<InetAddress> known = new HashSet<>();

  /// What this node should take, and the record has no room for.
  private Set<InetAddress> left = Set.of();

  private boolean resigning;
  private boolean resigned;
  private RightView published = RightView.NOTHING;

  /// @param process random name of this process
  /// @param wallMillis wall clock: only makes session numbers grow across lost Leases
  RightMachine(
      String me, String process, RightTimes times, NodeLinks links, LongSupplier wallMillis) {
    this.me = me;
    this.own = new OwnSession(me, process, times, links, wallMillis);
    this.peers = new Peers(times);
  }

  /// Addresses granted now.
  Set<InetAddress> granted() {
    return Set.copyOf(granted);
  }

  /// Until when, in monotonic nanoseconds, what is granted may be held without a further word.
  long entitledUntil() {
    return own.entitledUntil();
  }

  /// Nodes that are known and can be given nothing, with the reason.
  SortedMap<String, String> silent(long now) {
    return peers.silent(now);
  }

  /// Addresses that this node should hold, and nobody can, because the record of holders is full.
  Set<InetAddress> left() {
    return left;
  }

  boolean hasSession() {
    return own.session().isPresent();
  }

  /// One step.
  ///
  /// @param now monotonic nanoseconds, never less than at the step before
  List<RightAction> on(RightEvent event, long now) {
    List<RightAction> out = new ArrayList<>();
    lapse(now, out);
    switch (event) {
      case RightEvent.Began() -> {
        own.began(now);
        readAt = now;
      }
      case RightEvent.Tick() -> {}
      case RightEvent.OwnLeaseRead(var lease) ->
          own.read(lease, now)
              .ifPresent(why -> {
                revokeAll("another process has this node's name", out);
                out.add(new RightAction.Fail(why));
              });
      case RightEvent.OwnLeaseReadFailed(_) -> own.readFailed(now);
      case RightEvent.Renewed(var lease, var sentAt) -> {
        long before = own.entitledUntil();
        boolean begins = own.renewed(lease, sentAt, now);
        if (own.entitledUntil() != before) {
          out.add(new RightAction.Entitled(sentAt));
        }
        if (begins) {
          unsure.clear();
          out.add(new RightAction.BeginSession(own.session().orElseThrow()));
        }
      }
      case RightEvent.RenewConflict() -> own.conflict(now);
      case RightEvent.RenewFailed(_) -> own.renewFailed(now);
      case RightEvent.PeerSeen(var lease) -> {
        if (!lease.node().equals(me)) {
          peers.seen(lease, now);
        }
      }
      case RightEvent.PeerVanished(var node) -> peers.vanished(node, now);
      case RightEvent.PeerConfirmed(var node, var lease, var sentAt) ->
          peers.confirmed(node, lease, recordedNumbers(node), sentAt, now);
      case RightEvent.PeerConfirmFailed(var node) -> peers.confirmFailed(node, now + RETRY_NANOS);
      case RightEvent.ProcessDied(var node, var process) -> peers.processDied(node, process);
      case RightEvent.SessionHeard(var node, var session) -> peers.sessionHeard(node, session, now);
      case RightEvent.RecordHint(var version) -> {
        if (record == null || record.version() < version) {
          recordStale = true;
          readAt = now;
        }
      }
      case RightEvent.RecordSeen(var seen) -> {
        if (record != null && record.uid().equals(seen.uid())) {
          accept(seen, now);
        } else {
          // Another object than the one known, or the first: the server says which is in force.
          recordStale = true;
          readAt = now;
        }
      }
      case RightEvent.RecordVanished() -> {
        recordStale = true;
        readAt = now;
      }
      case RightEvent.RecordRead(var read, var sentAt) -> {
        reading = false;
        recordStale = false;
        if (isFromBefore(read, sentAt)) {
          recordStale = true;
          readAt = now;
        } else if (read.isPresent()) {
          accept(read.get(), now);
        } else {
          record = null;
          recordAbsent = true;
          unsure.clear();
        }
      }
      case RightEvent.RecordReadFailed(_) -> {
        reading = false;
        readAt = now + RETRY_NANOS;
      }
      case RightEvent.RecordWritten(var written) -> {
        writing = false;
        accept(written, now);
        out.add(new RightAction.Announce(written.version()));
      }
      case RightEvent.RecordConflict() -> {
        writing = false;
        recordStale = true;
        readAt = now;
      }
      case RightEvent.RecordWriteFailed(_) -> {
        writing = false;
        recordStale = true;
        readAt = now;
        writeAt = now + RETRY_NANOS;
      }
      case RightEvent.Want(var wanted, var version) -> {
        if (!resigning) {
          aims = wanted;
          aimsVersion = version;
        }
      }
      case RightEvent.LinksChanged(var links) -> out.addAll(own.links(links, now));
      case RightEvent.Resign(var to) -> {
        resigning = true;
        aims = to;
        aimsVersion = Long.MAX_VALUE;
        revokeAll("this vip-manager stops", out);
      }
    }
    settle(now, out);
    return out;
  }

  private void lapse(long now, List<RightAction> out) {
    if (own.lapses(now)) {
      revokeAll("the own Lease could not be renewed in time", out);
    }
  }

  private void revokeAll(String reason, List<RightAction> out) {
    if (!granted.isEmpty()) {
      out.add(new RightAction.Revoke(AddressGroup.sorted(granted), reason));
      granted.clear();
    }
  }

  /// Whether an answer says that there is none, or another one, to a question that is older than
  /// what is known.
  private boolean isFromBefore(Optional<HoldersRecord> read, long sentAt) {
    HoldersRecord present = record;
    return present != null
        && acceptedAt - sentAt > 0
        && read.filter(answer -> answer.uid().equals(present.uid())).isEmpty();
  }

  private void accept(HoldersRecord seen, long now) {
    if (record != null && record.uid().equals(seen.uid()) && seen.version() < record.version()) {
      return;
    }
    boolean other = record == null || !record.uid().equals(seen.uid());
    known.clear();
    if (record != null && !other) {
      known.addAll(record.holders().keySet());
    } else if (!recordAbsent) {
      known.addAll(seen.holders().keySet());
    }
    record = seen;
    acceptedAt = now;
    recordAbsent = false;
    recordStale = false;
    if (other) {
      unsure.clear();
    } else {
      unsure.values().removeIf(version -> version < seen.version());
    }
    seen.holders().values().stream()
        .map(Holder::node)
        .filter(node -> !node.equals(me))
        .forEach(node -> peers.named(node, now));
  }

  private void settle(long now, List<RightAction> out) {
    own.session()
        .ifPresent(session -> {
          grant(session, out);
          write(session, now, out);
        });
    out.addAll(own.due(now));
    if (recordStale && !reading && !writing && now - readAt >= 0) {
      reading = true;
      out.add(new RightAction.ReadRecord());
    }
    for (String node : peers.due(now)) {
      peers.confirming(node);
      out.add(new RightAction.ConfirmLease(node));
    }
    publish(out);
    finish(out);
    out.add(new RightAction.WakeAt(nextWake(now)));
  }

  private void grant(Session session, List<RightAction> out) {
    HoldersRecord current = record;
    Set<InetAddress> lost = new TreeSet<>(AddressGroup.ORDER);
    for (InetAddress address : granted) {
      if (current == null || !mine(current, address, session)) {
        lost.add(address);
      }
    }
    if (!lost.isEmpty()) {
      out.add(new RightAction.Revoke(lost, "the record gives it to another"));
      granted.removeAll(lost);
    }
    Map<InetAddress, String> wanted = aims(session);
    if (current == null || wanted == null || resigning) {
      return;
    }
    Map<InetAddress, Claim> gained = new TreeMap<>(AddressGroup.ORDER);
    current
        .holders()
        .forEach((address, holder) -> {
          if (mine(current, address, session)
              && me.equals(wanted.get(address))
              && !granted.contains(address)) {
            gained.put(address, known.contains(address) ? Claim.TAKE_OVER : Claim.FIRST);
          }
        });
    if (!gained.isEmpty()) {
      granted.addAll(gained.keySet());
      out.add(new RightAction.Grant(gained));
    }
  }

  /// The aims, as far as they know the record. Aims from before an address was given to this node
  /// would give it straight back to a node that may be gone.
  private @Nullable Map<InetAddress, String> aims(Session session) {
    HoldersRecord current = record;
    Map<InetAddress, String> wanted = aims;
    if (wanted == null || current == null || aimsVersion >= current.version()) {
      return wanted;
    }
    Map<InetAddress, String> corrected = new HashMap<>(wanted);
    current
        .holders()
        .forEach((address, holder) -> {
          if (holder.is(me, session)) {
            corrected.put(address, me);
          }
        });
    return corrected;
  }

  private boolean mine(HoldersRecord current, InetAddress address, Session session) {
    return !unsure.containsKey(address)
        && current.holder(address).filter(holder -> holder.is(me, session)).isPresent();
  }

  private void write(Session session, long now, List<RightAction> out) {
    Map<InetAddress, String> wanted = aims(session);
    if (wanted == null || writing || recordStale || now - writeAt < 0) {
      return;
    }
    HoldersRecord base = record;
    if (base == null && !recordAbsent) {
      return;
    }
    RecordPlan plan =
        RecordPlan.of(
            base == null ? Map.of() : base.holders(),
            me,
            session,
            wanted,
            unsure.keySet(),
            others());
    left = Set.copyOf(plan.left());
    if (plan.isEmpty()) {
      return;
    }
    Set<InetAddress> held = AddressGroup.sorted(plan.releases());
    held.retainAll(granted);
    if (!held.isEmpty()) {
      out.add(new RightAction.Revoke(held, "another node should hold it"));
      granted.removeAll(held);
    }
    writing = true;
    if (base == null) {
      Map<InetAddress, Holder> first = new TreeMap<>(AddressGroup.ORDER);
      plan.changes().forEach((address, holder) -> holder.ifPresent(h -> first.put(address, h)));
      out.add(new RightAction.CreateRecord(first));
    } else {
      plan.releases().forEach(address -> unsure.put(address, base.version()));
      out.add(new RightAction.ChangeRecord(base, plan.changes()));
    }
  }

  private RecordPlan.Others others() {
    Map<String, NodeLease> live = peers.live();
    return new RecordPlan.Others() {
      @Override
      public boolean dead(String node, Session session) {
        return node.equals(me)
            ? own.session().filter(mine -> session.number() < mine.number()).isPresent()
            : peers.dead(node, session);
      }

      @Override
      public Optional<Session> live(String node) {
        return Optional.ofNullable(live.get(node)).map(NodeLease::session);
      }

      @Override
      public boolean sweeps(InetAddress address) {
        return live.keySet().stream().allMatch(node -> me.compareTo(node) < 0);
      }
    };
  }

  private Set<Long> recordedNumbers(String node) {
    Set<Long> numbers = new HashSet<>();
    if (record != null) {
      record.holders().values().stream()
          .filter(holder -> holder.node().equals(node))
          .forEach(holder -> numbers.add(holder.session().number()));
    }
    return numbers;
  }

  private void publish(List<RightAction> out) {
    Map<String, NodeLease> live = new HashMap<>(peers.live());
    Optional<Session> session = resigning ? Optional.empty() : own.session();
    session.ifPresent(s -> live.put(me, new NodeLease(me, "", s, List.of(), own.links(), false)));
    boolean recordKnown = record != null || recordAbsent;
    Map<InetAddress, Holder> holders = record == null ? Map.of() : record.holders();
    live.replaceAll((node, lease) ->
        new NodeLease(node, "", lease.session(), lease.mesh(), lease.links(), lease.leaving()));
    long version = record == null ? 0 : record.version();
    RightView view = new RightView(live, holders, session, recordKnown, version);
    if (!view.equals(published)) {
      published = view;
      out.add(new RightAction.Publish(view));
    }
  }

  private void finish(List<RightAction> out) {
    if (!resigning || resigned || writing) {
      return;
    }
    Optional<Session> session = own.session();
    boolean nothingLeft =
        session.isEmpty()
            || (record == null && recordAbsent)
            || (record != null
                && !recordStale
                && record.holders().values().stream()
                    .noneMatch(holder -> holder.is(me, session.get())));
    if (nothingLeft) {
      resigned = true;
      out.addAll(own.leave());
      out.add(new RightAction.Resigned());
    }
  }

  private long nextWake(long now) {
    long next = own.nextRenewal();
    if (own.session().isPresent()) {
      next = earlier(next, own.entitledUntil(), now);
    }
    if (recordStale && !reading && !writing) {
      next = earlier(next, readAt, now);
    }
    if (now - writeAt < 0) {
      next = earlier(next, writeAt, now);
    }
    Optional<Long> due = peers.nextDue(now);
    return due.isPresent() ? earlier(next, due.get(), now) : next;
  }

  private static long earlier(long a, long b, long now) {
    return a - now <= b - now ? a : b;
  }
}
