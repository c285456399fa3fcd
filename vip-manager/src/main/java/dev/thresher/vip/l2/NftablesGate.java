package dev.thresher.vip.l2;

import dev.thresher.vip.linux.Link;
import dev.thresher.vip.linux.NetlinkSocket;
import dev.thresher.vip.linux.SystemResult;
import dev.thresher.vip.nftables.Batch;
import java.net.InetAddress;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
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

  private final Ends ends;
  private final GateTables tables;
  private final EgressSlots slots = new EgressSlots();
  private final Set<InetAddress> open = new HashSet<>();
  private Set<InetAddress> silent = Set.of();
  private final Map<Integer, String> guarded = new HashMap<>();
  private @Nullable NetlinkSocket socket;
  private Map<Integer, Integer> marked = Map.of();
  private OptionalLong aloneSince = OptionalLong.empty();
  private long repairs;

  /// @param echo whether pings are answered
  public NftablesGate(Ends ends, boolean echo) {
    this(ends, new GateTables(GateRules.Abilities.DESCENDING, echo));
  }

  NftablesGate(Ends ends, GateTables tables) {
    this.ends = ends;
    this.tables = tables;
  }

  /// Whether the kernel stops the answers of a process that was not scheduled in time.
  public synchronized boolean endsInTheKernel() {
    return slots.there();
  }

  /// How often tables had vanished and were made again.
  public synchronized long repairs() {
    return repairs;
  }

  @Override
  public synchronized OptionalLong aloneSince() {
    return aloneSince;
  }

  @Override
  public synchronized void install() {
    if (socket != null) {
      throw new IllegalStateException("the nftables gate is installed already");
    }
    NetlinkSocket opened = NetlinkSocket.open(NetlinkSocket.Protocol.NETFILTER, 0).orThrow();
    try {
      if (build(opened).owned()) {
        // The tables are this process' alone: who owned them before has closed its sockets, which
        // comes after its last instruction.
        aloneSince = OptionalLong.of(System.nanoTime());
      }
      socket = opened;
    } finally {
      if (socket == null) {
        opened.close();
      }
    }
  }

  private GateRules.Abilities build(NetlinkSocket to) {
    GateRules.Abilities used = tables.build(to);
    switch (ends) {
      case WITH_THE_LEASE -> slots.build(to, used.owned());
      case WHEN_CLOSED -> slots.without();
    }
    LOG.atInfo()
        .addKeyValue("table", GateRules.TABLE)
        .addKeyValue("diesWithProcess", used.owned())
        .addKeyValue("rejectsBeforeRouting", used.early())
        .addKeyValue("egressHook", slots.there())
        .log("nftables gate installed");
    return used;
  }

  @Override
  public synchronized void guard(Link link) {
    if (guarded.containsKey(link.index())) {
      return;
    }
    apply(GateRules.answer(link.index()), "leave pings on " + link.name() + " to sockets");
    // Not repaired here: what is absent may be the interface.
    if (slots.there()
        && installed().transact(EgressRules.guard(link.name(), link.index()).messages())
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
    forget(GateRules.answerNoMore(link.index()), link);
    if (slots.there()) {
      // Most kernels have removed the chain with the interface.
      forget(EgressRules.unguard(link.index()), link);
    }
  }

  private void forget(Batch batch, Link link) {
    if (installed().transact(batch.messages()) instanceof SystemResult.Failed<Integer> failed
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
  public synchronized void open(Map<InetAddress, Link> addresses) {
    Set<InetAddress> added = new HashSet<>(addresses.keySet());
    added.removeAll(open);
    if (!added.isEmpty()) {
      apply(GateElements.adding(GateRules.PLACES, added), "open the nftables gate for " + added);
      open.addAll(added);
    }
  }

  @Override
  public synchronized void close(Set<InetAddress> addresses) {
    Set<InetAddress> removed = new HashSet<>(addresses);
    removed.retainAll(open);
    if (!removed.isEmpty()) {
      apply(
          GateElements.removing(GateRules.PLACES, removed),
          "close the nftables gate for " + removed);
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
      apply(GateElements.adding(GateRules.SILENT_PLACES, added), "silence " + added);
    }
    if (!removed.isEmpty()) {
      apply(
          GateElements.removing(GateRules.SILENT_PLACES, removed), "no longer silence " + removed);
    }
    silent = Set.copyOf(addresses);
  }

  @Override
  public synchronized void arm(long round, long nanos) {
    attempt(() -> slots.arm(round, nanos), "arm round " + round);
  }

  @Override
  public synchronized void confirm(long round) {
    if (slots.there()
        && attempt(() -> Optional.of(slots.confirm(round)), "confirm round " + round)) {
      slots.confirmed();
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
    if (slots.there()) {
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
  /// @param batch made anew after a repair, by which the slots may have become impossible
  private boolean attempt(Supplier<Optional<Batch>> batch, String what) {
    NetlinkSocket using = socket;
    Optional<Batch> first = batch.get();
    if (using == null || first.isEmpty()) {
      return false;
    }
    SystemResult<Integer> result = using.transact(first.get().messages());
    try {
      if (repaired(using, result)) {
        Optional<Batch> again = batch.get();
        if (again.isEmpty()) {
          return false;
        }
        result = using.transact(again.get().messages());
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
    var _ = build(using);
    if (!open.isEmpty()) {
      using.transact(GateElements.adding(GateRules.PLACES, open).messages()).orThrow();
    }
    if (!silent.isEmpty()) {
      using.transact(GateElements.adding(GateRules.SILENT_PLACES, silent).messages()).orThrow();
    }
    if (!marked.isEmpty()) {
      using.transact(ReturnRules.mark(marked, false).messages()).orThrow();
    }
    guarded.forEach((index, name) -> {
      using.transact(GateRules.answer(index).messages()).orThrow();
      if (slots.there()) {
        using.transact(EgressRules.guard(name, index).messages()).orThrow();
      }
    });
    return true;
  }
}
