package dev.thresher.runtime.delegation;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.thresher.api.CoreTypes;
import dev.thresher.runtime.client.KubeApiException;
import dev.thresher.runtime.client.KubeApiException.Reason;
import dev.thresher.runtime.fake.FakeCall;
import dev.thresher.runtime.fake.FakeKubeApi;
import dev.thresher.runtime.fake.FakeStore;
import dev.thresher.runtime.metrics.Metrics;
import dev.thresher.runtime.serving.Reply;
import dev.thresher.runtime.serving.Visit;
import dev.thresher.runtime.time.VirtualTimeline;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(120)
final class DelegatedAccessTest {

  private static final String FAR = "203.0.113.1";
  private static final String NEAR = "::1";

  @TempDir private static Path directory = Path.of("/");
  private static String clientCa = "";
  private static String proxyCa = "";
  private static List<X509Certificate> alice = List.of();
  private static List<X509Certificate> admin = List.of();
  private static List<X509Certificate> server = List.of();
  private static List<X509Certificate> proxy = List.of();
  private static List<X509Certificate> otherProxy = List.of();
  private static List<X509Certificate> stranger = List.of();

  @BeforeAll
  static void certificates() throws Exception {
    var clients = new TestAuthority(directory, "clients");
    clientCa = clients.pem();
    alice = clients.issue("alice", "CN=alice, O=devs, O=ops", "clientAuth");
    admin = clients.issue("admin", "CN=admin, O=system:masters", "clientAuth");
    server = clients.issue("server", "CN=alice, O=devs", "serverAuth");
    var proxies = new TestAuthority(directory, "proxies");
    proxyCa = proxies.pem();
    proxy = proxies.issue("proxy", "CN=front-proxy", "clientAuth");
    otherProxy = proxies.issue("other", "CN=other", "clientAuth");
    stranger = new TestAuthority(directory, "nobody").issue("x", "CN=alice", "clientAuth");
  }

  private final VirtualTimeline timeline = new VirtualTimeline(Instant.now());
  private final FakeKubeApi api = new FakeKubeApi(new FakeStore());
  private final Metrics metrics = new Metrics();
  private final List<JsonObject> asked = new ArrayList<>();

  /// By name.
  private final List<String> mayReadMetrics = new ArrayList<>(List.of("alice", "robot"));

  @BeforeEach
  void answers() {
    api.answerRequests((method, path, body) -> Optional.of(answer(path, body.orElseThrow())));
  }

  private JsonObject answer(String path, JsonObject review) {
    asked.add(review);
    JsonObject spec = review.getAsJsonObject("spec");
    String status =
        switch (path) {
          case TokenReviews.PATH ->
              spec.get("token").getAsString().equals("good")
                  ? "{\"authenticated\":true,\"user\":{\"username\":\"robot\",\"uid\":\"7\","
                      + "\"groups\":[\"system:authenticated\"],\"extra\":{\"k\":[\"v\"]}}}"
                  : "{\"authenticated\":false}";
          case AccessReviews.PATH ->
              "{\"allowed\":%s}"
                  .formatted(
                      spec.getAsJsonObject("nonResourceAttributes")
                              .get("path")
                              .getAsString()
                              .equals("/metrics")
                          && mayReadMetrics.contains(spec.get("user").getAsString()));
          default -> throw new IllegalStateException(path);
        };
    var answered = new JsonObject();
    answered.add("status", JsonParser.parseString(status));
    return answered;
  }

  private void publish() {
    JsonObject map = new JsonObject();
    map.addProperty("apiVersion", "v1");
    map.addProperty("kind", "ConfigMap");
    var metadata = new JsonObject();
    metadata.addProperty("namespace", "kube-system");
    metadata.addProperty("name", "extension-apiserver-authentication");
    map.add("metadata", metadata);
    var data = new JsonObject();
    data.addProperty("client-ca-file", clientCa);
    data.addProperty("requestheader-client-ca-file", proxyCa);
    data.addProperty("requestheader-allowed-names", "[\"front-proxy\"]");
    data.addProperty("requestheader-username-headers", "[\"X-Remote-User\"]");
    data.addProperty("requestheader-group-headers", "[\"X-Remote-Group\"]");
    data.addProperty("requestheader-extra-headers-prefix", "[\"X-Remote-Extra-\"]");
    map.add("data", data);
    var _ = api.createJson(CoreTypes.CONFIG_MAP, "kube-system", map);
    api.forgetCalls();
  }

