package dev.thresher.vip.services;

import java.net.InetAddress;
import java.util.Map;

/// What this node does for the addresses granted to it. Immutable.
///
/// @param addresses every granted address
public record Keeping(Map<InetAddress, Kept> addresses) {

  public static final Keeping NOTHING = new Keeping(Map.of());

  public Keeping {
    addresses = Map.copyOf(addresses);
  }

  /// One granted address.
  ///
  /// @param state what is done for it
  /// @param since monotonic nanoseconds of the grant
  public record Kept(State state, long since) {}

  public sealed interface State {

    /// Asking whether a stranger has it.
    record Probing(String interfaceName) implements State {}

    /// Answered and announced.
    record Answering(String interfaceName) implements State {}

    /// A stranger has it; tried again later.
    record Conflict(String interfaceName, String stranger) implements State {}

    /// This node cannot.
    record Failed(String reason) implements State {}
  }

  public boolean answers(InetAddress address) {
    Kept kept = addresses.get(address);
    return kept != null && kept.state() instanceof State.Answering;
  }
}
