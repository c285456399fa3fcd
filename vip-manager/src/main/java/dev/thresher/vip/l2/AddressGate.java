package dev.thresher.vip.l2;

import dev.thresher.vip.linux.Link;
import java.net.InetAddress;
import java.util.Map;
import java.util.Set;

/// The kernel's part of the enforcement: what may leave and pass this node in the name of an
/// address. Opened before the first announcement, closed after the last answer.
public interface AddressGate {

  /// Installs the gate, closed for every address; replaces what an earlier process left.
  ///
  /// @throws IllegalStateException if the kernel refuses; the message says what is missing
  void install();

  /// Whether frames for the [dev.thresher.vip.packet.VirtualMac] of an address are taken for this
  /// node's on its interface while the address is open, so that it may be answered with that MAC.
  /// Decided by [#install]; false before.
  boolean takesVirtualMacs();

  /// Watches over what this process sends by an interface. To be called before its sockets are
  /// opened. Idempotent.
  ///
  /// @throws IllegalStateException if the kernel refuses
  void guard(Link link);

  /// Ends [#guard]: the interface is gone, or its sockets are closed. Idempotent.
  void unguard(Link link);

  /// Lets this node act for the addresses, on every interface. Idempotent.
  ///
  /// @param addresses with the interfaces on which they are answered
  /// @throws IllegalStateException if the kernel refuses; nothing was opened then
  void open(Map<InetAddress, Link> addresses);

  /// Ends [#open]. Idempotent; addresses that are not open are ignored.
  void close(Set<InetAddress> addresses);

  /// Has this node's kernel answer for none of these addresses, held or not, wherever they are on
  /// this node. In place of those said before.
  ///
  /// @throws IllegalStateException if the kernel refuses; those said before stay
  void silence(Set<InetAddress> addresses);

  /// Removes the gate with all that belongs to it. Idempotent.
  void remove();
}
