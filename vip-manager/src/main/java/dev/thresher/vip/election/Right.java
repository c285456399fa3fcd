package dev.thresher.vip.election;

import dev.thresher.runtime.lifecycle.Component;
import java.net.InetAddress;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/// Who may hold an address. At no time may two nodes.
///
/// The seam between the choice and the enforcement: today fed by Leases in the API server, behind
/// the same methods, by a majority of voters. Grants come only after the first [#want].
/// Thread-safe.
public interface Right extends Component {

  /// Marks an address that is wanted though no node suits.
  String NOBODY = "";

  /// What should be, in this node's eyes: by address the node that should hold it, or [#NOBODY]. An
  /// address that is not named is wanted by nobody any more. Replaces what was said before.
  ///
  /// Addresses held here that should be elsewhere are revoked and handed over; those that should be
  /// here are asked for as soon as the present holder gave them up or is dead. An address that was
  /// given to this node since `basis` is kept until somebody who knows that says otherwise.
  ///
  /// @param basis the view from which `aims` was computed
  void want(RightView basis, Map<InetAddress, String> aims);

  /// The latest view. Never blocks.
  RightView view();

  /// Hears that [#view] changed. The listener is called on the right's own thread and must not
  /// block. To be called before [#start].
  void onChange(Consumer<RightView> listener);

  /// Tells the others what this node's network can do now.
  void links(NodeLinks links);

  /// Gives up all that is held here, for good: revoked, handed to whom `aims` names (which must not
  /// be this node), told to the others. Ends the part of this node.
  ///
  /// @return false if the time ran out before the others knew; nothing is held in either case
  boolean resign(Map<InetAddress, String> aims, Duration atMost);

  /// What the right rests on, for people. May block for a second; never to be called on the right's
  /// own thread.
  RightStanding standing();

  /// What keeps this node from taking part, if anything: for a health check.
  Optional<String> problem();

  /// Why the others cannot yet rely on this node, if so: whoever replaces nodes one after the other
  /// should wait.
  default Optional<String> unready() {
    return Optional.empty();
  }
}
