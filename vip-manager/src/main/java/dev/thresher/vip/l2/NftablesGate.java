package dev.thresher.vip.l2;

import dev.thresher.vip.linux.KernelTick;
import dev.thresher.vip.linux.Link;
import dev.thresher.vip.linux.NetlinkSocket;
import dev.thresher.vip.linux.SystemResult;
import dev.thresher.vip.nftables.AddressSet;
import dev.thresher.vip.nftables.Batch;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The gate as nftables tables of ours; see [GateRules] and [EgressRules] for what they say.
///
/// The tables belong to the netlink socket that made them, where the kernel knows such ownership
/// (Linux 5.12): they vanish with the process, however it dies, and nobody else can flush them.
/// Where it does not, tables that vanished are made again as soon as a change of them fails.
public final class NftablesGate implements AddressGate, LeaseSlots, ReturnMarks {

  /// What ends what was opened.
  public enum Ends {
    /// [#close] alone; slots are not needed and not kept, and no interface is guarded.
    WHEN_CLOSED,
    /// [#close], and the end of the lease.
    WITH_THE_LEASE
  }

  private static final Logger LOG = LoggerFactory.getLogger(NftablesGate.class);

  /// By so many ticks the kernel's clock of elements may be late: it stands still within a tick,
  /// and where another processor has to take over the counting it does so after five of its own
  /// (`MAX_STALLED_JIFFIES`), of which the first may have just begun.
  private static final int TICKS_LATE = 7;

  private final Ends ends;
  private final List<GateRules.Abilities> tried;
  private final long lateNanos = KernelTick.length().multipliedBy(TICKS_LATE).toNanos();
  private final Set<InetAddress> open = new HashSet<>();
  private Set<InetAddress> silent = Set.of();
  private final Map<Integer, String> guarded = new HashMap<>();
  private @Nullable NetlinkSocket socket;
  private Map<Integer, Integer> marked = Map.of();
  private boolean egress;
  private boolean confirmed;
  private long repairs;
  private boolean saidTooShort;

  public NftablesGate(Ends ends) {
    this(ends, GateRules.Abilities.DESCENDING);
  }

  /// @param tried what is expected of the kernel, the first that it accepts is used
  NftablesGate(Ends ends, List<GateRules.Abilities> tried) {
    this.ends = ends;
    this.tried = tried;
  }

  /// Whether the kernel stops the answers of a process that was not scheduled in time.
  public synchronized boolean endsInTheKernel() {
    return egress;
  }

  /// How often tables had vanished and were made again.
  public synchronized long repairs() {
    return repairs;
  }

  @Override
  public synchronized void install() {
    if (socket != null) {
      throw new IllegalStateException("the nftables gate is installed already");
    }
    NetlinkSocket opened = NetlinkSocket.open(NetlinkSocket.Protocol.NETFILTER, 0).orThrow();
    try {
      build(opened);
      socket = opened;
    } finally {
      if (socket == null) {
        opened.close();
      }
    }
  }

  private void build(NetlinkSocket to) {
    SystemResult<Integer> result = SystemResult.failed("nftables", 0);
    GateRules.Abilities used = tried.getFirst();
    for (GateRules.Abilities abilities : tried) {
      used = abilities;
      result = to.transact(GateRules.install(abilities).messages());
      if (!(result instanceof SystemResult.Failed<Integer> failed
          && (failed.errno().isUnsupported() || failed.errno().isAbsent()))) {
        break;
      }
    }
    if (result instanceof SystemResult.Failed<Integer> failed) {
      throw new IllegalStateException(
          failed.errno().isNotPermitted()
              ? "nftables refused table "
                  + GateRules.TABLE
                  + ": either CAP_NET_ADMIN is missing, or another vip-manager runs on this node"
                  + " and owns the table; "
                  + failed
              : "nftables refused table " + GateRules.TABLE + ": " + failed);
    }
    confirmed = false;
    egress = ends == Ends.WITH_THE_LEASE && buildEgress(to, used.owned());
    LOG.atInfo()
        .addKeyValue("table", GateRules.TABLE)
        .addKeyValue("diesWithProcess", used.owned())
        .addKeyValue("rejectsBeforeRouting", used.early())
        .addKeyValue("egressHook", egress)
        .log("nftables gate installed");
    if (ends == Ends.WITH_THE_LEASE && !egress) {
      LOG.atWarn()
          .addKeyValue("wanted", "nftables egress hook, Linux 5.16 with CONFIG_NETFILTER_EGRESS")
          .log(
              "answers are fenced by the process only: one that is stopped and continued may answer"
                  + " once after its lease");
    }
  }