  private DelegatedAccess access(AuthenticationSettings settings) {
    return new DelegatedAccess(
        settings, ReviewSettings.DEFAULTS, () -> api, () -> api, metrics, timeline);
  }

  private static Visit visit(
      String from, List<X509Certificate> chain, Map<String, List<String>> headers, String path)
      throws Exception {
    return new Visit(InetAddress.getByName(from), chain, headers, "GET", path);
  }

  private static Visit bearing(String token) throws Exception {
    return visit(FAR, List.of(), Map.of("Authorization", List.of("Bearer " + token)), "/metrics");
  }

  private static int status(Optional<Reply> refused) {
    return refused.map(Reply::status).orElse(200);
  }

  private List<X509Certificate> chain(String who) {
    return switch (who) {
      case "alice" -> alice;
      case "admin" -> admin;
      case "server" -> server;
      case "proxy" -> proxy;
      case "otherProxy" -> otherProxy;
      case "stranger" -> stranger;
      default -> List.of();
    };
  }

  @ParameterizedTest
  @CsvSource({
    // certificate, X-Remote-User, bearer token, path, status
    "nobody, '', '', /metrics, 403",
    "nobody, alice, '', /metrics, 403",
    "alice, '', '', /metrics, 200",
    "alice, '', '', /configz, 403",
    "admin, '', '', /configz, 200",
    "server, '', '', /metrics, 401",
    "stranger, '', '', /metrics, 401",
    "stranger, '', good, /metrics, 200",
    "stranger, '', bad, /metrics, 401",
    "proxy, alice, '', /metrics, 200",
    "proxy, carol, '', /metrics, 403",
    "proxy, '', '', /metrics, 401",
    "otherProxy, alice, '', /metrics, 401",
    "alice, carol, '', /metrics, 200",
    "nobody, '', good, /metrics, 200",
    "nobody, '', good, /configz, 403",
    "nobody, '', bad, /metrics, 401"
  })
  void letsInWhomTheApiServerWouldLetIn(
      String certificate, String remoteUser, String token, String path, int status)
      throws Exception {
    publish();
    var headers = new HashMap<String, List<String>>();
    if (!remoteUser.isEmpty()) {
      headers.put("X-Remote-User", List.of(remoteUser));
    }
    if (!token.isEmpty()) {
      headers.put("Authorization", List.of("Bearer " + token));
    }
    for (String from : List.of(FAR, NEAR)) {
      assertThat(
              status(
                  access(AuthenticationSettings.DEFAULTS)
                      .refuse(visit(from, chain(certificate), headers, path))))
          .as(from)
          .isEqualTo(status);
    }
  }

  @Test
  void asksWithAllThatIsKnownOfTheUser() throws Exception {
    publish();
    mayReadMetrics.add("dave");
    Visit visit =
        visit(
            FAR,
            proxy,
            Map.of(
                "X-Remote-User", List.of("dave"),
                "X-Remote-Group", List.of("a", "b"),
                "X-Remote-Extra-acme.org%2Fproject", List.of("p")),
            "/metrics");

    assertThat(access(AuthenticationSettings.DEFAULTS).refuse(visit)).isEmpty();

    assertThat(asked)
        .singleElement()
        .hasToString(
            "{\"apiVersion\":\"authorization.k8s.io/v1\",\"kind\":\"SubjectAccessReview\","
                + "\"spec\":{\"nonResourceAttributes\":{\"path\":\"/metrics\",\"verb\":\"get\"},"
                + "\"user\":\"dave\",\"groups\":[\"a\",\"b\",\"system:authenticated\"],"
                + "\"extra\":{\"acme.org/project\":[\"p\"]}}}");
  }

  @Test
  void certificateNamesUserAndGroups() throws Exception {
    publish();
    var _ = access(AuthenticationSettings.DEFAULTS).refuse(visit(FAR, alice, Map.of(), "/metrics"));

    assertThat(asked.getFirst().getAsJsonObject("spec").get("groups").toString())
        .contains("devs", "ops", "system:authenticated");
  }

  @Test
  void remembersAnswersForAsLongAsItIsTold() throws Exception {
    DelegatedAccess access = access(AuthenticationSettings.DEFAULTS);
    for (int i = 0; i < 3; i++) {
      assertThat(access.refuse(bearing("good"))).isEmpty();
    }
    assertThat(asked).hasSize(2);

    timeline.advance(Duration.ofSeconds(11));
    mayReadMetrics.clear();

    assertThat(status(access.refuse(bearing("good")))).isEqualTo(403);
    assertThat(asked).hasSize(4);
    assertThat(metrics.text())
        .contains(
            "apiserver_delegated_authn_request_total{code=\"201\"} 2.0",
            "apiserver_delegated_authz_request_total{code=\"201\"} 2.0");
  }

