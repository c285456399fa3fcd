package dev.thresher.runtime.fake;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.thresher.api.CoreTypes;
import dev.thresher.api.ObjectKey;
import dev.thresher.api.ResourceType;
import dev.thresher.runtime.client.KubeApi;
import dev.thresher.runtime.client.KubeApiException;
import dev.thresher.runtime.client.KubeApiException.Reason;
import dev.thresher.runtime.client.ListQuery;
import dev.thresher.runtime.client.Precondition;
import dev.thresher.runtime.patch.Patch;
import dev.thresher.runtime.patch.Patches;
import io.kubernetes.client.openapi.models.V1ConfigMap;
import io.kubernetes.client.openapi.models.V1LoadBalancerIngress;
import io.kubernetes.client.openapi.models.V1ObjectMeta;
import io.kubernetes.client.openapi.models.V1Service;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// What the programs rely on. The same tests run against the fake in memory, the fake over HTTP and
/// a real API server: that is what makes the fake worth anything.
///
/// The namespace exists; each test uses its own names in it and may find those of others.
public abstract class KubeApiContract {

  private static final ResourceType<V1ConfigMap> UNKNOWN =
      new ResourceType<>("nothing.example.com", "v1", "things", "Thing", true, V1ConfigMap.class);

  private KubeApi api = new FakeKubeApi(new FakeStore());
  private String namespace = "";

  protected abstract KubeApi connect();

  /// Of an existing namespace.
  protected abstract String namespace();

  @BeforeEach
  void begin() {
    api = connect();
    namespace = namespace();
  }

  private ObjectKey key(String name) {
    return ObjectKey.of(namespace, name);
  }

  private static JsonObject json(String text) {
    return JsonParser.parseString(text).getAsJsonObject();
  }

  private V1ConfigMap map(String name) {
    return new V1ConfigMap()
        .metadata(new V1ObjectMeta().namespace(namespace).name(name))
        .data(Map.of("a", "1"));
  }

  private V1Service service(String name) {
    return api.createJson(
        CoreTypes.SERVICE,
        namespace,
        json(
            """
            {"apiVersion":"v1","kind":"Service",
             "metadata":{"name":"%s","labels":{"app":"x"},"finalizers":["example.com/foreign"]},
             "spec":{"type":"LoadBalancer","ports":[{"port":80,"protocol":"TCP"}]}}\
            """
                .formatted(name)));
  }

  private static List<V1LoadBalancerIngress> ingressOf(V1Service service) {
    var status = service.getStatus();
    var balancer = status == null ? null : status.getLoadBalancer();
    var ingress = balancer == null ? null : balancer.getIngress();
    return ingress == null ? List.of() : ingress;
  }

  private static Patch operations(String text) {
    return new Patch.Json(JsonParser.parseString(text).getAsJsonArray(), "");
  }

  private static Patch.Apply apply(String data, String manager, boolean force) {
    return new Patch.Apply(json("{\"data\":" + data + "}"), manager, force, "");
  }

