package dev.thresher.ccm.controllers.service;

import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.api.CoreTypes;
import dev.thresher.api.ObjectKey;
import dev.thresher.runtime.client.Precondition;
import dev.thresher.runtime.fake.FakeInformers;
import dev.thresher.runtime.fake.FakeKubeApi;
import dev.thresher.runtime.fake.FakeStore;
import dev.thresher.runtime.informer.Informer;
import dev.thresher.runtime.informer.Scope;
import dev.thresher.runtime.time.VirtualTimeline;
import io.kubernetes.client.openapi.models.V1Node;
import io.kubernetes.client.openapi.models.V1NodeCondition;
import io.kubernetes.client.openapi.models.V1NodeSpec;
import io.kubernetes.client.openapi.models.V1NodeStatus;
import io.kubernetes.client.openapi.models.V1ObjectMeta;
import io.kubernetes.client.openapi.models.V1Taint;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// Which changes of a node make Services hear of it, and how often.
class NodeSetWatchTest {

  private static final Duration WINDOW = Duration.ofSeconds(1);
  private static final String EXCLUDE = "node.kubernetes.io/exclude-from-external-load-balancers";

  private final VirtualTimeline timeline = new VirtualTimeline();
  private final FakeStore store = new FakeStore();
  private final FakeInformers informers = new FakeInformers(store, timeline);
  private final List<String> heard = new ArrayList<>();
  private NodeSetCache cache;

  @BeforeEach
  void start() {
    Informer<V1Node> nodes = informers.informer(CoreTypes.NODE, Scope.ALL);
    cache = new NodeSetCache(nodes);
    var watch = new NodeSetWatch(nodes, cache, timeline, WINDOW, set -> heard.add(names(set)));
    nodes.onChange(_ -> watch.changed());
    put(node("a"));
    informers.start();
  }

  private static V1Node node(String name) {
    return new V1Node()
        .metadata(new V1ObjectMeta().name(name))
        .spec(new V1NodeSpec().providerID("x://" + name));
  }

  private void put(V1Node node) {
    store.put(CoreTypes.NODE, node);
  }

  private static String names(NodeSet set) {
    return String.join(" ", set.nodes().stream().map(n -> n.getMetadata().getName()).toList());
  }

  @Test
  void firstSetIsHeardOf() {
    // Before the first comparison, as when Services were looked at with the set without it.
    put(node("b"));
    timeline.advance(WINDOW);
    assertThat(heard).containsExactly("a b");
  }

  @Test
  void manyChangesWithinAWindowAreOne() {
    timeline.advance(WINDOW);
    heard.clear();
    for (int i = 0; i < 50; i++) {
      put(node("n" + i));
      timeline.advance(WINDOW.dividedBy(100));
    }
    timeline.advance(WINDOW);
    assertThat(heard).hasSize(1);
    for (int i = 0; i < 50; i++) {
      put(node("n" + i));
    }
    timeline.advance(WINDOW);
    assertThat(heard).hasSize(1);
  }

  @Test
  void changeThatIsUndoneWithinTheWindowIsNone() {
    timeline.advance(WINDOW);
    heard.clear();
    put(node("b"));
    store.drop(CoreTypes.NODE, ObjectKey.cluster("b"));
    timeline.advance(WINDOW);
    assertThat(heard).isEmpty();
  }

  static Stream<Arguments> rows() {
    Consumer<V1Node> plain = n -> {};
    Consumer<V1Node> excluded = n -> n.getMetadata().putLabelsItem(EXCLUDE, "");
    Consumer<V1Node> noId = n -> n.getSpec().providerID(null);
    Consumer<V1Node> otherId = n -> n.getSpec().providerID("x://other");
    Consumer<V1Node> notReady = n -> ready(n, "False");
    return Stream.of(
        row("nothing", plain, plain, false),
        row("excluded", plain, excluded, true),
        row("included again", excluded, plain, true),
        row("excluded otherwise", excluded, n -> exclude(n, "true"), false),
        row("exclusion becomes false", excluded, n -> exclude(n, "false"), true),
        row("exclusion false appears", plain, n -> exclude(n, "false"), false),
        row("another taint", plain, n -> taint(n, "x"), false),
        row("another label", plain, n -> n.getMetadata().putLabelsItem("x", "y"), false),
        row("another condition", plain, n -> condition(n, "DiskPressure", "True"), false),
        row("not ready any more", n -> ready(n, "True"), notReady, false),
        row("ready", notReady, n -> ready(n, "True"), false),
        row("unschedulable", plain, n -> n.getSpec().unschedulable(true), false),
        row("provider ID appears", noId, plain, true),
        row("provider ID goes", plain, noId, true),
        row("provider ID changes", plain, otherId, true),
        row("provider ID appears, tainted", noId, n -> taint(n, "x"), true),
        row("provider ID appears, not ready", noId.andThen(notReady), notReady, true),
        row("excluded, tainted", plain, excluded.andThen(n -> taint(n, "x")), true),
        row("excluded, not ready", notReady, excluded.andThen(notReady), true),
        row("excluded without ID", noId, excluded.andThen(noId), true),
        row("ID of an excluded one", excluded, excluded.andThen(otherId), false),
        row("autoscaler takes it", plain, n -> taint(n, "ToBeDeletedByClusterAutoscaler"), true));
  }

