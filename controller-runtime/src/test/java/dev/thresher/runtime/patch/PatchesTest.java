package dev.thresher.runtime.patch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import dev.thresher.api.CoreTypes;
import dev.thresher.api.ObjectKey;
import dev.thresher.api.json.LenientJson;
import dev.thresher.runtime.client.ClientConfig;
import dev.thresher.runtime.client.Connection;
import dev.thresher.runtime.client.ConnectionSource;
import dev.thresher.runtime.client.KubeApi;
import dev.thresher.runtime.client.KubeApiException;
import dev.thresher.runtime.client.KubeApiException.Reason;
import dev.thresher.runtime.client.OkHttpKubeApi;
import dev.thresher.runtime.fake.FakeApiServer;
import dev.thresher.runtime.fake.FakeStore;
import dev.thresher.runtime.metrics.Metrics;
import dev.thresher.runtime.time.SystemTimeline;
import io.kubernetes.client.openapi.models.V1LoadBalancerIngress;
import io.kubernetes.client.openapi.models.V1ObjectMeta;
import io.kubernetes.client.openapi.models.V1Service;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// Each patch is sent over HTTP to an object that is full of other people's fields, and must leave
/// them alone.
class PatchesTest {

  private static final ObjectKey WEB = ObjectKey.of("default", "web");

  private final FakeStore store = new FakeStore();
  private final FakeApiServer server = new FakeApiServer(store);
  private final SystemTimeline timeline = new SystemTimeline();
  private final KubeApi api =
      new OkHttpKubeApi(
          ClientConfig.of("test", new ConnectionSource.Fixed(Connection.plain(server.url()))),
          timeline,
          new Metrics());

  private V1Service seen = new V1Service();

  @BeforeEach
  void fill() {
    store.put(
        CoreTypes.SERVICE,
        JsonParser.parseString(
                """
                {"metadata":{"namespace":"default","name":"web",
                   "labels":{"app":"web","keep":"1"},
                   "annotations":{"a/b":"c"},
                   "finalizers":["foreign/one","foreign/two"],
                   "ownerReferences":[{"apiVersion":"v1","kind":"X","name":"x","uid":"u"}]},
                 "spec":{"type":"LoadBalancer","ports":[{"port":80}],"clusterIPs":["10.0.0.1"],
                   "future":{"x":[1,2]}},
                 "status":{"conditions":[{"type":"Foreign","status":"True"}],
                   "loadBalancer":{"ingress":[{"ip":"192.0.2.9"}]}}}\
                """)
            .getAsJsonObject());
    seen = api.get(CoreTypes.SERVICE, WEB).orElseThrow();
  }

  @AfterEach
  void close() {
    server.close();
    timeline.stop();
  }

  private JsonObject stored() {
    return store.getJson(CoreTypes.SERVICE, WEB).orElseThrow();
  }

  /// The object as it is but for the version and one path.
  private JsonObject except(String... path) {
    JsonObject object = stored();
    object.getAsJsonObject("metadata").remove("resourceVersion");
    JsonObject at = object;
    for (int i = 0; i < path.length - 1; i++) {
      at = at.getAsJsonObject(path[i]);
    }
    at.remove(path[path.length - 1]);
    return object;
  }

  private List<String> finalizers() {
    return stored().getAsJsonObject("metadata").getAsJsonArray("finalizers").asList().stream()
        .map(f -> f.getAsString())
        .toList();
  }

  @Test
  void addsAFinalizerAndNothingElse() {
    JsonObject before = except("metadata", "finalizers");

    api.patch(CoreTypes.SERVICE, WEB, Patches.addFinalizer(seen, "own/three").orElseThrow());

    assertThat(finalizers()).containsExactly("foreign/one", "foreign/two", "own/three");
    assertThat(except("metadata", "finalizers")).isEqualTo(before);
    assertThat(Patches.addFinalizer(seen, "foreign/one")).isEmpty();
  }

  @Test
  void takesAFinalizerAwayAndNothingElse() {
    JsonObject before = except("metadata", "finalizers");

    api.patch(CoreTypes.SERVICE, WEB, Patches.removeFinalizer(seen, "foreign/one").orElseThrow());

    assertThat(finalizers()).containsExactly("foreign/two");
    assertThat(except("metadata", "finalizers")).isEqualTo(before);
    assertThat(Patches.removeFinalizer(seen, "own/three")).isEmpty();
  }

  @Test
  void setsAndRemovesAnnotationsAndLabels() {
    JsonObject before = except("metadata", "annotations");
    api.patch(
        CoreTypes.SERVICE,
        WEB,
        Patches.annotations(Map.of("x/y", Optional.of("z"), "a/b", Optional.empty())));

    assertThat(stored().getAsJsonObject("metadata").getAsJsonObject("annotations").toString())
        .isEqualTo("{\"x/y\":\"z\"}");
    assertThat(except("metadata", "annotations")).isEqualTo(before);

    api.patch(CoreTypes.SERVICE, WEB, Patches.labels(Map.of("app", Optional.empty())));
    assertThat(stored().getAsJsonObject("metadata").getAsJsonObject("labels").toString())
        .isEqualTo("{\"keep\":\"1\"}");
  }

