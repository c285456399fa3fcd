package dev.thresher.vip.l2;

import dev.thresher.vip.packet.MacAddress;
import java.net.InetAddress;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/// Makes this node, and the data path on it, answer for addresses - and nobody else's.
///
/// All methods may be called from any thread and are linearised. None waits for the network; each
/// takes a few system calls (some 0.1 ms).
public interface Enforcement extends AutoCloseable {

  /// Opens sockets, removes what an earlier process left behind, begins to watch the node's
  /// network. Nothing is held afterwards.
  ///
  /// @throws IllegalStateException if the kernel refuses (missing capability, no nftables); the
  ///   message says what is missing
  void start();

  /// Releases every address, removes the tables of ours, closes the sockets. Idempotent.
  void stop();

  /// Begins to answer for an address. Idempotent: an address already held on that interface is left
  /// alone; one held on another interface moves.
  HoldOutcome hold(HeldAddress address, Claim claim);

  /// [#hold] of several: one change of the kernel's gate for all of them.
  default Map<HeldAddress, HoldOutcome> holdAll(Map<HeldAddress, Claim> addresses) {
    Map<HeldAddress, HoldOutcome> outcomes = new HashMap<>();
    addresses.forEach((address, claim) -> outcomes.put(address, hold(address, claim)));
    return outcomes;
  }

  /// Opens on these interfaces what holding an address needs, so that whoever takes one over need
  /// not. An interface that cannot be served says so when an address is to be held on it.
  default void prepare(Set<String> interfaceNames) {}

  /// Stops to answer: when this returns, no answer for the address leaves this node any more.
  /// Idempotent; also ends a probe.
  void release(InetAddress address);

  /// [#release] of several: none is answered before the kernel's gate is closed for all of them.
  default void releaseAll(Set<InetAddress> addresses) {
    addresses.forEach(this::release);
  }

  /// Has this node's kernel answer for none of these addresses, whoever put them on an interface of
  /// it; what is held is answered all the same. In place of those said before; nothing before
  /// [#start()] and after [#stop()].
  void known(Set<InetAddress> addresses);

  /// The addresses that are answered now; without those that are still probed.
  Set<HeldAddress> held();

  /// The MAC by which an address is answered while it is held here, if it is not the interface's.
  /// Never blocks longer than a system call.
  default Optional<MacAddress> virtualMac(InetAddress address) {
    return Optional.empty();
  }

  /// Registers for events, to be called before [#start()]. They are delivered in order by one
  /// thread of the enforcement's own, without any of its locks; a slow listener delays only events.
  void onEvent(Consumer<EnforcementEvent> listener);

  @Override
  default void close() {
    stop();
  }
}