  @Test
  void whoeverAsksIsTurnedAwayWhileTheServerIsGone() throws Exception {
    api.failAll(Reason.UNREACHABLE);
    DelegatedAccess access = access(AuthenticationSettings.DEFAULTS);

    assertThat(status(access.refuse(bearing("good")))).isEqualTo(503);
    assertThat(status(access.refuse(visit(NEAR, alice, Map.of(), "/metrics")))).isEqualTo(503);

    api.noFaults();
    assertThat(access.refuse(bearing("good"))).isEmpty();
  }

  @Test
  void withoutTheRightToAskOnlyThisMachineIsLetIn() throws Exception {
    api.failAll(Reason.FORBIDDEN);
    DelegatedAccess access = access(AuthenticationSettings.DEFAULTS);

    assertThat(access.refuse(visit(NEAR, List.of(), Map.of(), "/metrics"))).isEmpty();
    assertThat(access.refuse(visit(NEAR, alice, Map.of(), "/metrics"))).isEmpty();
    assertThat(status(access.refuse(visit(FAR, alice, Map.of(), "/metrics")))).isEqualTo(403);
    assertThat(status(access.refuse(bearing("good")))).isEqualTo(403);

    api.noFaults();
    assertThat(access.refuse(bearing("good"))).isEmpty();
    assertThat(status(access.refuse(visit(NEAR, List.of(), Map.of(), "/metrics")))).isEqualTo(403);
  }

  @Test
  void takesAuthoritiesFromFilesWithoutALookup() throws Exception {
    Path clients = Files.writeString(directory.resolve("c.pem"), clientCa);
    Path proxies = Files.writeString(directory.resolve("p.pem"), proxyCa);
    var settings =
        new AuthenticationSettings(
            clients.toString(),
            proxies.toString(),
            List.of(),
            List.of("x-remote-user"),
            List.of("x-remote-uid"),
            List.of("x-remote-group"),
            List.of("x-remote-extra-"),
            false,
            false);
    DelegatedAccess access = access(settings);

    assertThat(access.refuse(visit(FAR, alice, Map.of(), "/metrics"))).isEmpty();
    // No name is asked of proxies, so any will do.
    assertThat(
            access.refuse(
                visit(FAR, otherProxy, Map.of("x-remote-user", List.of("alice")), "/metrics")))
        .isEmpty();
    assertThat(api.calls()).extracting(FakeCall::verb).doesNotContain("get");
  }

  @Test
  void looksNothingUpWhenToldSo() throws Exception {
    publish();
    AuthenticationSettings d = AuthenticationSettings.DEFAULTS;
    var settings =
        new AuthenticationSettings(
            "",
            "",
            List.of(),
            d.usernameHeaders(),
            d.uidHeaders(),
            d.groupHeaders(),
            d.extraPrefixes(),
            true,
            false);

    assertThat(status(access(settings).refuse(visit(FAR, alice, Map.of(), "/metrics"))))
        .isEqualTo(403);
    assertThat(api.calls()).extracting(FakeCall::verb).doesNotContain("get");
  }

  @Test
  void followsAuthoritiesThatArePublishedLater() throws Exception {
    DelegatedAccess access = access(AuthenticationSettings.DEFAULTS);
    assertThat(status(access.refuse(visit(FAR, alice, Map.of(), "/metrics")))).isEqualTo(403);

    publish();
    timeline.advance(Duration.ofSeconds(31));

    assertThat(access.refuse(visit(FAR, alice, Map.of(), "/metrics"))).isEmpty();
  }

  @Test
  void toleratesALookupThatFailsWhenToldSo() throws Exception {
    AuthenticationSettings d = AuthenticationSettings.DEFAULTS;
    api.fault(call ->
        call.verb().equals("get")
            ? Optional.of(
                new KubeApiException(Reason.UNREACHABLE, 0, "gone", Optional.empty(), null))
            : Optional.empty());
    var tolerant =
        new AuthenticationSettings(
            "",
            "",
            List.of(),
            d.usernameHeaders(),
            d.uidHeaders(),
            d.groupHeaders(),
            d.extraPrefixes(),
            false,
            true);
    Visit both = visit(FAR, alice, Map.of("authorization", List.of("Bearer good")), "/metrics");

    assertThat(status(access(d).refuse(both))).isEqualTo(503);
    assertThat(access(tolerant).refuse(both)).isEmpty();
  }
}
