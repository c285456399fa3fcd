package dev.thresher.vip.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.thresher.runtime.client.KubeApiException.Reason;
import dev.thresher.runtime.fake.FakeKubeApi;
import dev.thresher.runtime.fake.FakeStore;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ProfileChoiceTest {

  private final FakeKubeApi api = new FakeKubeApi(new FakeStore());

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"allowed\": true}                     | {\"allowed\": false} | FULL       | patch Leases",
        "{\"allowed\": true}                     | {}                   | FULL       | patch Leases",
        "{\"allowed\": true}                     | {\"allowed\": true}  | COMPATIBLE | everything",
        "{\"allowed\": false}                    | {\"allowed\": false} | COMPATIBLE | patch Leases",
        "{\"allowed\": false, \"denied\": true}  | {\"allowed\": true}  | COMPATIBLE | patch Leases",
        "{}                                      | {}                   | COMPATIBLE | patch Leases",
      })
  void isByWhatTheAccountMayDo(String leases, String everything, Profile profile, String reason) {
    api.answerRequests((method, path, body) -> {
      assertThat(method + " " + path)
          .isEqualTo("POST /apis/authorization.k8s.io/v1/selfsubjectaccessreviews");
      JsonObject asked =
          body.orElseThrow().getAsJsonObject("spec").getAsJsonObject("resourceAttributes");
      String answer;
      if (asked.get("resource").getAsString().equals("leases")) {
        assertThat(asked.toString()).contains("\"verb\":\"patch\"", "\"namespace\":\"vips\"");
        answer = leases;
      } else {
        assertThat(asked.toString())
            .isEqualTo("{\"verb\":\"*\",\"group\":\"*\",\"resource\":\"*\"}");
        answer = everything;
      }
      return Optional.of(JsonParser.parseString("{\"status\": " + answer + "}").getAsJsonObject());
    });
    assertThat(ProfileChoice.ask(api, "vips"))
        .hasValueSatisfying(choice -> {
          assertThat(choice.profile()).isEqualTo(profile);
          assertThat(choice.reason()).contains(reason);
        });
  }

  @Test
  void aServerThatDoesNotAnswerSaysNothing() {
    api.failAll(Reason.UNREACHABLE);
    assertThat(ProfileChoice.ask(api, "kube-system")).isEmpty();
  }
}
