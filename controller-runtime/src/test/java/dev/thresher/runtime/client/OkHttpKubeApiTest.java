package dev.thresher.runtime.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.thresher.api.CoreTypes;
import dev.thresher.api.ObjectKey;
import dev.thresher.api.ResourceType;
import dev.thresher.runtime.client.KubeApiException.Reason;
import dev.thresher.runtime.fake.FakeApiServer;
import dev.thresher.runtime.fake.FakeApiServer.Fault;
import dev.thresher.runtime.fake.FakeCall;
import dev.thresher.runtime.fake.FakeStore;
import dev.thresher.runtime.fake.TcpProxy;
import dev.thresher.runtime.metrics.Metrics;
import dev.thresher.runtime.patch.Patch;
import dev.thresher.runtime.patch.Patches;
import dev.thresher.runtime.time.SystemTimeline;
import io.kubernetes.client.openapi.models.V1ConfigMap;
import io.kubernetes.client.openapi.models.V1LoadBalancerIngress;
import io.kubernetes.client.openapi.models.V1ObjectMeta;
import io.kubernetes.client.openapi.models.V1Service;
import io.kubernetes.client.openapi.models.V1ServiceSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OkHttpKubeApiTest {

  private static final ObjectKey WEB = ObjectKey.of("default", "web");

  @TempDir Path directory;

  private final FakeStore store = new FakeStore();
  private final FakeApiServer server = new FakeApiServer(store);
  private final Metrics metrics = new Metrics();
  private final SystemTimeline timeline = new SystemTimeline();
  private final OkHttpKubeApi api = api(new ConnectionSource.Fixed(Connection.plain(server.url())));

  @AfterEach
  void close() {
    api.stop();
    server.close();
    timeline.stop();
  }

  private OkHttpKubeApi api(ConnectionSource source) {
    return new OkHttpKubeApi(ClientConfig.of("test", source), timeline, metrics);
  }

  private static V1Service service() {
    return new V1Service()
        .metadata(new V1ObjectMeta().namespace("default").name("web"))
        .spec(new V1ServiceSpec().type("LoadBalancer"));
  }

  private static void assertReason(Reason reason, ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            KubeApiException.class,
            e -> assertThat(e.reason()).as(e.getMessage()).isEqualTo(reason));
  }

  @Test
  void createsReadsChangesAndDeletes() {
    V1Service made = api.create(CoreTypes.SERVICE, service());
    assertThat(made.getKind()).isEqualTo("Service");

    V1Service patched =
        api.patch(
                CoreTypes.SERVICE,
                WEB,
                Patches.serviceIngress(List.of(new V1LoadBalancerIngress().ip("2001:db8::1"))))
            .orElseThrow();
    assertThat(patched.getStatus().getLoadBalancer().getIngress().getFirst().getIp())
        .isEqualTo("2001:db8::1");
    JsonObject whole = api.getJson(CoreTypes.SERVICE, WEB).orElseThrow();
    whole.getAsJsonObject("spec").addProperty("newerThanUs", "kept");
    api.replaceJson(CoreTypes.SERVICE, WEB, whole);
    assertThat(
            store
                .getJson(CoreTypes.SERVICE, WEB)
                .orElseThrow()
                .getAsJsonObject("spec")
                .has("newerThanUs"))
        .isTrue();
    assertThat(api.get(CoreTypes.SERVICE, WEB)).isPresent();
    assertReason(
        Reason.CONFLICT, () -> api.delete(CoreTypes.SERVICE, WEB, Precondition.unchanged(patched)));
    assertThat(api.delete(CoreTypes.SERVICE, WEB, Precondition.uid(made.getMetadata().getUid())))
        .isTrue();
    assertThat(api.delete(CoreTypes.SERVICE, WEB, Precondition.NONE)).isFalse();
    assertThat(api.get(CoreTypes.SERVICE, WEB)).isEmpty();
    assertThat(api.getJson(CoreTypes.SERVICE, WEB)).isEmpty();
    assertThat(api.patch(CoreTypes.SERVICE, WEB, Patches.labels(Map.of()))).isEmpty();
  }

  @Test
  void tellsConflictsFromTakenNamesAndWrongRequests() {
    V1Service made = api.create(CoreTypes.SERVICE, service());
    assertReason(Reason.ALREADY_EXISTS, () -> api.create(CoreTypes.SERVICE, service()));
    api.patch(CoreTypes.SERVICE, WEB, Patches.annotations(Map.of("a", Optional.of("b"))));
    assertReason(
        Reason.CONFLICT,
        () -> api.patch(CoreTypes.SERVICE, WEB, Patches.addFinalizer(made, "x/y").orElseThrow()));
    Patch failingTest =
        new Patch.Json(
            JsonParser.parseString(
                    "[{\"op\":\"test\",\"path\":\"/spec/type\",\"value\":\"ClusterIP\"}]")
                .getAsJsonArray(),
            "");
    assertReason(Reason.CONFLICT, () -> api.patch(CoreTypes.SERVICE, WEB, failingTest));
    assertReason(
        Reason.INVALID,
        () ->
            api.create(
                CoreTypes.SERVICE,
                new V1Service().metadata(new V1ObjectMeta().namespace("default"))));
  }

  @Test
  void aMissingResourceTypeIsAnErrorAndNotAnAbsentObject() {
    var unknown =
        new ResourceType<>("example.com", "v1", "things", "Thing", true, V1ConfigMap.class);

    assertReason(Reason.NOT_FOUND, () -> api.get(unknown, WEB));
    assertReason(Reason.NOT_FOUND, () -> api.list(unknown, ListQuery.all()));
    assertReason(
        Reason.NOT_FOUND,
        () -> api.patch(CoreTypes.CONFIG_MAP, WEB, Patches.labels(Map.of()).on("status")));
    assertThat(api.request("GET", "/apis/example.com", Optional.empty())).isEmpty();
  }

  @Test
  void appliesAndPages() {
    for (int i = 0; i < 7; i++) {
      api.patch(
          CoreTypes.CONFIG_MAP,
          ObjectKey.of("default", "m" + i),
          new Patch.Apply(
              JsonParser.parseString("{\"data\":{\"a\":\"b\"}}").getAsJsonObject(),
              "me",
              true,
              ""));
    }
    var first = api.list(CoreTypes.CONFIG_MAP, ListQuery.inNamespace("default").withLimit(5));
    var second =
        api.list(
            CoreTypes.CONFIG_MAP,
            ListQuery.inNamespace("default").withLimit(5).after(first.continueToken().get()));

    assertThat(first.items()).hasSize(5).allSatisfy(m -> assertThat(m.getKind()).isNotNull());
    assertThat(second.items()).hasSize(2);
    assertThat(second.resourceVersion()).isEqualTo(first.resourceVersion());
    assertThat(second.continueToken()).isEmpty();
  }

  @Test
  void readsObjectsWithFieldsItDoesNotKnow() {
    JsonObject service =
        JsonParser.parseString(
                """
                {"metadata":{"namespace":"default","name":"web","future":{"a":[1]},
                  "managedFields":[{"manager":"x"}]},
                 "spec":{"type":"LoadBalancer","future":true},"future":null}\
                """)
            .getAsJsonObject();
    store.put(CoreTypes.SERVICE, service);

    V1Service read = api.get(CoreTypes.SERVICE, WEB).orElseThrow();
    assertThat(read.getSpec().getType()).isEqualTo("LoadBalancer");
    assertThat(read.getMetadata().getManagedFields()).isNullOrEmpty();
  }

  @Test
  void saysHowLongTheServerAskedToWait() {
    server.fault(call -> Optional.of(new Fault.Status(429, 7)));

    assertThatThrownBy(() -> api.get(CoreTypes.SERVICE, WEB))
        .isInstanceOfSatisfying(
            KubeApiException.class,
            e -> {
              assertThat(e.reason()).isEqualTo(Reason.THROTTLED);
              assertThat(e.retryAfter()).contains(Duration.ofSeconds(7));
              assertThat(e.getMessage()).contains("GET " + server.url());
            });
    server.fault(call -> Optional.of(new Fault.Status(503, 0)));
    assertReason(Reason.SERVER_ERROR, () -> api.get(CoreTypes.SERVICE, WEB));
  }

  @Test
  void doesNotSendAWriteTwiceWhenTheConnectionBreaks() {
    api.get(CoreTypes.SERVICE, WEB);
    server.fault(
        call -> call.verb().equals("create") ? Optional.of(new Fault.Reset()) : Optional.empty());

    assertReason(Reason.UNREACHABLE, () -> api.create(CoreTypes.SERVICE, service()));
    assertThat(server.count("create", "services")).isEqualTo(1);
  }

  @Test
  void givesUpOnAServerThatDoesNotAnswer() {
    server.fault(call -> Optional.of(new Fault.Hang()));
    var config =
        ClientConfig.of("test", new ConnectionSource.Fixed(Connection.plain(server.url())))
            .withTimeouts(Duration.ofMillis(300), Duration.ofMillis(200));
    var impatient = new OkHttpKubeApi(config, timeline, metrics);

    assertReason(Reason.UNREACHABLE, () -> impatient.get(CoreTypes.SERVICE, WEB));
    assertReason(Reason.UNREACHABLE, () -> impatient.urgent().get(CoreTypes.SERVICE, WEB));
    assertThat(metrics.text()).contains("code=\"<error>\"");
  }

  @Test
  void looksForANewTokenAtOnceWhenTheOldOneIsRefused() throws IOException {
    Path token = Files.writeString(directory.resolve("token"), "old");
    Path config =
        Files.writeString(
            directory.resolve("config"),
            server.kubeconfig("unused").replace("token: \"unused\"", "tokenFile: token"));
    server.acceptTokens("old");
    var following = api(new ConnectionSource.KubeconfigFile(config, ""));
    following.create(CoreTypes.SERVICE, service());

    Files.writeString(token, "new");
    server.acceptTokens("new");
    assertThat(following.get(CoreTypes.SERVICE, WEB)).isPresent();

    server.acceptTokens("other");
    assertReason(Reason.UNAUTHORIZED, () -> following.get(CoreTypes.SERVICE, WEB));
    assertThat(metrics.text())
        .contains("credential_reloads_total{outcome=\"changed\",server=\"test\"} 1.0");
    assertThat(following.credentialsProblem().orElseThrow())
        .contains("does not accept the credentials (401)", server.url());

    Files.writeString(token, "other");
    assertThat(following.get(CoreTypes.SERVICE, WEB)).isPresent();
    assertThat(following.credentialsProblem()).isEmpty();
  }

  @Test
  void saysWhenTheTimeOfATokenIsOverWithoutAskingTheServer() {
    var expired =
        api(
            new ConnectionSource.Fixed(
                Connection.plain(server.url()).withToken(BearerTokenTest.jwt("{\"exp\":1}"))));
    assertThat(expired.credentialsProblem().orElseThrow())
        .contains("expired at 1970-01-01T00:00:01Z");
    assertThat(
            api(new ConnectionSource.Fixed(
                    Connection.plain(server.url())
                        .withToken(BearerTokenTest.jwt("{\"exp\":99999999999}"))))
                .credentialsProblem())
        .isEmpty();
  }

  @Test
  void followsARotatedFileWithoutBeingRefusedAndKeepsTheLastGoodOne() throws IOException {
    Path config = Files.writeString(directory.resolve("config"), server.kubeconfig("one"));
    server.acceptTokens("one", "two");
    var following =
        new OkHttpKubeApi(
            ClientConfig.of("test", new ConnectionSource.KubeconfigFile(config, ""))
                .withReloadInterval(Duration.ofMillis(20)),
            timeline,
            metrics);
    following.start();

    Files.writeString(config, "apiVersion: [");
    org.awaitility.Awaitility.await()
        .until(() -> metrics.text().contains("outcome=\"failed\",server=\"test\""));
    assertThat(following.get(CoreTypes.SERVICE, WEB)).isEmpty();

    Files.writeString(config, server.kubeconfig("two"));
    org.awaitility.Awaitility.await()
        .until(() -> metrics.text().contains("outcome=\"changed\",server=\"test\""));
    server.acceptTokens("two");
    long refused = refused();
    assertThat(following.get(CoreTypes.SERVICE, WEB)).isEmpty();
    assertThat(refused()).isEqualTo(refused);
    following.stop();
  }

  /// A token that somebody else fetches.
  private static final class Fetched implements TokenSource {
    private volatile String token = "";
    private volatile String refused = "";

    @Override
    public String token() {
      return token;
    }

    @Override
    public Optional<String> await(Duration atMost) {
      return token.isEmpty() ? Optional.of("no token yet") : Optional.empty();
    }

    @Override
    public void refused(String given) {
      refused = given;
    }
  }

  @Test
  void asksAsTheOwnerOfATokenThatIsFetched() {
    var fetched = new Fetched();
    var other =
        new OkHttpKubeApi(
            ClientConfig.of(
                    "test",
                    new ConnectionSource.Fixed(Connection.plain(server.url()).withToken("own")))
                .withToken("other", fetched),
            timeline,
            metrics);
    server.acceptTokens("first");
    assertThatThrownBy(() -> other.get(CoreTypes.SERVICE, WEB))
        .isInstanceOf(KubeApiException.class)
        .hasMessageContaining("not sent: no token yet");
    assertThat(server.calls()).as("never with the program's own token").isEmpty();

    fetched.token = "first";
    assertThat(other.get(CoreTypes.SERVICE, WEB)).isEmpty();
    assertThat(fetched.refused).isEmpty();

    server.acceptTokens("second");
    assertReason(Reason.UNAUTHORIZED, () -> other.get(CoreTypes.SERVICE, WEB));
    assertThat(fetched.refused).isEqualTo("first");
    fetched.token = "second";
    assertThat(other.get(CoreTypes.SERVICE, WEB)).isEmpty();
  }

  private long refused() {
    return metrics.text().lines().filter(line -> line.contains("code=\"401\"")).count();
  }

  @Test
  void movesToAnotherServerWhenTheKubeconfigSaysSo() throws IOException {
    var otherStore = new FakeStore();
    otherStore.put(CoreTypes.SERVICE, service());
    try (var other = new FakeApiServer(otherStore)) {
      Path config = Files.writeString(directory.resolve("config"), server.kubeconfig("t"));
      server.acceptTokens("t");
      var following = api(new ConnectionSource.KubeconfigFile(config, ""));
      assertThat(following.get(CoreTypes.SERVICE, WEB)).isEmpty();

      Files.writeString(config, other.kubeconfig("t"));
      server.acceptTokens("nobody");
      assertThat(following.get(CoreTypes.SERVICE, WEB)).isPresent();
    }
  }

  @Test
  void aCallThatWouldWaitTooLongForItsTurnIsNotSentButAnUrgentOneIs() {
    var config =
        ClientConfig.of("test", new ConnectionSource.Fixed(Connection.plain(server.url())))
            .withRate(0.01, 1);
    var slow = new OkHttpKubeApi(config, timeline, metrics);
    slow.get(CoreTypes.SERVICE, WEB);

    assertReason(Reason.THROTTLED, () -> slow.get(CoreTypes.SERVICE, WEB));
    assertThat(slow.urgent().get(CoreTypes.SERVICE, WEB)).isEmpty();
    assertThat(server.count("get", "services")).isEqualTo(2);
  }

  @Test
  void recoversWhenTheServerComesBack() {
    try (var proxy = new TcpProxy(server.port())) {
      var through = api(new ConnectionSource.Fixed(Connection.plain(proxy.url())));
      assertThat(through.get(CoreTypes.SERVICE, WEB)).isEmpty();
      proxy.refuse(true);
      proxy.reset();
      assertReason(Reason.UNREACHABLE, () -> through.get(CoreTypes.SERVICE, WEB));
      proxy.refuse(false);
      assertThat(through.get(CoreTypes.SERVICE, WEB)).isEmpty();
    }
  }

  @Test
  void countsRequestsAsKubernetesClientsDo() {
    api.get(CoreTypes.SERVICE, WEB);
    api.create(CoreTypes.SERVICE, service());

    String host = "127.0.0.1:" + server.port();
    assertThat(metrics.text())
        .contains(
            "rest_client_requests_total{code=\"404\",host=\"" + host + "\",method=\"GET\"} 1.0")
        .contains(
            "rest_client_requests_total{code=\"201\",host=\"" + host + "\",method=\"POST\"} 1.0")
        .contains(
            "rest_client_request_duration_seconds_count{host=\"" + host + "\",verb=\"POST\"} 1")
        .contains("rest_client_rate_limiter_duration_seconds_count{host=\"" + host);
  }

  @Test
  void escapesSelectors() {
    store.put(
        CoreTypes.SERVICE,
        service().metadata(service().getMetadata().labels(Map.of("a.b/c", "d e&f=g"))));

    assertThat(
            api.list(CoreTypes.SERVICE, ListQuery.all().withLabels("a.b/c in (d e&f=g)")).items())
        .hasSize(1);
    assertThat(server.calls()).extracting(FakeCall::verb).containsExactly("list");
  }
}
