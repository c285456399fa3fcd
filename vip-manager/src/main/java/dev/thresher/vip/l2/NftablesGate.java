package dev.thresher.vip.l2;

import dev.thresher.vip.linux.Link;
import dev.thresher.vip.linux.NetlinkSocket;
import dev.thresher.vip.linux.SystemResult;
import dev.thresher.vip.nftables.Batch;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The gate as nftables tables of ours; see [GateRules], [EgressRules] and [VirtualMacRules] for
/// what they say.
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
  private final TakenMacs macs;
  private final Set<InetAddress> open = new HashSet<>();
  private Set<InetAddress> silent = Set.of();
  private final Map<Integer, String> guarded = new HashMap<>();
  private @Nullable NetlinkSocket socket;
  private Map<Integer, Integer> marked = Map.of();
  private OptionalLong aloneSince = OptionalLong.empty();
  private long repairs;

  /// @param echo whether pings are answered
  /// @param virtualMacs whether each address is to have a MAC of its own
  public NftablesGate(Ends ends, boolean echo, boolean virtualMacs) {
    this(ends, new GateTables(GateRules.Abilities.DESCENDING, echo), virtualMacs);
  }

  NftablesGate(Ends ends, GateTables tables, boolean virtualMacs) {
    this.ends = ends;
    this.tables = tables;
    this.macs = new TakenMacs(virtualMacs);
  }

  /// Whether the kernel stops the answers of a process that was not scheduled in time.
  public synchronized boolean endsInTheKernel() {
    return slots.there();
  }

  /// What ends answers with the lease.
  public synchronized Fence fence() {
    return switch (ends) {
      case WHEN_CLOSED -> Fence.NONE;
      case WITH_THE_LEASE -> slots.there() ? Fence.KERNEL : Fence.PROCESS;
    };
  }

  /// How often tables had vanished and were made again.
  public synchronized long repairs() {
    return repairs;
  }

  @Override
  public synchronized boolean takesVirtualMacs() {
    return macs.there();
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
    macs.build(to, ends == Ends.WITH_THE_LEASE, slots.there(), used.owned());
    LOG.atInfo()
        .addKeyValue("table", GateRules.TABLE)
        .addKeyValue("diesWithProcess", used.owned())
        .addKeyValue("rejectsBeforeRouting", used.early())
        .addKeyValue("egressHook", slots.there())
        .addKeyValue("virtualMacs", macs.there())
        .log("nftables gate installed");
    return used;
  }

  @Override
  public synchronized void guard(Link link) {
    if (guarded.containsKey(link.index())) {
      return;
    }
    apply(GateRules.answer(link.index()), "leave pings on " + link.name() + " to sockets");
    for (Batch batch : guards(link.index(), link.name())) {
      // Not repaired here: what is absent may be the interface.
      if (installed().transact(batch.messages()) instanceof SystemResult.Failed<Integer> failed) {
        throw new IllegalStateException(
            "nftables refused to guard interface " + link.name() + ": " + failed);
      }
    }
    guarded.put(link.index(), link.name());
  }

  private List<Batch> guards(int index, String name) {
    List<Batch> all = new ArrayList<>();
    if (slots.there()) {
      all.add(EgressRules.guard(name, index));
    }
    if (macs.there()) {
      all.add(VirtualMacRules.guard(name, index));
    }
    return all;
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
    if (macs.there()) {
      forget(VirtualMacRules.unguardChains(link.index()), link);
      forget(VirtualMacRules.unguardSets(link.index()), link);
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
    Map<InetAddress, Link> links = new HashMap<>(addresses);
    links.keySet().removeAll(open);
    Set<InetAddress> added = links.keySet();
    if (!added.isEmpty()) {
      Batch batch = GateElements.adding(GateRules.PLACES, added);
      macs.adding(batch, links);
      apply(batch, "open the nftables gate for " + added);
      open.addAll(added);
      macs.added(links);
    }
  }

  @Override
  public synchronized void close(Set<InetAddress> addresses) {
    Set<InetAddress> removed = new HashSet<>(addresses);
    removed.retainAll(open);
    if (!removed.isEmpty()) {
      Batch batch = GateElements.removing(GateRules.PLACES, removed);
      macs.removing(batch, removed);
      apply(batch, "close the nftables gate for " + removed);
      open.removeAll(removed);
      macs.removed(removed);
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
        && attempt(() -> Optional.of(confirmation(round)), "confirm round " + round)) {
      slots.confirmed();
    }
  }

  private Batch confirmation(long round) {
    Batch batch = slots.confirm(round);
    return macs.there() ? VirtualMacRules.confirm(batch, (int) round) : batch;
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
    boolean devices = slots.there() || macs.there();
    macs.without();
    SystemResult<Integer> result = closing.transact(GateRules.remove().messages());
    if (devices) {
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
      guards(index, name).forEach(batch -> using.transact(batch.messages()).orThrow());
    });
    Batch taken = macs.all();
    if (!taken.isEmpty()) {
      using.transact(taken.messages()).orThrow();
    }
    return true;
  }
}
