package dev.thresher.vip.kubevip;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.thresher.api.CoreTypes;
import dev.thresher.api.ObjectKey;
import dev.thresher.runtime.client.KubeApiException;
import dev.thresher.runtime.client.KubeApiException.Reason;
import dev.thresher.runtime.fake.FakeKubeApi;
import dev.thresher.runtime.fake.FakeStore;
import dev.thresher.runtime.patch.Patch;
import dev.thresher.runtime.patch.Patches;
import io.kubernetes.client.openapi.models.V1LoadBalancerIngress;
import io.kubernetes.client.openapi.models.V1Service;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class UpdatingApiTest {

  private static final ObjectKey WEB = ObjectKey.of("default", "web");

  private final FakeStore store = new FakeStore();
  private final FakeKubeApi plain = new FakeKubeApi(store);
  private final UpdatingApi api = new UpdatingApi(plain);

  private static JsonObject json(String text) {
    return JsonParser.parseString(text).getAsJsonObject();
  }

  private void web() {
    plain.createJson(
        CoreTypes.SERVICE,
        "default",
        json(
            """
            {"apiVersion":"v1","kind":"Service",
             "metadata":{"name":"web","namespace":"default","annotations":{"theirs":"1"}},
             "spec":{"type":"LoadBalancer","fieldOfTomorrow":{"keep":["me"]}}}
            """));
    plain.forgetCalls();
  }

  @Test
  void aPatchIsAReadAndAnUpdateAndWhatIsNotKnownStays() {
    web();
    Optional<V1Service> changed =
        api.patch(CoreTypes.SERVICE, WEB, Patches.annotations(Map.of("ours", Optional.of("x"))));
    assertThat(changed).isPresent();
    JsonObject whole = store.getJson(CoreTypes.SERVICE, WEB).orElseThrow();
    assertThat(whole.getAsJsonObject("metadata").get("annotations"))
        .isEqualTo(json("{\"theirs\":\"1\",\"ours\":\"x\"}"));
    assertThat(whole.toString()).contains("\"fieldOfTomorrow\":{\"keep\":[\"me\"]}");
    assertThat(plain.calls().toString()).doesNotContainIgnoringCase("patch");
  }

  @Test
  void aStatusIsWrittenWholeToItsSubresource() {
    web();
    AtomicReference<String> sent = new AtomicReference<>("");
    plain.answerRequests((method, path, body) -> {
      sent.set(method + " " + path + " " + body.map(JsonObject::toString).orElse(""));
      return body;
    });
    api.patch(
        CoreTypes.SERVICE,
        WEB,
        Patches.serviceIngress(List.of(new V1LoadBalancerIngress().ip("10.0.0.1").ipMode("VIP"))));
    assertThat(sent.get())
        .startsWith("PUT /api/v1/namespaces/default/services/web/status ")
        .contains("\"ingress\":[{\"ip\":\"10.0.0.1\",\"ipMode\":\"VIP\"}]")
        .contains("\"fieldOfTomorrow\"")
        .contains("\"resourceVersion\"");
  }

  @Test
  void whoWroteMeanwhileIsNotOverwritten() {
    web();
    JsonObject change =
        json("{\"metadata\":{\"resourceVersion\":\"999999\",\"labels\":{\"a\":\"b\"}}}");
    assertThatThrownBy(() -> api.patch(CoreTypes.SERVICE, WEB, new Patch.Merge(change, "")))
        .isInstanceOfSatisfying(
            KubeApiException.class, e -> assertThat(e.reason()).isEqualTo(Reason.CONFLICT));
    assertThat(store.getJson(CoreTypes.SERVICE, WEB).orElseThrow().toString())
        .doesNotContain("\"a\":\"b\"");
  }

  @Test
  void anObjectThatIsGoneIsAnEmptyResult() {
    assertThat(
            api.patch(CoreTypes.SERVICE, WEB, Patches.annotations(Map.of("a", Optional.of("b")))))
        .isEmpty();
  }
}