  /// Whether the kernel can do it; the loopback is where that is tried.
  private boolean buildEgress(NetlinkSocket to, boolean owned) {
    int loopback = 1;
    for (Batch batch :
        List.of(
            EgressRules.install(owned),
            EgressRules.guard("lo", loopback),
            EgressRules.unguard(loopback))) {
      if (to.transact(batch.messages()) instanceof SystemResult.Failed<Integer> failed) {
        LOG.atInfo().addKeyValue("reason", failed).log("no gate on the egress hook");
        // What was made of it does no harm.
        SystemResult<Integer> _ = to.transact(EgressRules.remove().messages());
        return false;
      }
    }
    return true;
  }

  @Override
  public synchronized void guard(Link link) {
    if (!egress || guarded.containsKey(link.index())) {
      return;
    }
    // Not repaired here: what is absent may be the interface.
    NetlinkSocket using = installed();
    if (using.transact(EgressRules.guard(link.name(), link.index()).messages())
        instanceof SystemResult.Failed<Integer> failed) {
      throw new IllegalStateException(
          "nftables refused to guard interface " + link.name() + ": " + failed);
    }
    guarded.put(link.index(), link.name());
  }

  @Override
  public synchronized void unguard(Link link) {
    if (guarded.remove(link.index()) == null) {
      return;
    }
    // Most kernels have removed the chain with the interface.
    if (installed().transact(EgressRules.unguard(link.index()).messages())
            instanceof SystemResult.Failed<Integer> failed
        && !failed.errno().isAbsent()) {
      LOG.atWarn()
          .addKeyValue("interface", link.name())
          .addKeyValue("reason", failed)
          .log("the gate of an interface that is gone could not be removed");
    }
  }

  @Override
  public synchronized void mark(Map<Integer, Integer> numbers) {
    Batch batch = ReturnRules.mark(numbers, !marked.isEmpty());
    if (!batch.isEmpty()) {
      apply(batch, "mark connections by their interfaces");
    }
    marked = Map.copyOf(numbers);
  }

  @Override
  public synchronized void open(Set<InetAddress> addresses) {
    Set<InetAddress> added = new HashSet<>(addresses);
    added.removeAll(open);
    if (!added.isEmpty()) {
      apply(adding(GateRules.PLACES, added), "open the nftables gate for " + added);
      open.addAll(added);
    }
  }

  @Override
  public synchronized void close(Set<InetAddress> addresses) {
    Set<InetAddress> removed = new HashSet<>(addresses);
    removed.retainAll(open);
    if (!removed.isEmpty()) {
      apply(removing(GateRules.PLACES, removed), "close the nftables gate for " + removed);
      open.removeAll(removed);
    }
  }

  @Override
  public synchronized void silence(Set<InetAddress> addresses) {
    Set<InetAddress> added = new HashSet<>(addresses);
    added.removeAll(silent);
    Set<InetAddress> removed = new HashSet<>(silent);
    removed.removeAll(addresses);
    if (!added.isEmpty()) {
      apply(adding(GateRules.SILENT_PLACES, added), "silence " + added);
    }
    if (!removed.isEmpty()) {
      apply(removing(GateRules.SILENT_PLACES, removed), "no longer silence " + removed);
    }
    silent = Set.copyOf(addresses);
  }

  @Override
  public synchronized void arm(long round, long nanos) {
    long millis = (nanos - lateNanos) / 1_000_000;
    if (egress && millis > 0) {
      attempt(() -> EgressRules.arm((int) round, millis), "arm round " + round);
    } else if (egress && !saidTooShort) {
      saidTooShort = true;
      LOG.atError()
          .addKeyValue("lease", Duration.ofNanos(nanos))
          .addKeyValue("late", Duration.ofNanos(lateNanos))
          .log(
              "nothing leaves: the lease is shorter than this kernel's clock may be late; make it"
                  + " at least three times as long");
    }
  }

