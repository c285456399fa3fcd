package dev.thresher.runtime.fake;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.thresher.api.CoreTypes;
import dev.thresher.api.ObjectKey;
import dev.thresher.runtime.client.KubeApi;
import dev.thresher.runtime.client.KubeApiException;
import dev.thresher.runtime.client.KubeApiException.Reason;
import dev.thresher.runtime.client.ListQuery;
import dev.thresher.runtime.client.Precondition;
import dev.thresher.runtime.informer.Change;
import dev.thresher.runtime.informer.Indexes;
import dev.thresher.runtime.informer.Scope;
import dev.thresher.runtime.patch.Patch;
import dev.thresher.runtime.patch.Patches;
import dev.thresher.runtime.time.VirtualTimeline;
import io.kubernetes.client.openapi.models.V1ConfigMap;
import io.kubernetes.client.openapi.models.V1LoadBalancerIngress;
import io.kubernetes.client.openapi.models.V1ObjectMeta;
import io.kubernetes.client.openapi.models.V1Service;
import io.kubernetes.client.openapi.models.V1ServiceSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class FakeKubeApiTest {

  private static final ObjectKey WEB = ObjectKey.of("default", "web");

  private final FakeStore store = new FakeStore();
  private final FakeKubeApi api = new FakeKubeApi(store);

  private static V1Service service(String name) {
    return new V1Service()
        .metadata(new V1ObjectMeta().namespace("default").name(name).labels(Map.of("app", name)))
        .spec(new V1ServiceSpec().type("LoadBalancer"));
  }

  private static ThrowsReason reason(Reason reason) {
    return new ThrowsReason(reason);
  }

  private record ThrowsReason(Reason reason) {
    void isThrownBy(org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
      assertThatThrownBy(call)
          .isInstanceOfSatisfying(
              KubeApiException.class, e -> assertThat(e.reason()).isEqualTo(reason));
    }
  }

  private static Patch json(String operations, String subresource) {
    return new Patch.Json((JsonArray) JsonParser.parseString(operations), subresource);
  }

  private static Patch.Apply apply(String document, String manager, boolean force) {
    return new Patch.Apply((JsonObject) JsonParser.parseString(document), manager, force, "");
  }

  @Test
  void absenceIsAValue() {
    assertThat(api.get(CoreTypes.SERVICE, WEB)).isEmpty();
    assertThat(api.delete(CoreTypes.SERVICE, WEB, Precondition.NONE)).isFalse();
    assertThat(api.patch(CoreTypes.SERVICE, WEB, Patches.labels(Map.of()))).isEmpty();
  }

  @Test
  void givesIdentityOnCreateAndRefusesASecondOne() {
    V1Service made = api.create(CoreTypes.SERVICE, service("web"));

    assertThat(made.getMetadata().getUid()).isNotEmpty();
    assertThat(made.getMetadata().getResourceVersion()).isNotEmpty();
    assertThat(made.getKind()).isEqualTo("Service");
    reason(Reason.ALREADY_EXISTS).isThrownBy(() -> api.create(CoreTypes.SERVICE, service("web")));
  }

  @Test
  void keepsTheStatusApartWhereThereIsASubresource() {
    api.create(CoreTypes.SERVICE, service("web"));
    Patch ingress = Patches.serviceIngress(List.of(new V1LoadBalancerIngress().ip("192.0.2.1")));

    api.patch(CoreTypes.SERVICE, WEB, ingress.on(""));
    assertThat(store.getJson(CoreTypes.SERVICE, WEB).orElseThrow().has("status")).isFalse();

    V1Service after = api.patch(CoreTypes.SERVICE, WEB, ingress).orElseThrow();
    assertThat(after.getStatus().getLoadBalancer().getIngress().getFirst().getIp())
        .isEqualTo("192.0.2.1");
    assertThat(after.getMetadata().getGeneration()).isEqualTo(1);
  }

  @Test
  void keepsAnObjectWithFinalizersUntilTheLastIsGone() {
    V1Service made = api.create(CoreTypes.SERVICE, service("web"));
    V1Service held =
        api.patch(CoreTypes.SERVICE, WEB, Patches.addFinalizer(made, "a/b").orElseThrow())
            .orElseThrow();

    assertThat(api.delete(CoreTypes.SERVICE, WEB, Precondition.unchanged(held))).isTrue();
    V1Service deleting = api.get(CoreTypes.SERVICE, WEB).orElseThrow();
    assertThat(deleting.getMetadata().getDeletionTimestamp()).isNotNull();

    api.patch(CoreTypes.SERVICE, WEB, Patches.removeFinalizer(deleting, "a/b").orElseThrow());
    assertThat(api.get(CoreTypes.SERVICE, WEB)).isEmpty();
  }

  @Test
  void refusesAWriteWithAnOldVersion() {
    V1Service made = api.create(CoreTypes.SERVICE, service("web"));
    api.patch(CoreTypes.SERVICE, WEB, Patches.annotations(Map.of("a", Optional.of("1"))));

    reason(Reason.CONFLICT)
        .isThrownBy(() ->
            api.patch(CoreTypes.SERVICE, WEB, Patches.addFinalizer(made, "a/b").orElseThrow()));
    reason(Reason.CONFLICT)
        .isThrownBy(() -> api.delete(CoreTypes.SERVICE, WEB, Precondition.unchanged(made)));
    JsonObject old = store.getJson(CoreTypes.SERVICE, WEB).orElseThrow();
    old.getAsJsonObject("metadata")
        .addProperty("resourceVersion", made.getMetadata().getResourceVersion());
    reason(Reason.CONFLICT).isThrownBy(() -> api.replaceJson(CoreTypes.SERVICE, WEB, old));
  }

  @Test
  void aFailedTestOfAJsonPatchIsAConflict() {
    api.create(CoreTypes.SERVICE, service("web"));

    reason(Reason.CONFLICT)
        .isThrownBy(() ->
            api.patch(
                CoreTypes.SERVICE,
                WEB,
                json(
                    """
                    [{"op":"test","path":"/spec/type","value":"ClusterIP"},
                     {"op":"remove","path":"/spec/type"}]\
                    """,
                    "")));
    V1Service after =
        api.patch(
                CoreTypes.SERVICE,
                WEB,
                json(
                    """
                    [{"op":"test","path":"/spec/type","value":"LoadBalancer"},
                     {"op":"add","path":"/metadata/labels/x~1y","value":"z"}]\
                    """,
                    ""))
            .orElseThrow();
    assertThat(after.getMetadata().getLabels()).containsEntry("x/y", "z");
  }

  @Test
  void appliesFieldsAndTakesBackWhatIsNoLongerNamed() {
    ObjectKey key = ObjectKey.of("default", "map");
    String one = "{\"data\":{\"a\":\"1\",\"b\":\"2\"}}";
    V1ConfigMap made = api.patch(CoreTypes.CONFIG_MAP, key, apply(one, "me", false)).orElseThrow();
    assertThat(made.getData()).containsOnlyKeys("a", "b");

    api.patch(CoreTypes.CONFIG_MAP, key, apply("{\"data\":{\"c\":\"3\"}}", "you", false));
    V1ConfigMap after =
        api.patch(CoreTypes.CONFIG_MAP, key, apply("{\"data\":{\"a\":\"1\"}}", "me", false))
            .orElseThrow();
    assertThat(after.getData()).containsOnlyKeys("a", "c");

    Patch.Apply taking = apply("{\"data\":{\"c\":\"4\"}}", "me", false);
    reason(Reason.CONFLICT).isThrownBy(() -> api.patch(CoreTypes.CONFIG_MAP, key, taking));
    V1ConfigMap taken =
        api.patch(CoreTypes.CONFIG_MAP, key, apply("{\"data\":{\"c\":\"4\"}}", "me", true))
            .orElseThrow();
    assertThat(taken.getData()).containsExactly(Map.entry("c", "4"));
  }

  @Test
  void pagesAndSelects() {
    for (int i = 0; i < 5; i++) {
      api.create(CoreTypes.SERVICE, service("web-" + i));
    }
    var first = api.list(CoreTypes.SERVICE, ListQuery.all().withLimit(3));
    var rest =
        api.list(
            CoreTypes.SERVICE, ListQuery.all().withLimit(3).after(first.continueToken().get()));

    assertThat(first.items()).hasSize(3);
    assertThat(rest.items()).hasSize(2);
    assertThat(rest.continueToken()).isEmpty();
    assertThat(api.list(CoreTypes.SERVICE, ListQuery.all().withLabels("app=web-1,app")).items())
        .singleElement()
        .satisfies(s -> assertThat(s.getMetadata().getName()).isEqualTo("web-1"));
    assertThat(
            api.list(CoreTypes.SERVICE, ListQuery.all().withLabels("app notin (web-1, web-2)"))
                .items())
        .hasSize(3);
    assertThat(
            api.list(CoreTypes.SERVICE, ListQuery.all().withFields("metadata.name=web-4")).items())
        .hasSize(1);
  }

  @Test
  void deposedLeadersDoNotWrite() {
    KubeApi fenced = api.fenced(() -> false);

    reason(Reason.FENCED).isThrownBy(() -> fenced.create(CoreTypes.SERVICE, service("web")));
    assertThat(fenced.get(CoreTypes.SERVICE, WEB)).isEmpty();
    assertThat(api.writes()).isEmpty();
  }

  @Test
  void failsWhenToldTo() {
    api.failNext("create", CoreTypes.SERVICE, Reason.UNREACHABLE);

    reason(Reason.UNREACHABLE).isThrownBy(() -> api.create(CoreTypes.SERVICE, service("web")));
    api.create(CoreTypes.SERVICE, service("web"));
    assertThat(api.writes())
        .extracting(FakeCall::toString)
        .containsExactly("create services default/web", "create services default/web");
  }

  @Test
  void informersFollowEachWriteAtOnce() {
    api.create(CoreTypes.SERVICE, service("early"));
    var informers = new FakeInformers(store, new VirtualTimeline());
    var informer = informers.informer(CoreTypes.SERVICE, Scope.labels("app"));
    informer.addIndex("app", Indexes.byLabel("app"));
    List<String> heard = new ArrayList<>();
    informer.onChange(change -> heard.add(describe(change)));
    informers.start();
    api.create(CoreTypes.SERVICE, service("web"));
    api.patch(CoreTypes.SERVICE, WEB, Patches.labels(Map.of("app", Optional.of("other"))));

    assertThat(informers.hasSynced()).isTrue();
    assertThat(informer.byIndex("app", "other")).hasSize(1);
    assertThat(informer.byIndex("app", "web")).isEmpty();

    api.patch(CoreTypes.SERVICE, WEB, Patches.labels(Map.of("app", Optional.empty())));
    assertThat(heard).containsExactly("Added early", "Added web", "Updated web", "Deleted web");

    informers.pause();
    api.delete(CoreTypes.SERVICE, ObjectKey.of("default", "early"), Precondition.NONE);
    assertThat(informer.list()).hasSize(1);
    informers.resume();
    assertThat(informer.list()).isEmpty();
  }

  private static String describe(Change<V1Service> change) {
    return change.getClass().getSimpleName() + " " + change.object().getMetadata().getName();
  }
}
