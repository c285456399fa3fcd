package dev.thresher.vip.election;

import dev.thresher.api.names.OwnershipNames;
import dev.thresher.runtime.client.KubeApi;
import io.kubernetes.client.openapi.models.V1Lease;
import java.net.InetSocketAddress;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// This node's Lease in the API server as a notice for the others: where the mesh listens and which
/// networks there are. It gives no right. Blocks; calls are done one after the other.
public final class OwnLease {

  private static final Logger LOG = LoggerFactory.getLogger(OwnLease.class);

  private final LeaseStore store;
  private final String process;
  private final String name;

  public OwnLease(KubeApi api, RightConfig config) {
    this.process = config.process();
    this.name = OwnershipNames.NODE_LEASE_PREFIX + config.node();
    this.store =
        new LeaseStore(
            api,
            config,
            (lease, problem) ->
                LOG.atWarn()
                    .addKeyValue("lease", lease)
                    .addKeyValue("problem", problem)
                    .log("this node's Lease cannot be read and is written anew"));
  }

  /// Whether this is that Lease.
  public boolean is(V1Lease lease) {
    return name.equals(lease.getMetadata().getName());
  }

  /// Writes the notice; if somebody else wrote meanwhile, once more.
  public synchronized void say(
      List<InetSocketAddress> mesh, NodeLinks links, boolean leaving, Instant now) {
    for (int attempt = 0; attempt < 2; attempt++) {
      Optional<NodeLease> present = store.readOwn();
      // A later session than any before, so that nodes that go by Leases know those to be over.
      Session session =
          present
              .map(NodeLease::session)
              .map(last ->
                  last.process().equals(process) ? last : new Session(last.number() + 1, process))
              .orElseGet(() -> Session.ofProcess(process));
      var write =
          new RightAction.WriteOwnLease(
              present.map(NodeLease::resourceVersion).orElse(""), session, links, leaving);
      if (store.writeOwn(write, mesh, now) instanceof LeaseStore.Outcome.Done<NodeLease>) {
        return;
      }
    }
  }
}
