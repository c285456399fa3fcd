package dev.thresher.ccm.controllers.lifecycle;

import dev.thresher.ccm.cloudprovider.Existence;
import dev.thresher.ccm.cloudprovider.Instances;
import dev.thresher.ccm.cloudprovider.PowerState;
import dev.thresher.ccm.controllers.lifecycle.DeletionGuard.Held;
import dev.thresher.ccm.controllers.lifecycle.LifecycleDecision.Action;
import dev.thresher.ccm.controllers.lifecycle.LifecycleDecision.Plan;
import dev.thresher.ccm.controllers.lifecycle.LifecycleDecision.Rules;
import dev.thresher.ccm.controllers.lifecycle.NodeDeletion.Outcome;
import dev.thresher.runtime.informer.Informer;
import dev.thresher.runtime.reconcile.Reconciler;
import dev.thresher.runtime.reconcile.Result;
import dev.thresher.runtime.time.Timeline;
import io.kubernetes.client.openapi.models.V1Node;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One look at all Nodes after the other: asks the cloud, decides, acts.
///
/// The cloud is asked about Nodes that are not Ready. Only when one of their machines is missing is
/// it asked about the others too, since the guard counts them all. Passes run one at a time.
final class NodeLifecycle implements Reconciler<String> {

  /// The one key: there is nothing to look at but all Nodes together.
  static final String ALL = "nodes";

  private static final Logger log = LoggerFactory.getLogger(NodeLifecycle.class);

  private final Instances instances;
  private final Informer<V1Node> nodes;
  private final NodeTainting tainting;
  private final NodeDeletion deletion;
  private final DeletionConfirmation confirmation;
  private final LifecycleMetrics metrics;
  private final Timeline timeline;
  private final Rules rules;
  private final Duration period;
  private final Workers workers;

  /// Of the one pass that runs.
  private LifecycleMemory memory = LifecycleMemory.EMPTY;

  private String unreachable = "";

  /// @param period time between two passes
  NodeLifecycle(
      Instances instances,
      Informer<V1Node> nodes,
      NodeTainting tainting,
      NodeDeletion deletion,
      DeletionConfirmation confirmation,
      LifecycleMetrics metrics,
      Timeline timeline,
      Rules rules,
      Duration period,
      Workers workers) {
    this.instances = instances;
    this.nodes = nodes;
    this.tainting = tainting;
    this.deletion = deletion;
    this.confirmation = confirmation;
    this.metrics = metrics;
    this.timeline = timeline;
    this.rules = rules;
    this.period = period;
    this.workers = workers;
  }

  @Override
  public Result reconcile(String key) {
    long began = timeline.nanoTime();
    try {
      pass();
    } finally {
      metrics.pass(Duration.ofNanos(timeline.nanoTime() - began));
    }
    return Result.after(period);
  }

  private void pass() {
    Map<String, V1Node> present = new LinkedHashMap<>();
    for (V1Node node : nodes.list()) {
      if (node.getMetadata().getDeletionTimestamp() == null) {
        present.put(Objects.requireNonNull(node.getMetadata().getName()), node);
      }
    }
    List<NodeView> views = see(present);
    Plan plan = decide(views);
    act(plan.actions(), present);
  }

  private Plan decide(List<NodeView> views) {
    Plan plan = LifecycleDecision.decide(views, memory, timeline.nanoTime(), rules);
    noteMisses(plan.memory(), views);
    memory = plan.memory();
    if (plan.held().isPresent()) {
      Held held = plan.held().get();
      if (confirmation.isGiven(held)) {
        memory =
            memory.confirming(
                views.stream()
                    .filter(view -> view.isMissing() && held.nodes().contains(view.name()))
                    .map(NodeView::uid)
                    .collect(Collectors.toSet()));
        plan = LifecycleDecision.decide(views, memory, timeline.nanoTime(), rules);
        memory = plan.memory();
      }
    }
    plan.held().ifPresentOrElse(confirmation::ask, confirmation::noLongerNeeded);
    return plan;
  }

  /// The views with the cloud's answers, as far as they are needed.
  private List<NodeView> see(Map<String, V1Node> present) {
    List<NodeView> views = present.values().stream().map(NodeView::of).toList();
    try {
      views = withExistence(views, present, view -> !view.ready());
      if (views.stream().anyMatch(NodeView::isMissing)) {
        views = withExistence(views, present, NodeView::ready);
      }
    } catch (RuntimeException e) {
      memory = memory.withoutMisses();
      unreachable(String.valueOf(e.getMessage()));
      return present.values().stream().map(NodeView::of).toList();
    }
    unreachable("");
    return withPower(views, present);
  }