  @Override
  public synchronized void confirm(long round) {
    if (egress
        && attempt(() -> EgressRules.confirm((int) round, confirmed), "confirm round " + round)) {
      confirmed = true;
    }
  }

  @Override
  public synchronized void remove() {
    NetlinkSocket closing = socket;
    if (closing == null) {
      return;
    }
    socket = null;
    open.clear();
    silent = Set.of();
    guarded.clear();
    marked = Map.of();
    SystemResult<Integer> result = closing.transact(GateRules.remove().messages());
    if (egress) {
      SystemResult<Integer> egressResult = closing.transact(EgressRules.remove().messages());
      result = result instanceof SystemResult.Failed<Integer> ? result : egressResult;
    }
    closing.close();
    if (result instanceof SystemResult.Failed<Integer> failed && !failed.errno().isAbsent()) {
      throw new IllegalStateException(
          "nftables refused to remove table " + GateRules.TABLE + ": " + failed);
    }
  }

  private NetlinkSocket installed() {
    NetlinkSocket using = socket;
    if (using == null) {
      throw new IllegalStateException("the nftables gate is not installed");
    }
    return using;
  }

  private void apply(Batch batch, String what) {
    NetlinkSocket using = installed();
    SystemResult<Integer> result = using.transact(batch.messages());
    if (repaired(using, result)) {
      result = using.transact(batch.messages());
    }
    if (result instanceof SystemResult.Failed<Integer> failed) {
      throw new IllegalStateException("nftables refused to " + what + ": " + failed);
    }
  }

  /// Without an exception: the caller's thread must go on.
  ///
  /// @param batch made anew after a repair
  private boolean attempt(Supplier<Batch> batch, String what) {
    NetlinkSocket using = socket;
    if (using == null) {
      return false;
    }
    SystemResult<Integer> result = using.transact(batch.get().messages());
    try {
      if (repaired(using, result)) {
        result = using.transact(batch.get().messages());
      }
    } catch (IllegalStateException e) {
      LOG.atError().setCause(e).log("the nftables gate could not be made again");
      return false;
    }
    if (result instanceof SystemResult.Failed<Integer> failed) {
      LOG.atError()
          .addKeyValue("wanted", what)
          .addKeyValue("reason", failed)
          .log("nothing leaves after the slots that there are");
      return false;
    }
    return true;
  }

  /// If something was absent that should be there, somebody removed the tables: they are made again
  /// with all that is open. No slot runs then until the next round.
  private boolean repaired(NetlinkSocket using, SystemResult<Integer> result) {
    if (!(result instanceof SystemResult.Failed<Integer> failed) || !failed.errno().isAbsent()) {
      return false;
    }
    repairs++;
    LOG.atWarn()
        .addKeyValue("table", GateRules.TABLE)
        .addKeyValue("reason", failed)
        .log("somebody removed the nftables gate, making it again");
    build(using);
    if (!open.isEmpty()) {
      using.transact(adding(GateRules.PLACES, open).messages()).orThrow();
    }
    if (!silent.isEmpty()) {
      using.transact(adding(GateRules.SILENT_PLACES, silent).messages()).orThrow();
    }
    if (!marked.isEmpty()) {
      using.transact(ReturnRules.mark(marked, false).messages()).orThrow();
    }
    if (egress) {
      guarded.forEach(
          (index, name) -> using.transact(EgressRules.guard(name, index).messages()).orThrow());
    }
    return true;
  }

  private static Batch adding(List<GateRules.Place> places, Set<InetAddress> addresses) {
    Batch batch = new Batch();
    for (GateRules.Place place : places) {
      batch.elements(
          place.family(), GateRules.TABLE, place.set(), ofKind(addresses, place.set().kind()));
    }
    return batch;
  }

  private static Batch removing(List<GateRules.Place> places, Set<InetAddress> addresses) {
    Batch batch = new Batch();
    for (GateRules.Place place : places) {
      batch.deleteElements(
          place.family(), GateRules.TABLE, place.set(), ofKind(addresses, place.set().kind()));
    }
    return batch;
  }

  private static List<InetAddress> ofKind(Set<InetAddress> addresses, AddressSet.Kind kind) {
    return addresses.stream()
        .filter(address -> address instanceof Inet4Address == (kind == AddressSet.Kind.IPV4))
        .toList();
  }
}