  private static void assertReason(Reason reason, ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            KubeApiException.class,
            e -> assertThat(e.reason()).as(e.getMessage()).isEqualTo(reason));
  }

  @Test
  void absenceIsAValueAndAMissingTypeIsNot() {
    assertThat(api.get(CoreTypes.CONFIG_MAP, key("absent"))).isEmpty();
    assertThat(api.getJson(CoreTypes.CONFIG_MAP, key("absent"))).isEmpty();
    assertThat(api.delete(CoreTypes.CONFIG_MAP, key("absent"), Precondition.NONE)).isFalse();
    assertThat(api.patch(CoreTypes.CONFIG_MAP, key("absent"), Patches.labels(Map.of()))).isEmpty();
    JsonObject whole = json("{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\"}");
    JsonObject metadata = Json.child(whole, "metadata");
    metadata.addProperty("name", "absent");
    metadata.addProperty("namespace", namespace);
    metadata.addProperty("resourceVersion", "1");
    metadata.addProperty("uid", "11111111-1111-4111-8111-111111111111");
    assertThat(api.replaceJson(CoreTypes.CONFIG_MAP, key("absent"), whole)).isEmpty();

    assertReason(
        Reason.NOT_FOUND,
        () -> {
          api.create(CoreTypes.CONFIG_MAP, map("there"));
          api.patch(CoreTypes.CONFIG_MAP, key("there"), Patches.labels(Map.of()).onStatus());
        });
  }

  @Test
  void namesAreTakenOnce() {
    V1ConfigMap made = api.create(CoreTypes.CONFIG_MAP, map("taken"));

    assertThat(made.getKind()).isEqualTo("ConfigMap");
    assertThat(made.getApiVersion()).isEqualTo("v1");
    assertThat(made.getMetadata().getUid()).isNotEmpty();
    assertThat(made.getMetadata().getCreationTimestamp()).isNotNull();
    assertReason(Reason.ALREADY_EXISTS, () -> api.create(CoreTypes.CONFIG_MAP, map("taken")));
    V1ConfigMap generated =
        api.create(
            CoreTypes.CONFIG_MAP,
            new V1ConfigMap()
                .metadata(new V1ObjectMeta().namespace(namespace).generateName("generated-")));
    assertThat(generated.getMetadata().getName()).startsWith("generated-").hasSizeGreaterThan(12);
  }

  @Test
  void refusesWhatIsWrong() {
    assertReason(
        Reason.INVALID,
        () ->
            api.create(
                CoreTypes.CONFIG_MAP,
                new V1ConfigMap().metadata(new V1ObjectMeta().namespace(namespace))));
  }

  @Test
  void anOldVersionIsAConflict() {
    V1ConfigMap made = api.create(CoreTypes.CONFIG_MAP, map("versions"));
    JsonObject old = api.getJson(CoreTypes.CONFIG_MAP, key("versions")).orElseThrow();
    api.patch(
        CoreTypes.CONFIG_MAP,
        key("versions"),
        Patches.annotations(Map.of("example.com/x", Optional.of("1"))));

    assertReason(
        Reason.CONFLICT, () -> api.replaceJson(CoreTypes.CONFIG_MAP, key("versions"), old));
    assertReason(
        Reason.CONFLICT,
        () ->
            api.patch(
                CoreTypes.CONFIG_MAP,
                key("versions"),
                Patches.addFinalizer(made, "example.com/own").orElseThrow()));
    assertReason(
        Reason.CONFLICT,
        () -> api.delete(CoreTypes.CONFIG_MAP, key("versions"), Precondition.unchanged(made)));
    assertReason(
        Reason.CONFLICT,
        () ->
            api.delete(
                CoreTypes.CONFIG_MAP,
                key("versions"),
                Precondition.uid("11111111-1111-4111-8111-111111111111")));
    assertThat(
            api.delete(
                CoreTypes.CONFIG_MAP,
                key("versions"),
                Precondition.uid(made.getMetadata().getUid())))
        .isTrue();
  }

  @Test
  void aWriteThatChangesNothingMakesNoNewVersion() {
    V1ConfigMap made = api.create(CoreTypes.CONFIG_MAP, map("same"));
    V1ConfigMap same =
        api.patch(
                CoreTypes.CONFIG_MAP,
                key("same"),
                new Patch.Merge(json("{\"data\":{\"a\":\"1\"}}"), ""))
            .orElseThrow();

    assertThat(same.getMetadata().getResourceVersion())
        .isEqualTo(made.getMetadata().getResourceVersion());
  }

  @Test
  void replacesAWholeDocument() {
    api.create(CoreTypes.CONFIG_MAP, map("replaced"));
    JsonObject whole = api.getJson(CoreTypes.CONFIG_MAP, key("replaced")).orElseThrow();
    whole.add("data", json("{\"b\":\"2\"}"));

    V1ConfigMap after = api.replaceJson(CoreTypes.CONFIG_MAP, key("replaced"), whole).orElseThrow();

    assertThat(after.getData()).containsExactly(Map.entry("b", "2"));
  }

  @Test
  void jsonPatchesThatDoNotFitAreConflicts() {
    api.create(CoreTypes.CONFIG_MAP, map("tested"));
    for (String misfit :
        List.of(
            "[{\"op\":\"test\",\"path\":\"/data/a\",\"value\":\"2\"}]",
            "[{\"op\":\"test\",\"path\":\"/data/b\",\"value\":\"2\"}]",
            "[{\"op\":\"test\",\"path\":\"/metadata/resourceVersion\",\"value\":\"1\"},"
                + "{\"op\":\"remove\",\"path\":\"/data/a\"}]",
            "[{\"op\":\"test\",\"path\":\"/data/a\",\"value\":\"1\"},"
                + "{\"op\":\"remove\",\"path\":\"/data/b\"}]")) {
      assertReason(
          Reason.CONFLICT,
          () -> api.patch(CoreTypes.CONFIG_MAP, key("tested"), operations(misfit)));
    }

    V1ConfigMap after =
        api.patch(
                CoreTypes.CONFIG_MAP,
                key("tested"),
                operations(
                    """
                    [{"op":"test","path":"/data/a","value":"1"},
                     {"op":"replace","path":"/data/a","value":"2"},
                     {"op":"add","path":"/metadata/annotations",
                      "value":{"example.com/x":"y"}},
                     {"op":"add","path":"/metadata/annotations/example.com~1z","value":"z"}]\
                    """))
            .orElseThrow();
    assertThat(after.getData()).containsEntry("a", "2");
    assertThat(after.getMetadata().getAnnotations())
        .containsEntry("example.com/x", "y")
        .containsEntry("example.com/z", "z");
  }

  @Test
  void aChangeThatValidationRefusesIsNoConflict() {
    service("invalid");
    api.delete(CoreTypes.SERVICE, key("invalid"), Precondition.NONE);

    assertReason(
        Reason.INVALID,
        () ->
            api.patch(
                CoreTypes.SERVICE,
                key("invalid"),
                operations(
                    """
                    [{"op":"test","path":"/spec/type","value":"LoadBalancer"},
                     {"op":"add","path":"/metadata/finalizers/-","value":"example.com/late"}]\
                    """)));
  }

  @Test
  void statusAndTheRestAreWrittenApart() {
    V1Service made = service("status");
    Patch ingress =
        Patches.serviceIngress(
            List.of(
                new V1LoadBalancerIngress().ip("192.0.2.1").ipMode("VIP"),
                new V1LoadBalancerIngress().ip("2001:db8::1").ipMode("VIP")));

    api.patch(CoreTypes.SERVICE, key("status"), ingress.on(""));
    assertThat(ingressOf(api.get(CoreTypes.SERVICE, key("status")).orElseThrow())).isEmpty();

    V1Service after = api.patch(CoreTypes.SERVICE, key("status"), ingress).orElseThrow();
    assertThat(ingressOf(after))
        .extracting(V1LoadBalancerIngress::getIp)
        .containsExactly("192.0.2.1", "2001:db8::1");
    assertThat(after.getSpec().getPorts()).hasSize(1);
    assertThat(after.getMetadata().getFinalizers()).containsExactly("example.com/foreign");
    assertThat(after.getMetadata().getLabels()).isEqualTo(made.getMetadata().getLabels());

    V1Service emptied =
        api.patch(CoreTypes.SERVICE, key("status"), Patches.serviceIngress(List.of()))
            .orElseThrow();
    assertThat(ingressOf(emptied)).isEmpty();
  }

  @Test
  void finalizersHoldADeletedObject() {
    V1Service made = service("held");
    V1Service two =
        api.patch(
                CoreTypes.SERVICE,
                key("held"),
                Patches.addFinalizer(made, "example.com/own").orElseThrow())
            .orElseThrow();
    assertThat(two.getMetadata().getFinalizers())
        .containsExactly("example.com/foreign", "example.com/own");

    assertThat(api.delete(CoreTypes.SERVICE, key("held"), Precondition.NONE)).isTrue();
    assertThat(api.delete(CoreTypes.SERVICE, key("held"), Precondition.NONE)).isTrue();
    V1Service deleting = api.get(CoreTypes.SERVICE, key("held")).orElseThrow();
    assertThat(deleting.getMetadata().getDeletionTimestamp()).isNotNull();
    assertReason(
        Reason.INVALID,
        () ->
            api.patch(
                CoreTypes.SERVICE,
                key("held"),
                Patches.addFinalizer(deleting, "example.com/late").orElseThrow()));

    V1Service one =
        api.patch(
                CoreTypes.SERVICE,
                key("held"),
                Patches.removeFinalizer(deleting, "example.com/own").orElseThrow())
            .orElseThrow();
    assertThat(one.getMetadata().getFinalizers()).containsExactly("example.com/foreign");
    api.patch(
        CoreTypes.SERVICE,
        key("held"),
        Patches.removeFinalizer(one, "example.com/foreign").orElseThrow());
    assertThat(api.get(CoreTypes.SERVICE, key("held"))).isEmpty();
  }

  @Test
  void annotationsAndLabelsAreSetAndRemovedOneByOne() {
    service("labelled");
    api.patch(
        CoreTypes.SERVICE,
        key("labelled"),
        Patches.annotations(
            Map.of("example.com/a", Optional.of("1"), "example.com/b", Optional.of("2"))));
    V1Service after =
        api.patch(
                CoreTypes.SERVICE,
                key("labelled"),
                Patches.annotations(Map.of("example.com/a", Optional.empty())))
            .orElseThrow();

    assertThat(after.getMetadata().getAnnotations())
        .containsExactly(Map.entry("example.com/b", "2"));
    assertThat(after.getMetadata().getLabels()).containsEntry("app", "x");
    assertThat(after.getMetadata().getFinalizers()).hasSize(1);
  }

  @Test
  void appliedFieldsAreOwnedAndTakenBack() {
    ObjectKey key = key("applied");
    V1ConfigMap made =
        api.patch(CoreTypes.CONFIG_MAP, key, apply("{\"a\":\"1\",\"b\":\"2\"}", "me", false))
            .orElseThrow();
    assertThat(made.getData()).containsOnlyKeys("a", "b");
    api.patch(CoreTypes.CONFIG_MAP, key, apply("{\"c\":\"3\"}", "you", false));

    V1ConfigMap after =
        api.patch(CoreTypes.CONFIG_MAP, key, apply("{\"a\":\"1\"}", "me", false)).orElseThrow();
    assertThat(after.getData()).containsOnlyKeys("a", "c");
    assertReason(
        Reason.CONFLICT,
        () -> api.patch(CoreTypes.CONFIG_MAP, key, apply("{\"c\":\"4\"}", "me", false)));
    V1ConfigMap taken =
        api.patch(CoreTypes.CONFIG_MAP, key, apply("{\"c\":\"4\"}", "me", true)).orElseThrow();
    assertThat(taken.getData()).containsExactly(Map.entry("c", "4"));
  }

  @Test
  void pagesOfAListBelongTogether() {
    for (int i = 0; i < 7; i++) {
      V1ConfigMap one = map("page-" + i);
      one.getMetadata().putLabelsItem("example.com/page", "yes");
      api.create(CoreTypes.CONFIG_MAP, one);
    }
    ListQuery query =
        ListQuery.inNamespace(namespace).withLabels("example.com/page=yes").withLimit(5);
    var first = api.list(CoreTypes.CONFIG_MAP, query);
    api.delete(CoreTypes.CONFIG_MAP, key("page-6"), Precondition.NONE);
    var second = api.list(CoreTypes.CONFIG_MAP, query.after(first.continueToken().orElseThrow()));

    assertThat(first.items())
        .hasSize(5)
        .allSatisfy(item -> {
          assertThat(item.getKind()).isEqualTo("ConfigMap");
          assertThat(item.getApiVersion()).isEqualTo("v1");
          assertThat(item.getMetadata().getManagedFields()).isNullOrEmpty();
        });
    assertThat(second.items())
        .extracting(item -> item.getMetadata().getName())
        .containsExactly("page-5", "page-6");
    assertThat(second.resourceVersion()).isEqualTo(first.resourceVersion());
    assertThat(second.continueToken()).isEmpty();
  }

  @Test
  void selectorsSelect() {
    for (String value : List.of("one", "two", "three")) {
      V1ConfigMap labelled = map("selected-" + value);
      labelled.getMetadata().putLabelsItem("example.com/select", value);
      api.create(CoreTypes.CONFIG_MAP, labelled);
    }

    for (var expected :
        Map.of(
                "example.com/select", 3,
                "example.com/select=one", 1,
                "example.com/select in (one, two)", 2,
                "example.com/select,example.com/select!=one", 2,
                "example.com/select,example.com/select notin (one,two)", 1)
            .entrySet()) {
      assertThat(
              api.list(
                      CoreTypes.CONFIG_MAP,
                      ListQuery.inNamespace(namespace).withLabels(expected.getKey()))
                  .items())
          .as(expected.getKey())
          .hasSize(expected.getValue());
    }
    assertThat(
            api.list(
                    CoreTypes.CONFIG_MAP,
                    ListQuery.inNamespace(namespace).withFields("metadata.name=selected-two"))
                .items())
        .hasSize(1);
  }

  @Test
  void aTypeThatIsNotServedIsAnErrorEverywhere() {
    if (api instanceof FakeKubeApi) {
      // It takes any type that a test comes with.
      assertThat(api.get(UNKNOWN, key("x"))).isEmpty();
      return;
    }
    assertReason(Reason.NOT_FOUND, () -> api.get(UNKNOWN, key("x")));
    assertReason(Reason.NOT_FOUND, () -> api.list(UNKNOWN, ListQuery.all()));
    assertReason(Reason.NOT_FOUND, () -> api.delete(UNKNOWN, key("x"), Precondition.NONE));
    assertReason(Reason.NOT_FOUND, () -> api.patch(UNKNOWN, key("x"), Patches.labels(Map.of())));
    assertThat(api.request("GET", "/apis/nothing.example.com/v1", Optional.empty())).isEmpty();
  }
}