  private List<NodeView> withExistence(
      List<NodeView> views, Map<String, V1Node> present, Predicate<NodeView> which) {
    List<V1Node> asked = views.stream().filter(which).map(view -> node(present, view)).toList();
    if (asked.isEmpty()) {
      return views;
    }
    Map<String, Existence> answers = instances.existence(asked);
    return views.stream()
        .map(view -> {
          Existence answer = which.test(view) ? answers.get(view.name()) : null;
          return answer == null ? view : view.with(answer);
        })
        .toList();
  }

  private List<NodeView> withPower(List<NodeView> views, Map<String, V1Node> present) {
    List<NodeView> asked =
        views.stream()
            .filter(view -> !view.ready() && view.existence() instanceof Existence.Exists)
            .toList();
    Map<String, PowerState> answers = new HashMap<>();
    workers
        .map(asked, view -> power(node(present, view)))
        .forEach((view, power) -> answers.put(view.name(), power));
    return views.stream()
        .map(view -> {
          PowerState power = answers.get(view.name());
          return power == null ? view : view.with(power);
        })
        .toList();
  }

  private PowerState power(V1Node node) {
    try {
      return instances.power(node);
    } catch (RuntimeException e) {
      log.atWarn()
          .addKeyValue("node", node.getMetadata().getName())
          .addKeyValue("error", e.getMessage())
          .log("cloud does not say whether the machine runs");
      return new PowerState.Undecided(String.valueOf(e.getMessage()));
    }
  }

  private void act(List<Action> actions, Map<String, V1Node> present) {
    List<V1Node> doomed = new ArrayList<>();
    List<Action> taints = new ArrayList<>();
    for (Action action : actions) {
      switch (action) {
        case Action.Delete(NodeView view, _) -> doomed.add(node(present, view));
        case Action.Taint _, Action.Untaint _ -> taints.add(action);
      }
    }
    var _ = workers.map(taints, action -> tainting.carryOut(action, node(present, action.node())));
    if (!doomed.isEmpty() && deletion.isPossible()) {
      delete(doomed);
    }
  }

  private void delete(List<V1Node> doomed) {
    Map<String, Existence> confirmed;
    try {
      confirmed = instances.confirmExistence(doomed);
    } catch (RuntimeException e) {
      memory = memory.withoutMisses();
      unreachable(String.valueOf(e.getMessage()));
      return;
    }
    Map<V1Node, Outcome> outcomes =
        workers.map(
            doomed,
            node -> {
              Existence answer = confirmed.get(node.getMetadata().getName());
              return deletion.delete(
                  node, answer == null ? new Existence.Undecided("no answer") : answer);
            });
    outcomes.forEach((node, outcome) -> {
      String uid = Objects.requireNonNull(node.getMetadata().getUid());
      memory =
          switch (outcome) {
            case Outcome.Deleted() -> memory.deleted(uid, timeline.nanoTime());
            case Outcome.NotMissing() -> memory.withoutMiss(uid);
            case Outcome.Failed() -> memory;
          };
    });
  }

  private void noteMisses(LifecycleMemory next, List<NodeView> views) {
    for (NodeView view : views) {
      boolean missed = memory.firstMiss().containsKey(view.uid());
      boolean misses = next.firstMiss().containsKey(view.uid());
      if (misses && !missed) {
        log.atInfo()
            .addKeyValue("node", view.name())
            .addKeyValue("providerID", view.providerId())
            .addKeyValue("existence", view.existence())
            .log("machine of node is missing");
      } else if (missed && !misses) {
        log.atInfo()
            .addKeyValue("node", view.name())
            .addKeyValue("existence", view.existence())
            .log("machine of node counts as missing no longer");
      }
    }
  }

  private void unreachable(String why) {
    if (!why.equals(unreachable)) {
      unreachable = why;
      if (why.isEmpty()) {
        log.atInfo().log("cloud answers about machines again");
      } else {
        log.atWarn()
            .addKeyValue("error", why)
            .log("cloud does not answer about machines, no node is deleted");
      }
    }
  }

  private static V1Node node(Map<String, V1Node> present, NodeView view) {
    return Objects.requireNonNull(present.get(view.name()));
  }
}
