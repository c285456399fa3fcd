package dev.thresher.ccm.controllers.lifecycle;

import dev.thresher.ccm.cloudprovider.Existence;
import dev.thresher.ccm.cloudprovider.PowerState;
import dev.thresher.ccm.controllers.lifecycle.DeletionGuard.Held;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/// What to do with each Node, from what was seen in one pass and in those before. Pure.
///
/// A Ready node is never deleted, whatever the cloud says: the machine runs a kubelet that answers.
/// A node without provider ID is not either: nothing says which machine it would be.
final class LifecycleDecision {

  private LifecycleDecision() {}

  /// Until when a shut down node keeps its taint.
  enum TaintUntil {
    /// The node is Ready, as upstream has it.
    READY,
    /// The cloud says that the machine runs, or the node is Ready.
    RUNNING
  }

  /// How to decide.
  ///
  /// @param secondMiss least time between the first miss of a machine and the deletion
  record Rules(Duration secondMiss, DeletionGuard guard, TaintUntil taintUntil) {}

  /// What to do with one Node.
  sealed interface Action {
    NodeView node();

    record Taint(NodeView node) implements Action {}

    record Untaint(NodeView node) implements Action {}

    /// Delete it, if the cloud itself confirms that its machine is gone.
    record Delete(NodeView node, String why) implements Action {}
  }

  /// @param held present if deletions that are due are held back; they are not among the actions
  record Plan(List<Action> actions, LifecycleMemory memory, Optional<Held> held) {
    Plan {
      actions = List.copyOf(actions);
    }
  }

  /// @param nodes all Nodes that are not being deleted
  /// @param now monotonic nanoseconds
  static Plan decide(List<NodeView> nodes, LifecycleMemory before, long now, Rules rules) {
    LifecycleMemory memory = remember(nodes, before, now);
    List<NodeView> unconfirmed =
        nodes.stream()
            .filter(LifecycleDecision::isIdentifiedAndMissing)
            .filter(node -> !memory.confirmed().contains(node.uid()))
            .toList();
    int existing =
        (int) nodes.stream().filter(n -> n.existence() instanceof Existence.Exists).count();
    Optional<Held> held = rules.guard().judge(existing, unconfirmed, memory.deletions().size());

    List<Action> actions = new ArrayList<>();
    boolean anyHeld = false;
    for (NodeView node : nodes) {
      if (isDue(node, memory, now, rules)) {
        if (held.isEmpty() || memory.confirmed().contains(node.uid())) {
          actions.add(new Action.Delete(node, why(node)));
        } else {
          anyHeld = true;
        }
      } else {
        taint(node, rules).ifPresent(actions::add);
      }
    }
    return new Plan(actions, memory, anyHeld ? held : Optional.empty());
  }

  private static boolean isDue(NodeView node, LifecycleMemory memory, long now, Rules rules) {
    if (node.ready() || !isIdentifiedAndMissing(node)) {
      return false;
    }
    long first = Objects.requireNonNull(memory.firstMiss().get(node.uid()));
    return now - first >= Math.max(1, rules.secondMiss().toNanos());
  }

  private static Optional<Action> taint(NodeView node, Rules rules) {
    if (node.ready()) {
      return node.shutdownTaint() ? Optional.of(new Action.Untaint(node)) : Optional.empty();
    }
    if (!(node.existence() instanceof Existence.Exists)) {
      return Optional.empty();
    }
    return switch (node.power()) {
      case PowerState.ShutDown() ->
          node.shutdownTaint() ? Optional.empty() : Optional.of(new Action.Taint(node));
      case PowerState.Running() ->
          node.shutdownTaint() && rules.taintUntil() == TaintUntil.RUNNING
              ? Optional.of(new Action.Untaint(node))
              : Optional.empty();
      case PowerState.Undecided _ -> Optional.empty();
    };
  }

  private static LifecycleMemory remember(List<NodeView> nodes, LifecycleMemory before, long now) {
    Map<String, Long> misses = new HashMap<>();
    Set<String> confirmed = new HashSet<>();
    for (NodeView node : nodes) {
      if (isIdentifiedAndMissing(node)) {
        if (!node.ready()) {
          misses.put(node.uid(), before.firstMiss().getOrDefault(node.uid(), now));
        }
        if (before.confirmed().contains(node.uid())) {
          confirmed.add(node.uid());
        }
      }
    }
    List<Long> recent =
        before.deletions().stream()
            .filter(at -> now - at < DeletionGuard.WINDOW.toNanos())
            .toList();
    return new LifecycleMemory(misses, recent, confirmed);
  }

  private static boolean isIdentifiedAndMissing(NodeView node) {
    return node.isMissing() && !node.providerId().isEmpty();
  }

  private static String why(NodeView node) {
    return node.existence() instanceof Existence.Missing(String why) ? why : "";
  }
}
