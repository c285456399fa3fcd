package dev.thresher.vip.services;

import java.net.InetAddress;
import java.util.List;
import java.util.Map;

/// What this node does for the addresses granted to it. Immutable.
///
/// @param addresses every granted address
/// @param rivals who claimed a granted address a short time ago though this node has it
public record Keeping(Map<InetAddress, Kept> addresses, Map<InetAddress, List<Rival>> rivals) {

  public static final Keeping NOTHING = new Keeping(Map.of());

  public Keeping {
    addresses = Map.copyOf(addresses);
    rivals = Map.copyOf(rivals);
  }

  Keeping(Map<InetAddress, Kept> addresses) {
    this(addresses, Map.of());
  }

  /// Somebody else who says to have an address that this node has.
  ///
  /// @param mac by which it was claimed
  /// @param interfaceName where that was heard
  /// @param lastAt monotonic nanoseconds of when it was heard last
  public record Rival(String mac, String interfaceName, long lastAt) {}

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

  List<Rival> rivals(InetAddress address) {
    return rivals.getOrDefault(address, List.of());
  }

  public boolean answers(InetAddress address) {
    Kept kept = addresses.get(address);
    return kept != null && kept.state() instanceof State.Answering;
  }
}
