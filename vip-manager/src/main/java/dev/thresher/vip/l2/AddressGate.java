package dev.thresher.vip.l2;

import java.net.InetAddress;
import java.util.Set;

/// The kernel's part of the enforcement: what may leave and pass this node in the name of an
/// address. Opened before the first announcement, closed after the last answer.
///
/// A gate that ends by itself when a lease does fits behind the same methods.
public interface AddressGate {

  /// Installs the gate, closed for every address; replaces what an earlier process left.
  ///
  /// @throws IllegalStateException if the kernel refuses; the message says what is missing
  void install();

  /// Lets this node act for the addresses, on every interface. Idempotent.
  ///
  /// @throws IllegalStateException if the kernel refuses; nothing was opened then
  void open(Set<InetAddress> addresses);

  /// Ends [#open]. Idempotent; addresses that are not open are ignored.
  void close(Set<InetAddress> addresses);

  /// Removes the gate with all that belongs to it. Idempotent.
  void remove();
}
