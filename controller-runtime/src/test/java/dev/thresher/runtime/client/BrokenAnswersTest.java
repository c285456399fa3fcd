package dev.thresher.runtime.client;

import static com.github.tomakehurst.wiremock.client.WireMock.aResponse;
import static com.github.tomakehurst.wiremock.client.WireMock.any;
import static com.github.tomakehurst.wiremock.client.WireMock.anyUrl;
import static com.github.tomakehurst.wiremock.client.WireMock.get;
import static com.github.tomakehurst.wiremock.client.WireMock.ok;
import static com.github.tomakehurst.wiremock.client.WireMock.postRequestedFor;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.tomakehurst.wiremock.WireMockServer;
import com.github.tomakehurst.wiremock.client.ResponseDefinitionBuilder;
import com.github.tomakehurst.wiremock.core.WireMockConfiguration;
import com.github.tomakehurst.wiremock.http.Fault;
import com.github.tomakehurst.wiremock.stubbing.Scenario;
import dev.thresher.api.CoreTypes;
import dev.thresher.api.ObjectKey;
import dev.thresher.runtime.client.KubeApiException.Reason;
import dev.thresher.runtime.metrics.Metrics;
import dev.thresher.runtime.time.SystemTimeline;
import io.kubernetes.client.openapi.models.V1ObjectMeta;
import io.kubernetes.client.openapi.models.V1Service;
import java.time.Duration;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// Answers that no API server should give, and that proxies and dying servers do give: never an
/// absent object, never an unchecked surprise, never a second write.
class BrokenAnswersTest {

  private static final ObjectKey WEB = ObjectKey.of("default", "web");

  private final WireMockServer server =
      new WireMockServer(WireMockConfiguration.options().dynamicPort());
  private final SystemTimeline timeline = new SystemTimeline();
  private OkHttpKubeApi api;

  @BeforeEach
  void start() {
    server.start();
    var connection = Connection.plain("http://127.0.0.1:" + server.port());
    api =
        new OkHttpKubeApi(
            ClientConfig.of("test", new ConnectionSource.Fixed(connection))
                .withTimeouts(Duration.ofSeconds(2), Duration.ofSeconds(1)),
            timeline,
            new Metrics());
  }

  @AfterEach
  void stop() {
    api.stop();
    server.stop();
    timeline.stop();
  }

  static Stream<Arguments> answers() {
    return Stream.of(
        Arguments.of(
            "reset", aResponse().withFault(Fault.CONNECTION_RESET_BY_PEER), Reason.UNREACHABLE),
        Arguments.of("closed", aResponse().withFault(Fault.EMPTY_RESPONSE), Reason.UNREACHABLE),
        Arguments.of(
            "no HTTP", aResponse().withFault(Fault.RANDOM_DATA_THEN_CLOSE), Reason.UNREACHABLE),
        Arguments.of(
            "broken off",
            aResponse().withFault(Fault.MALFORMED_RESPONSE_CHUNK),
            Reason.UNREACHABLE),
        Arguments.of(
            "too slow",
            ok("{}").withChunkedDribbleDelay(2, (int) Duration.ofSeconds(30).toMillis()),
            Reason.UNREACHABLE),
        Arguments.of("empty", ok(""), Reason.SERVER_ERROR),
        Arguments.of("a list", ok("[]"), Reason.SERVER_ERROR),
        Arguments.of("half an object", ok("{\"metadata\":{\"name\":"), Reason.SERVER_ERROR),
        Arguments.of(
            "a page of a proxy",
            ok("<html>sign in</html>").withHeader("Content-Type", "text/html"),
            Reason.SERVER_ERROR),
        Arguments.of(
            "a page instead of 404",
            aResponse().withStatus(404).withBody("<html>no such site</html>"),
            Reason.NOT_FOUND),
        Arguments.of("an error without a body", aResponse().withStatus(502), Reason.SERVER_ERROR),
        Arguments.of(
            "another status than the body says",
            aResponse().withStatus(500).withBody("{\"kind\":\"Status\",\"code\":404}"),
            Reason.SERVER_ERROR));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("answers")
  void saysWhyAndNeverThatTheObjectIsAbsent(
      String name, ResponseDefinitionBuilder answer, Reason reason) {
    server.stubFor(any(anyUrl()).willReturn(answer));

    assertThatThrownBy(() -> api.get(CoreTypes.SERVICE, WEB))
        .isInstanceOfSatisfying(
            KubeApiException.class,
            e -> {
              assertThat(e.reason()).as(e.getMessage()).isEqualTo(reason);
              assertThat(e.getMessage()).contains("/api/v1/namespaces/default/services/web");
            });
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("answers")
  void doesNotWriteTwice(String name, ResponseDefinitionBuilder answer, Reason reason) {
    server.stubFor(any(anyUrl()).willReturn(answer));
    var service = new V1Service().metadata(new V1ObjectMeta().namespace("default").name("web"));

    assertThatThrownBy(() -> api.create(CoreTypes.SERVICE, service))
        .isInstanceOf(KubeApiException.class);
    server.verify(1, postRequestedFor(anyUrl()));
  }

  @Test
  void goesOnAfterABrokenAnswer() {
    server.stubFor(
        get(anyUrl())
            .inScenario("recovery")
            .whenScenarioStateIs(Scenario.STARTED)
            .willSetStateTo("well")
            .willReturn(aResponse().withFault(Fault.MALFORMED_RESPONSE_CHUNK)));
    server.stubFor(
        get(anyUrl())
            .inScenario("recovery")
            .whenScenarioStateIs("well")
            .willReturn(ok("{\"metadata\":{\"namespace\":\"default\",\"name\":\"web\"}}")));

    assertThatThrownBy(() -> api.get(CoreTypes.SERVICE, WEB)).isInstanceOf(KubeApiException.class);
    assertThat(api.get(CoreTypes.SERVICE, WEB)).isPresent();
  }
}
