package dev.thresher.runtime.informer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.thresher.api.CoreTypes;
import dev.thresher.api.ObjectKey;
import dev.thresher.runtime.client.ClientConfig;
import dev.thresher.runtime.client.Connection;
import dev.thresher.runtime.client.ConnectionSource;
import dev.thresher.runtime.client.OkHttpKubeApi;
import dev.thresher.runtime.fake.FakeApiServer;
import dev.thresher.runtime.fake.FakeApiServer.Fault;
import dev.thresher.runtime.fake.FakeStore;
import dev.thresher.runtime.fake.TcpProxy;
import dev.thresher.runtime.metrics.Metrics;
import dev.thresher.runtime.queue.Backoff;
import dev.thresher.runtime.time.SystemTimeline;
import dev.thresher.runtime.time.VirtualTimeline;
import io.kubernetes.client.openapi.models.V1ConfigMap;
import io.kubernetes.client.openapi.models.V1ObjectMeta;
import io.kubernetes.client.openapi.models.V1OwnerReference;
import io.kubernetes.client.openapi.models.V1Secret;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class RemoteInformersTest {

  private static final Duration LONG = Duration.ofSeconds(30);
  private static final InformerTiming QUICK =
      InformerTiming.DEFAULT.withRetry(new Backoff(Duration.ofMillis(10), Duration.ofMillis(50)));

  private final FakeStore store = new FakeStore();
  private final FakeApiServer server = new FakeApiServer(store);
  private final TcpProxy proxy = new TcpProxy(server.port());
  private final Metrics metrics = new Metrics();
  private final SystemTimeline timeline = new SystemTimeline();
  private final OkHttpKubeApi api =
      new OkHttpKubeApi(
          ClientConfig.of("test", new ConnectionSource.Fixed(Connection.plain(proxy.url())))
              .withRate(1000, 1000),
          timeline,
          metrics);
  private final List<String> heard = new CopyOnWriteArrayList<>();
  private RemoteInformers informers = informers(QUICK);

  @AfterEach
  void close() {
    informers.stop();
    api.stop();
    proxy.close();
    server.close();
    timeline.stop();
  }

  private RemoteInformers informers(InformerTiming timing) {
    return new RemoteInformers(
        api, timeline, metrics, timing, RandomGenerator.of("L64X128MixRandom"));
  }

  private static V1ConfigMap map(String name, String value) {
    return new V1ConfigMap()
        .metadata(new V1ObjectMeta().namespace("default").name(name))
        .data(Map.of("value", value));
  }

  private void put(String name, String value) {
    store.put(CoreTypes.CONFIG_MAP, map(name, value));
  }

  private void drop(String name) {
    store.drop(CoreTypes.CONFIG_MAP, ObjectKey.of("default", name));
  }

  private static String describe(Change<V1ConfigMap> change) {
    String value = change.object().getData().get("value");
    String name = change.object().getMetadata().getName();
    return switch (change) {
      case Change.Added<V1ConfigMap> _ -> "+" + name + value;
      case Change.Updated<V1ConfigMap> _ -> "~" + name + value;
      case Change.Deleted<V1ConfigMap> _ -> "-" + name + value;
    };
  }

  private Informer<V1ConfigMap> started() {
    var informer = informers.informer(CoreTypes.CONFIG_MAP, Scope.ALL);
    informer.onChange(change -> heard.add(describe(change)));
    informers.start();
    assertThat(informers.awaitSync(LONG)).isTrue();
    await().until(() -> server.openWatches() == 1);
    return informer;
  }

  private void awaitHeard(String... changes) {
    await().atMost(LONG).untilAsserted(() -> assertThat(heard).containsExactly(changes));
  }

  @Test
  void hearsWhatIsThereAndThenEveryChange() {
    put("a", "1");
    var informer = started();
    assertThat(heard).as("handlers ran before hasSynced").containsExactly("+a1");

    put("b", "1");
    put("a", "2");
    drop("b");
    awaitHeard("+a1", "+b1", "~a2", "-b1");
    assertThat(informer.get(ObjectKey.of("default", "a")).orElseThrow().getData())
        .containsEntry("value", "2");
    assertThat(informer.list("default")).hasSize(1);
    assertThat(informer.list("other")).isEmpty();
    assertThat(informer.get(ObjectKey.of("default", "b"))).isEmpty();
  }

  @Test
  void aLateHandlerHearsEverythingOnceAndInOrder() {
    put("a", "1");
    var informer = started();
    List<String> late = new CopyOnWriteArrayList<>();
    var writer =
        Thread.ofVirtual()
            .start(() -> {
              for (int i = 0; i < 200; i++) {
                put("a", "1" + i);
              }
            });
    await().until(() -> heard.size() > 20);
    informer.onChange(change -> late.add(describe(change)));
    await().atMost(LONG).until(() -> !writer.isAlive() && heard.getLast().equals("~a1199"));
    await().until(() -> !late.isEmpty() && late.getLast().endsWith("a1199"));

    // What is first "added" to the late one is some state on the way; from there both hear alike.
    int from = heard.indexOf(late.getFirst().replace('+', '~'));
    assertThat(from).isPositive();
    assertThat(late.subList(1, late.size())).isEqualTo(heard.subList(from + 1, heard.size()));
  }

  @Test
  void watchesOnFromTheLastVersionWhenTheConnectionBreaks() {
    put("a", "1");
    started();
    proxy.reset();
    put("b", "1");
    awaitHeard("+a1", "+b1");
    server.breakWatches();
    put("c", "1");
    awaitHeard("+a1", "+b1", "+c1");
    assertThat(server.count("list", "configmaps")).isEqualTo(1);
  }

  @Test
  void survivesARestartOfTheServerWithoutListingAgain() {
    put("a", "1");
    started();
    proxy.refuse(true);
    proxy.reset();
    put("a", "2");
    try (var second = new FakeApiServer(store)) {
      proxy.retarget(second.port());
      proxy.refuse(false);
      awaitHeard("+a1", "~a2");
      assertThat(second.count("list", "configmaps")).isZero();
      put("a", "3");
      awaitHeard("+a1", "~a2", "~a3");
    }
  }

  @Test
  void saysWhenTheServerIsBackAndNotBefore() {
    var returns = new AtomicInteger();
    var informer = informers.informer(CoreTypes.CONFIG_MAP, Scope.ALL);
    informer.onResumed(returns::incrementAndGet);
    started();
    put("a", "1");
    awaitHeard("+a1");
    assertThat(returns).hasValue(0);

    proxy.refuse(true);
    proxy.reset();
    await().until(() -> proxy.connections() == 0);
    assertThat(returns).hasValue(0);
    proxy.refuse(false);

    await().atMost(LONG).untilAsserted(() -> assertThat(returns).hasValue(1));
  }

  @Test
  void oneThatIsBackBringsTheOthersBack() {
    var clock = new VirtualTimeline();
    var pauses = new AtomicInteger(-1);
    // Half an hour for the first cache that pauses, an hour for the other.
    RandomGenerator dice =
        new RandomGenerator() {
          @Override
          public long nextLong() {
            return 0;
          }

          @Override
          public double nextDouble() {
            return pauses.get() < 0 ? 0.5 : pauses.getAndIncrement() == 0 ? 0 : 0.999;
          }
        };
    var hourly =
        InformerTiming.DEFAULT.withRetry(new Backoff(Duration.ofHours(1), Duration.ofHours(1)));
    informers = new RemoteInformers(api, clock, metrics, hourly, dice);
    var returns = new AtomicInteger();
    informers.informer(CoreTypes.CONFIG_MAP, Scope.ALL).onResumed(returns::incrementAndGet);
    informers.informer(CoreTypes.SERVICE, Scope.ALL).onResumed(returns::incrementAndGet);
    informers.start();
    assertThat(informers.awaitSync(LONG)).isTrue();
    await().until(() -> server.openWatches() == 2);

    pauses.set(0);
    proxy.refuse(true);
    proxy.reset();
    await().atMost(LONG).until(() -> pauses.get() == 2 && clock.pending() == 2);
    proxy.refuse(false);
    clock.advance(Duration.ofMinutes(31));

    await().atMost(LONG).untilAsserted(() -> assertThat(returns).hasValue(2));
  }

  @Test
  void watchesAgainWhenTheServerEndsAWatchInOrder() {
    put("a", "1");
    started();
    for (int i = 2; i < 6; i++) {
      server.endWatches();
      put("a", Integer.toString(i));
    }
    await().atMost(LONG).until(() -> heard.getLast().equals("~a5"));
    assertThat(server.count("list", "configmaps")).isEqualTo(1);
  }

  @Test
  void listsAgainOnlyWhenTheVersionIsForgotten() {
    server.goneAsStatus(true);
    put("a", "1");
    put("b", "1");
    started();
    proxy.refuse(true);
    proxy.reset();
    put("a", "2");
    drop("b");
    put("c", "1");
    store.compact();
    proxy.refuse(false);

    awaitHeard("+a1", "+b1", "-b1", "~a2", "+c1");
    assertThat(server.count("list", "configmaps")).isEqualTo(2);
    put("c", "2");
    awaitHeard("+a1", "+b1", "-b1", "~a2", "+c1", "~c2");
  }

  @Test
  void listsAgainWhenAnEventSaysThatTheVersionIsForgotten() {
    server.goneAsStatus(false);
    put("a", "1");
    started();
    proxy.refuse(true);
    proxy.reset();
    put("a", "2");
    store.compact();
    proxy.refuse(false);

    awaitHeard("+a1", "~a2");
    assertThat(server.count("list", "configmaps")).isEqualTo(2);
  }

  @Test
  void anObjectMadeAnewUnderItsNameIsADeletionAndAnAddition() {
    put("a", "1");
    started();
    proxy.refuse(true);
    proxy.reset();
    drop("a");
    put("a", "2");
    store.compact();
    proxy.refuse(false);

    awaitHeard("+a1", "-a1", "+a2");
  }

  @Test
  void noticesAServerThatHasGoneSilent() {
    informers = informers(QUICK.withSilence(Duration.ofMillis(500)));
    put("a", "1");
    started();
    // Bytes no longer get through, and nobody says so.
    proxy.freeze();
    put("a", "2");
    await()
        .atMost(LONG)
        .until(() -> metrics.text().contains("after=\"silent\",resource=\"configmaps\""));
    proxy.thaw();
    await().atMost(LONG).until(() -> heard.contains("~a2"));
    assertThat(server.count("list", "configmaps")).isEqualTo(1);
  }

  @Test
  void bookmarksKeepASilentWatchAndMoveItsVersion() {
    put("a", "1");
    var informer = started();
    store.put(
        CoreTypes.SECRET,
        new V1Secret().metadata(new V1ObjectMeta().namespace("default").name("other")));
    Duration silence = Duration.ofMillis(500);
    await().until(() -> informer.sinceLastEvent().compareTo(silence) > 0);
    store.bookmark();
    await().until(() -> informer.sinceLastEvent().compareTo(silence) < 0);
    // Only the version of the bookmark survives this.
    store.compact();
    server.breakWatches();
    put("a", "2");
    awaitHeard("+a1", "~a2");
    assertThat(server.count("list", "configmaps")).isEqualTo(1);
  }

  @Test
  void readsFiveThousandObjectsInPages() {
    for (int i = 0; i < 5000; i++) {
      put("m" + i, "1");
    }
    var informer = started();

    assertThat(informer.list()).hasSize(5000);
    assertThat(heard).hasSize(5000);
    assertThat(server.count("list", "configmaps")).isEqualTo(10);
  }

  @Test
  void listsAllAtOnceWhenThePagesGrowTooOld() {
    for (int i = 0; i < 600; i++) {
      put("m" + i, "1");
    }
    server.fault(call -> {
      if (call.verb().equals("list") && server.count("list", "configmaps") == 2) {
        store.compact();
      }
      return Optional.empty();
    });
    var informer = started();

    assertThat(informer.list()).hasSize(600);
    assertThat(server.count("list", "configmaps")).isEqualTo(3);
  }

  @Test
  void skipsWhatItCannotReadAndKeepsTheRest() {
    put("a", "1");
    var informer = started();
    JsonObject odd = store.getJson(CoreTypes.CONFIG_MAP, ObjectKey.of("default", "a")).get();
    odd.addProperty("data", "a string where a map belongs");
    store.put(CoreTypes.CONFIG_MAP, odd);
    put("b", "1");
    awaitHeard("+a1", "+b1");

    // Listing it again does not make it disappear.
    proxy.refuse(true);
    proxy.reset();
    put("b", "2");
    store.compact();
    proxy.refuse(false);
    awaitHeard("+a1", "+b1", "~b2");
    assertThat(informer.list()).hasSize(2);
    assertThat(metrics.text())
        .contains(
            "malformed_objects_total{resource=\"configmaps\",scope=\"all\",server=\"test\"} 2");

    drop("a");
    awaitHeard("+a1", "+b1", "~b2", "-a1");
  }

  @Test
  void ignoresFieldsAndEventTypesOfTheFuture() {
    put("a", "1");
    started();
    server.sendToWatches("{\"type\":\"FUTURE\",\"object\":{\"kind\":\"ConfigMap\"}}");
    JsonObject newer =
        JsonParser.parseString(
                """
                {"metadata":{"namespace":"default","name":"b","future":1},
                 "data":{"value":"1"},"future":{"deep":[{}]}}\
                """)
            .getAsJsonObject();
    store.put(CoreTypes.CONFIG_MAP, newer);
    awaitHeard("+a1", "+b1");
    assertThat(server.count("watch", "configmaps")).isEqualTo(1);
  }

  @Test
  void anUnreadableLineBreaksTheWatchAndNotTheCache() {
    put("a", "1");
    started();
    server.sendToWatches("{\"type\":");
    put("a", "2");
    awaitHeard("+a1", "~a2");
    assertThat(server.count("list", "configmaps")).isEqualTo(1);
  }

  @Test
  void goesOnAfterErrorsOfTheServer() {
    put("a", "1");
    server.fault(call -> Optional.of(new Fault.Status(500, 0)));
    var informer = informers.informer(CoreTypes.CONFIG_MAP, Scope.ALL);
    informers.start();
    await().until(() -> server.count("list", "configmaps") > 3);
    assertThat(informers.hasSynced()).isFalse();
    assertThat(informer.awaitSync(Duration.ofMillis(10))).isFalse();

    server.noFaults();
    assertThat(informer.awaitSync(LONG)).isTrue();
  }

  @Test
  void followsNamespacesSelectorsAndIndexes() {
    store.put(
        CoreTypes.CONFIG_MAP,
        map("a", "1")
            .metadata(
                new V1ObjectMeta()
                    .namespace("default")
                    .name("a")
                    .labels(Map.of("app", "x"))
                    .ownerReferences(
                        List.of(
                            new V1OwnerReference()
                                .uid("u1")
                                .name("o")
                                .kind("Service")
                                .apiVersion("v1")))));
    put("b", "1");
    store.put(
        CoreTypes.CONFIG_MAP,
        map("c", "1").metadata(new V1ObjectMeta().namespace("other").name("c")));
    var all = informers.informer(CoreTypes.CONFIG_MAP, Scope.ALL);
    all.addIndex("owner", Indexes.byOwnerUid());
    var namespaced = informers.informer(CoreTypes.CONFIG_MAP, Scope.namespace("other"));
    var labelled = informers.informer(CoreTypes.CONFIG_MAP, Scope.labels("app"));
    informers.start();
    assertThat(informers.awaitSync(LONG)).isTrue();
    var one = informers.informer(CoreTypes.CONFIG_MAP, Scope.object("default", "b"));
    assertThat(one.awaitSync(LONG)).isTrue();

    assertThat(all.list()).hasSize(3);
    assertThat(all.byIndex("owner", "u1")).hasSize(1);
    assertThat(namespaced.list()).hasSize(1);
    assertThat(labelled.list()).hasSize(1);
    assertThat(one.list()).hasSize(1);
    assertThat(informers.informer(CoreTypes.CONFIG_MAP, Scope.ALL)).isSameAs(all);
    assertThatThrownBy(() -> all.byIndex("nothing", "x")).hasMessageContaining("nothing");
    assertThatThrownBy(() -> all.addIndex("late", Indexes.byUid()))
        .hasMessageContaining("before the start");
    assertThatThrownBy(() -> informers.informer(CoreTypes.NODE, Scope.namespace("x")))
        .hasMessageContaining("cluster-scoped");
  }

  @Test
  void aHandlerThatFailsHarmsNobody() {
    var informer = informers.informer(CoreTypes.CONFIG_MAP, Scope.ALL);
    informer.onChange(change -> {
      throw new IllegalStateException("on purpose");
    });
    put("a", "1");
    started();
    put("a", "2");
    awaitHeard("+a1", "~a2");
  }

  @Test
  void stopsWhileAWatchIsOpenAndWhileItWaits() {
    started();
    informers.stop();
    await().until(() -> proxy.connections() == 0 || server.openWatches() <= 1);
    put("a", "1");
    assertThat(heard).isEmpty();

    server.fault(call -> Optional.of(new Fault.Status(500, 0)));
    var slow = informers(InformerTiming.DEFAULT.withRetry(new Backoff(LONG, LONG)));
    slow.informer(CoreTypes.SERVICE, Scope.ALL);
    slow.start();
    await().until(() -> server.count("list", "services") == 1);
    long before = System.nanoTime();
    slow.stop();
    assertThat(System.nanoTime() - before).isLessThan(Duration.ofSeconds(20).toNanos());
  }

  /// Answers as a server does that has no such definition.
  private void undefine(boolean undefined) {
    server.fault(call ->
        undefined && call.resource().equals("configmaps")
            ? Optional.of(new Fault.Status(404, 0))
            : Optional.empty());
  }

  @Test
  void anOptionalResourceHoldsNobodyUpAndWorksOnceItIsDefined() {
    put("a", "1");
    undefine(true);
    var informer = informers.optional(CoreTypes.CONFIG_MAP, Scope.ALL);
    informer.onChange(change -> heard.add(describe(change)));
    var turns = new AtomicInteger();
    informer.onDefined(turns::incrementAndGet);
    informers.start();
    assertThat(informers.awaitSync(LONG)).isTrue();
    assertThat(informers.hasSynced()).isTrue();
    assertThat(informer.isDefined()).isFalse();
    assertThat(informers.undefined()).as("nobody needs it").isEmpty();

    undefine(false);
    awaitHeard("+a1");
    assertThat(informer.isDefined()).isTrue();

    // The definition is deleted and made again while a watch runs.
    undefine(true);
    server.breakWatches();
    await().atMost(LONG).until(() -> !informer.isDefined());
    undefine(false);
    drop("a");
    awaitHeard("+a1", "-a1");
    await().atMost(LONG).untilAsserted(() -> assertThat(turns).hasValue(4));
  }

  /// Answers as a server does whose role lacks the right.
  private void forbid(boolean forbidden) {
    server.fault(call ->
        forbidden && call.resource().equals("configmaps")
            ? Optional.of(new Fault.Status(403, 0))
            : Optional.empty());
  }

  @Test
  void anOptionalResourceThatMayNotBeReadHoldsNobodyUpAndWorksOnceItMay() {
    put("a", "1");
    forbid(true);
    var informer = informers.optional(CoreTypes.CONFIG_MAP, Scope.ALL);
    informer.onChange(change -> heard.add(describe(change)));
    informers.start();
    assertThat(informers.awaitSync(LONG)).isTrue();
    assertThat(informers.unsynced("host")).isEmpty();
    assertThat(heard).isEmpty();

    forbid(false);
    awaitHeard("+a1");

    // Refused for a moment: what is known stays, and what comes is heard afterwards.
    forbid(true);
    long before = server.count("watch", "configmaps");
    server.breakWatches();
    await().atMost(LONG).until(() -> server.count("watch", "configmaps") > before);
    assertThat(informer.list()).hasSize(1);
    forbid(false);
    put("a", "2");
    awaitHeard("+a1", "~a2");
  }

  @Test
  void aNeededResourceThatMayNotBeReadIsWaitedFor() {
    forbid(true);
    informers.informer(CoreTypes.CONFIG_MAP, Scope.ALL);
    informers.start();
    await().atMost(LONG).until(() -> server.count("list", "configmaps") > 1);
    assertThat(informers.hasSynced()).isFalse();

    forbid(false);
    assertThat(informers.awaitSync(LONG)).isTrue();
  }

  @Test
  void aNeededResourceThatIsNotDefinedIsNamedAndWaitedFor() {
    undefine(true);
    var informer = informers.informer(CoreTypes.CONFIG_MAP, Scope.ALL);
    informers.start();
    await().atMost(LONG).until(() -> !informer.isDefined());
    assertThat(informers.undefined()).containsExactly("configmaps");
    assertThat(informers.hasSynced()).isFalse();

    undefine(false);
    assertThat(informers.awaitSync(LONG)).isTrue();
    assertThat(informers.undefined()).isEmpty();
  }
}
