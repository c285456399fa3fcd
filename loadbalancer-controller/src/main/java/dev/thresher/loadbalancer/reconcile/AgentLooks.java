package dev.thresher.loadbalancer.reconcile;

import dev.thresher.api.ObjectKey;
import dev.thresher.api.loadbalancer.LoadBalancer;
import dev.thresher.loadbalancer.ipam.ClaimBook;
import dev.thresher.loadbalancer.nodes.Agents;
import dev.thresher.runtime.informer.Informer;
import dev.thresher.runtime.queue.Priority;
import java.util.Set;
import java.util.function.Supplier;

/// Turns what probe agents say into looks.
final class AgentLooks implements Agents.Listener {

  private final Informer<LoadBalancer> loadBalancers;
  private final ClaimBook book;
  private final Supplier<LoadBalancerControl.Queues> queues;

  AgentLooks(
      Informer<LoadBalancer> loadBalancers,
      ClaimBook book,
      Supplier<LoadBalancerControl.Queues> queues) {
    this.loadBalancers = loadBalancers;
    this.book = book;
    this.queues = queues;
  }

  @Override
  public void words(Set<ObjectKey> owners) {
    owners.forEach(key -> queues.get().loadBalancer(key, Priority.NEW));
  }

  /// Who is asked may change for all that nodes check, and what the bridges do concerns all that
  /// have machines behind them.
  @Override
  public void agents() {
    for (LoadBalancer object : loadBalancers.list()) {
      Wish wish = Wish.of(object);
      if (wish.mayBeOnHost(book.of(wish.owner()))) {
        queues.get().loadBalancer(ObjectKey.of(object), Priority.NEW);
      }
    }
  }
}
