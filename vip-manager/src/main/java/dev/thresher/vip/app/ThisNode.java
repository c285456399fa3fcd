package dev.thresher.vip.app;

import dev.thresher.api.ObjectKey;
import dev.thresher.runtime.informer.Informer;
import dev.thresher.runtime.lifecycle.Component;
import dev.thresher.vip.nodes.InternalAddresses;
import io.kubernetes.client.openapi.models.V1Node;
import java.net.InetAddress;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The Node object of this node: its start waits until the node has an InternalIP, which in a
/// cluster with an external cloud provider may take a while.
public final class ThisNode implements Component {

  private static final Logger LOG = LoggerFactory.getLogger(ThisNode.class);
  private static final Duration PATIENCE = Duration.ofMinutes(5);
  private static final Duration REPORT = Duration.ofSeconds(10);

  private final String name;
  private final Optional<UnaryOperator<List<InetAddress>>> own;
  private final CompletableFuture<V1Node> found = new CompletableFuture<>();
  private final Supplier<Optional<V1Node>> current;

  public ThisNode(String name, Informer<V1Node> nodes) {
    this(name, nodes, Optional.empty());
  }

  /// @param own the node's addresses now, from the InternalIPs of its Node object or from none,
  ///   where that object is not waited for: on a node of the control plane it may be there only
  ///   once the address is that this program holds
  public ThisNode(
      String name, Informer<V1Node> nodes, Optional<UnaryOperator<List<InetAddress>>> own) {
    this.name = name;
    this.own = own;
    this.current = () -> nodes.get(ObjectKey.cluster(name));
    nodes.onChange(change -> {
      V1Node node = change.object();
      if (ObjectKey.of(node).name().equals(name) && !InternalAddresses.of(node).isEmpty()) {
        found.complete(node);
      }
    });
  }

  @Override
  public String name() {
    return "node";
  }

  @Override
  public void start() throws InterruptedException, ExecutionException {
    if (own.isPresent()) {
      return;
    }
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (System.nanoTime() - end < 0) {
      try {
        found.get(REPORT.toNanos(), TimeUnit.NANOSECONDS);
        return;
      } catch (TimeoutException e) {
        LOG.atWarn()
            .addKeyValue("node", name)
            .log("waiting for the Node object to have an InternalIP; is vip_nodename right?");
      }
    }
    throw new IllegalStateException(
        "the Node \""
            + name
            + "\" has had no InternalIP for "
            + PATIENCE.toMinutes()
            + " minutes: is vip_nodename its name, and does the cloud provider run?");
  }

  @Override
  public void stop() {}

  /// The node's own addresses, after the start; where the Node object is not waited for, none of
  /// them may be there yet.
  public List<InetAddress> addresses() {
    if (own.isEmpty()) {
      return InternalAddresses.of(found.join());
    }
    V1Node node = found.getNow(null);
    return own.get().apply(node == null ? List.of() : InternalAddresses.of(node));
  }

  /// Registers for the moment at which the Node object has an InternalIP; must not block.
  public void onFound(Runnable listener) {
    CompletableFuture<Void> _ = found.thenRun(listener);
  }

  /// The Node object as it is now, if it is known.
  Optional<V1Node> object() {
    return current.get();
  }

  /// UID of the Node object that is there now: another one under the same name has another. Empty
  /// while there is none.
  public Optional<String> uid() {
    return object().map(node -> node.getMetadata().getUid());
  }
}
