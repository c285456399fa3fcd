package dev.thresher.vip.services;

import dev.thresher.api.names.OwnershipNames;
import dev.thresher.runtime.informer.Change;
import dev.thresher.runtime.informer.Informer;
import dev.thresher.vip.election.LeaseText;
import io.kubernetes.client.openapi.models.V1Lease;
import java.net.InetAddress;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Whose the addresses of control planes are: what nodes say in their Leases, read by those that
/// serve Services only. A node's word counts as long as its Lease is there, whether the node runs
/// or not: the others must not give its address away while it restarts. The Lease goes with its
/// Node, and a node that serves no control plane any more takes its word back. Thread-safe.
public final class ControlPlaneOwners {

  private static final Logger LOG = LoggerFactory.getLogger(ControlPlaneOwners.class);

  /// Where nodes say nothing of the kind.
  public static final ControlPlaneOwners NOBODY = new ControlPlaneOwners(() -> true);

  private final BooleanSupplier synced;
  private final SortedMap<String, List<InetAddress>> byNode = new TreeMap<>();
  private final List<Runnable> listeners = new CopyOnWriteArrayList<>();
  private volatile Map<InetAddress, String> byAddress = Map.of();

  private ControlPlaneOwners(BooleanSupplier synced) {
    this.synced = synced;
  }

  /// @param leases of the nodes; others among them say nothing
  public static ControlPlaneOwners of(Informer<V1Lease> leases) {
    ControlPlaneOwners owners = new ControlPlaneOwners(leases::hasSynced);
    leases.onChange(owners::seen);
    return owners;
  }

  /// Whether every Lease was read. Until then an address without an owner may have one.
  boolean known() {
    return synced.getAsBoolean();
  }

  /// By address who says that it is its own, for people: `node a` or `nodes a, b`. Never blocks.
  Map<InetAddress, String> byAddress() {
    return byAddress;
  }

  /// Hears that [#byAddress] changed; must not block. To be called before the start.
  void onChange(Runnable listener) {
    listeners.add(listener);
  }

  private void seen(Change<V1Lease> change) {
    String name = String.valueOf(change.object().getMetadata().getName());
    if (!name.startsWith(OwnershipNames.NODE_LEASE_PREFIX)) {
      return;
    }
    String node = name.substring(OwnershipNames.NODE_LEASE_PREFIX.length());
    List<InetAddress> said =
        change instanceof Change.Deleted<V1Lease>
            ? List.of()
            : LeaseText.controlPlane(change.object(), ControlPlaneOwners::unreadable);
    if (becomes(node, said)) {
      listeners.forEach(Runnable::run);
    }
  }

  /// A renewal, which changes nothing here, costs next to nothing.
  private synchronized boolean becomes(String node, List<InetAddress> said) {
    List<InetAddress> before = said.isEmpty() ? byNode.remove(node) : byNode.put(node, said);
    if (said.equals(before == null ? List.of() : before)) {
      return false;
    }
    Map<InetAddress, SortedSet<String>> nodes = new HashMap<>();
    byNode.forEach((owner, addresses) ->
        addresses.forEach(
            address -> nodes.computeIfAbsent(address, a -> new TreeSet<>()).add(owner)));
    Map<InetAddress, String> named = new HashMap<>();
    nodes.forEach((address, owners) ->
        named.put(address, (owners.size() == 1 ? "node " : "nodes ") + String.join(", ", owners)));
    byAddress = Map.copyOf(named);
    return true;
  }

  private static void unreadable(String lease, String problem) {
    LOG.atWarn()
        .addKeyValue("lease", lease)
        .addKeyValue("problem", problem)
        .log("an address of the control plane cannot be read, it counts as not said");
  }
}