  private static Arguments row(
      String name, Consumer<V1Node> before, Consumer<V1Node> after, boolean heard) {
    return Arguments.of(name, before, after, heard);
  }

  @ParameterizedTest(name = "{0}: {3}")
  @MethodSource("rows")
  void hearsOf(String name, Consumer<V1Node> before, Consumer<V1Node> after, boolean expected) {
    V1Node old = node("b");
    before.accept(old);
    put(old);
    timeline.advance(WINDOW);
    heard.clear();

    V1Node now = node("b");
    after.accept(now);
    put(now);
    timeline.advance(WINDOW);
    assertThat(!heard.isEmpty()).isEqualTo(expected);
  }

  @Test
  void setIsWorkedOutOnceBetweenTwoChanges() {
    NodeSet first = cache.get();
    assertThat(cache.get()).isSameAs(first);
    V1Node busy = node("a");
    condition(busy, "DiskPressure", "True");
    put(busy);
    NodeSet second = cache.get();
    assertThat(second).isNotSameAs(first);
    assertThat(second.digest()).isSameAs(first.digest());
  }

  @Test
  void hearsOfANodeThatIsBeingDeleted() {
    V1Node held = node("b");
    held.getMetadata().addFinalizersItem("x/y");
    put(held);
    timeline.advance(WINDOW);
    heard.clear();
    new FakeKubeApi("somebody", store)
        .delete(CoreTypes.NODE, ObjectKey.cluster("b"), Precondition.NONE);
    timeline.advance(WINDOW);
    assertThat(heard).containsExactly("a");
  }

  /// Everything that a node can be, twice: what is heard of is a change of the members and of their
  /// provider IDs, and nothing else.
  @Test
  void hearsOfMembersAndTheirIdsInEveryCombination() {
    List<Kind> kinds = Kind.all();
    for (Kind before : kinds) {
      for (Kind after : kinds) {
        put(before.node());
        timeline.advance(WINDOW);
        heard.clear();
        put(after.node());
        timeline.advance(WINDOW);
        assertThat(!heard.isEmpty())
            .as("from %s to %s", before, after)
            .isNotEqualTo(before.seen().equals(after.seen()));
      }
    }
  }

  private record Kind(boolean excluded, String providerId, boolean tainted, boolean ready) {

    static List<Kind> all() {
      List<Kind> all = new ArrayList<>();
      for (boolean excluded : List.of(false, true)) {
        for (String id : List.of("", "x://b", "x://other")) {
          for (boolean tainted : List.of(false, true)) {
            for (boolean ready : List.of(false, true)) {
              all.add(new Kind(excluded, id, tainted, ready));
            }
          }
        }
      }
      return all;
    }

    V1Node node() {
      V1Node node = NodeSetWatchTest.node("b");
      node.getSpec().providerID(providerId.isEmpty() ? null : providerId);
      if (excluded) {
        exclude(node, "");
      }
      if (tainted) {
        taint(node, "x");
      }
      NodeSetWatchTest.ready(node, ready ? "True" : "False");
      return node;
    }

    String seen() {
      return excluded ? "no member" : "member " + providerId;
    }
  }

  private static void exclude(V1Node node, String value) {
    node.getMetadata().putLabelsItem(EXCLUDE, value);
  }

  private static void taint(V1Node node, String key) {
    node.getSpec().addTaintsItem(new V1Taint().key(key).effect("NoSchedule"));
  }

  private static void ready(V1Node node, String status) {
    condition(node, "Ready", status);
  }

  private static void condition(V1Node node, String type, String status) {
    node.setStatus(
        new V1NodeStatus().addConditionsItem(new V1NodeCondition().type(type).status(status)));
  }
}