  @Test
  void setsTheIngressAndKeepsTheRestOfTheStatus() {
    JsonObject before = except("status", "loadBalancer");
    api.patch(
        CoreTypes.SERVICE,
        WEB,
        Patches.serviceIngress(
            List.of(
                new V1LoadBalancerIngress().ip("192.0.2.1").ipMode("VIP"),
                new V1LoadBalancerIngress().ip("2001:db8::1"),
                new V1LoadBalancerIngress().hostname("web.example.com"))));

    assertThat(stored().getAsJsonObject("status").get("loadBalancer"))
        .isEqualTo(
            JsonParser.parseString(
                """
                {"ingress":[{"ip":"192.0.2.1","ipMode":"VIP"},{"ip":"2001:db8::1"},
                 {"hostname":"web.example.com"}]}\
                """));
    assertThat(except("status", "loadBalancer")).isEqualTo(before);

    api.patch(CoreTypes.SERVICE, WEB, Patches.serviceIngress(List.of()));
    assertThat(stored().getAsJsonObject("status").getAsJsonObject("loadBalancer").toString())
        .isEqualTo("{\"ingress\":[]}");
  }

  @Test
  void mergesIntoTheVersionThatWasSeenAndIntoNoOther() {
    JsonObject before = except("metadata", "labels");
    JsonObject label =
        Patches.nest(JsonParser.parseString("{\"own\":\"1\"}"), "metadata", "labels");

    api.patch(CoreTypes.SERVICE, WEB, Patches.merge(seen, label));

    assertThat(stored().getAsJsonObject("metadata").getAsJsonObject("labels").keySet())
        .containsExactlyInAnyOrder("app", "keep", "own");
    assertThat(except("metadata", "labels")).isEqualTo(before);

    JsonObject type = Patches.nest(new JsonPrimitive("ClusterIP"), "spec", "type");
    assertThatThrownBy(() -> api.patch(CoreTypes.SERVICE, WEB, Patches.merge(seen, type)))
        .isInstanceOfSatisfying(
            KubeApiException.class, e -> assertThat(e.is(Reason.CONFLICT)).isTrue());
  }

  @Test
  void appliesOwnFieldsAndLeavesTheOthers() {
    JsonObject before = except("metadata", "labels");
    JsonObject own = Patches.nest(JsonParser.parseString("{\"own\":\"1\"}"), "metadata", "labels");
    own.addProperty("apiVersion", "v1");
    own.addProperty("kind", "Service");

    api.patch(CoreTypes.SERVICE, WEB, new Patch.Apply(own, "me", false, ""));

    assertThat(stored().getAsJsonObject("metadata").getAsJsonObject("labels").keySet())
        .containsExactlyInAnyOrder("app", "keep", "own");
    assertThat(except("metadata", "labels")).isEqualTo(before);
  }

  @Test
  void jsonPatchesStopWhereTheirTestDoes() {
    var operations =
        JsonParser.parseString(
                """
                [{"op":"test","path":"/spec/ports/0/port","value":80},
                 {"op":"add","path":"/metadata/annotations/x~1y","value":"z"},
                 {"op":"remove","path":"/metadata/finalizers/0"}]\
                """)
            .getAsJsonArray();

    api.patch(CoreTypes.SERVICE, WEB, new Patch.Json(operations, ""));

    assertThat(finalizers()).containsExactly("foreign/two");
    assertThat(stored().getAsJsonObject("metadata").getAsJsonObject("annotations").keySet())
        .containsExactlyInAnyOrder("a/b", "x/y");
  }

  /// Why there is this package: what a model writes of its own accord is not harmless.
  @Test
  void aSerialisedModelWouldWipeLists() {
    V1Service partial =
        new V1Service().metadata(new V1ObjectMeta().name("web").namespace("default"));
    partial.getMetadata().putAnnotationsItem("x/y", "z");
    JsonObject asPatch = LenientJson.gson().toJsonTree(partial).getAsJsonObject();

    api.patch(CoreTypes.SERVICE, WEB, new Patch.Merge(asPatch, ""));

    boolean finalizersAreLeft =
        stored().getAsJsonObject("metadata").has("finalizers") && !finalizers().isEmpty();
    boolean modelWritesEmptyLists = asPatch.getAsJsonObject("metadata").has("finalizers");
    assertThat(finalizersAreLeft).isEqualTo(!modelWritesEmptyLists);
    assertThat(modelWritesEmptyLists).as("the models still have the trap").isTrue();
  }
}
