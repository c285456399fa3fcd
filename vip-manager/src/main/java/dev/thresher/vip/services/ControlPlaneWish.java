package dev.thresher.vip.services;

import dev.thresher.vip.election.AddressGroup;
import dev.thresher.vip.election.NodeLease;
import java.net.InetAddress;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/// The addresses under which the API servers are reached. They have one holder, a node whose own
/// API server is well; while none is, the present holder stays, and without one any node is: API
/// servers that start may need the address.
///
/// @param addresses at least one
/// @param interfaceName where they are answered, [dev.thresher.vip.election.NodeLinks#AUTO] to find
///   it by address, or empty for the node's own setting
public record ControlPlaneWish(AddressGroup addresses, String interfaceName) {

  /// What this node knows of the control plane; any thread.
  public interface View {

    /// Of a node that serves no control plane.
    View NONE =
        new View() {
          @Override
          public boolean serves() {
            return false;
          }

          @Override
          public Optional<ControlPlaneWish> wish() {
            return Optional.empty();
          }

          @Override
          public boolean well() {
            return false;
          }

          @Override
          public void onChange(Runnable listener) {}
        };

    /// Whether this node is configured to serve a control plane.
    default boolean serves() {
      return true;
    }

    /// What is wanted; empty while it is not known.
    Optional<ControlPlaneWish> wish();

    /// Whether the API server of this node is well.
    boolean well();

    /// Hears that [#wish] or [#well] changed; must not block. To be called before the start.
    void onChange(Runnable listener);
  }

  /// @param live nodes, of which this node is one
  /// @param knowsOthers whether these are all; if not, another one's server may be well, and a node
  ///   whose own is not asks for nothing
  Desired.Group group(Collection<NodeLease> live, boolean knowsOthers) {
    Set<String> well =
        live.stream()
            .filter(node -> node.links().controlPlane())
            .map(NodeLease::node)
            .collect(Collectors.toSet());
    Map<InetAddress, String> interfaces = new HashMap<>();
    if (!interfaceName.isEmpty()) {
      addresses.addresses().forEach(address -> interfaces.put(address, interfaceName));
    }
    return new Desired.Group(
        addresses,
        Map.copyOf(interfaces),
        well.isEmpty() && knowsOthers ? List.of() : List.of(well),
        List.of(),
        "its API server is not well");
  }
}
