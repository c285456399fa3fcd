package dev.thresher.runtime.accounts;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.thresher.api.ObjectKey;
import dev.thresher.runtime.client.KubeApiException;
import dev.thresher.runtime.client.KubeApiException.Reason;
import dev.thresher.runtime.fake.FakeKubeApi;
import dev.thresher.runtime.fake.FakeStore;
import dev.thresher.runtime.time.VirtualTimeline;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AccountTokenTest {

  private static final String ACCOUNTS = "/api/v1/namespaces/kube-system/serviceaccounts";

  private final VirtualTimeline timeline = new VirtualTimeline();
  private final FakeKubeApi api = new FakeKubeApi(new FakeStore());
  private final AccountToken token =
      new AccountToken(
          api, ObjectKey.of("kube-system", "node-controller"), timeline, Runnable::run);

  private final List<String> asked = new ArrayList<>();
  private boolean exists = true;
  private int given;
  private @Nullable KubeApiException failure;

  @BeforeEach
  void answer() {
    api.answerRequests(this::answer);
  }

  private Optional<JsonObject> answer(String method, String path, Optional<JsonObject> body) {
    asked.add(method + " " + path);
    if (failure != null) {
      throw failure;
    }
    if (path.equals(ACCOUNTS)) {
      exists = true;
      return body;
    }
    if (!exists) {
      return Optional.empty();
    }
    assertThat(body.orElseThrow())
        .isEqualTo(
            JsonParser.parseString(
                """
                {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest",
                 "spec": {"expirationSeconds": 3600}}
                """));
    given++;
    Instant expiry = timeline.now().plus(Duration.ofHours(1));
    return Optional.of(
        JsonParser.parseString(
                """
                {"status": {"token": "secret-%d", "expirationTimestamp": "%s"}}
                """
                    .formatted(given, expiry))
            .getAsJsonObject());
  }

  private void fail(Reason reason) {
    failure = new KubeApiException(reason, 0, "no: " + reason, Optional.empty(), null);
  }

  @Test
  void asksOnceAndRenewsBeforeTheEnd() {
    assertThat(token.token()).isEmpty();
    token.start();
    timeline.runDue();
    assertThat(token.token()).isEqualTo("secret-1");
    assertThat(token.problem()).isEmpty();
    assertThat(asked).containsExactly("POST " + ACCOUNTS + "/node-controller/token");

    timeline.advance(Duration.ofMinutes(47));
    assertThat(token.token()).isEqualTo("secret-1");
    timeline.advance(Duration.ofMinutes(1));
    assertThat(token.token()).isEqualTo("secret-2");
  }

  @Test
  void makesAnAccountThatIsNotThere() {
    exists = false;
    token.start();
    timeline.runDue();
    assertThat(token.token()).isEqualTo("secret-1");
    assertThat(asked)
        .containsExactly(
            "POST " + ACCOUNTS + "/node-controller/token",
            "POST " + ACCOUNTS,
            "POST " + ACCOUNTS + "/node-controller/token");
  }

  @Test
  void saysWhyThereIsNoneAndTriesAgain() throws Exception {
    fail(Reason.FORBIDDEN);
    token.start();
    timeline.runDue();
    assertThat(token.problem())
        .contains("no token for service account kube-system/node-controller: no: FORBIDDEN");
    assertThat(token.await(Duration.ofMillis(1))).isEqualTo(token.problem());

    failure = null;
    timeline.advance(Duration.ofSeconds(1));

    assertThat(token.await(Duration.ZERO)).isEmpty();
    assertThat(token.token()).isEqualTo("secret-1");
  }

  @Test
  void aServerThatIsAwayCostsNothingBeforeTheEnd() {
    token.start();
    timeline.runDue();
    fail(Reason.UNREACHABLE);
    timeline.advance(Duration.ofMinutes(59));
    assertThat(token.token()).isEqualTo("secret-1");
    assertThat(token.problem()).isEmpty();
    assertThat(asked.size()).as("every 30 s at most").isLessThan(40);

    timeline.advance(Duration.ofMinutes(1));
    assertThat(token.token()).isEmpty();
    assertThat(token.problem().orElseThrow()).contains("no: UNREACHABLE");

    failure = null;
    timeline.advance(Duration.ofSeconds(30));
    assertThat(token.token()).isEqualTo("secret-2");
  }

  @Test
  void replacesATokenThatIsRefusedButNotAllTheTime() {
    token.start();
    timeline.runDue();
    timeline.advance(Duration.ofMinutes(1));

    token.refused("secret-1");
    timeline.runDue();
    assertThat(token.token()).isEqualTo("secret-2");
    token.refused("secret-1");
    timeline.runDue();
    assertThat(given).as("of one that is not in use any more").isEqualTo(2);

    token.refused("secret-2");
    timeline.advance(Duration.ofSeconds(9));
    assertThat(given).isEqualTo(2);
    timeline.advance(Duration.ofSeconds(1));
    assertThat(given).isEqualTo(3);
  }

  @Test
  void anAnswerThatIsNoneIsAFailure() {
    api.answerRequests((method, path, body) -> Optional.of(new JsonObject()));
    token.start();
    timeline.runDue();
    assertThat(token.problem().orElseThrow()).contains("status.token");
  }

  @Test
  void stops() {
    token.start();
    timeline.runDue();
    token.stop();
    timeline.advance(Duration.ofHours(2));
    assertThat(given).isEqualTo(1);
  }

  @ParameterizedTest
  @CsvSource({"3600,2880", "600,480", "86400,69120", "5,10", "0,10", "-60,10"})
  void renewsWhenMostOfTheLifeIsOver(long life, long seconds) {
    Instant now = timeline.now();
    assertThat(TokenLife.renewAfter(now, now.plusSeconds(life)))
        .isEqualTo(Duration.ofSeconds(seconds));
  }
}
