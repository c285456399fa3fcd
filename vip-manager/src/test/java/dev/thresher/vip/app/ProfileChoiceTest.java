package dev.thresher.vip.app;

import static org.assertj.core.api.Assertions.assertThat;

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
        "{\"status\": {\"allowed\": true}}                     | FULL",
        "{\"status\": {\"allowed\": false}}                    | COMPATIBLE",
        "{\"status\": {\"allowed\": false, \"denied\": true}}  | COMPATIBLE",
        "{\"status\": {}}                                      | COMPATIBLE",
      })
  void isByWhatTheAccountMayDoToLeases(String answer, Profile profile) {
    api.answerRequests((method, path, body) -> {
      assertThat(method + " " + path)
          .isEqualTo("POST /apis/authorization.k8s.io/v1/selfsubjectaccessreviews");
      assertThat(body.orElseThrow().toString())
          .contains("\"verb\":\"patch\"", "\"resource\":\"leases\"", "\"namespace\":\"vips\"");
      return Optional.of(JsonParser.parseString(answer).getAsJsonObject());
    });
    assertThat(ProfileChoice.ask(api, "vips"))
        .hasValueSatisfying(choice -> {
          assertThat(choice.profile()).isEqualTo(profile);
          assertThat(choice.reason()).contains("patch Leases");
        });
  }

  @Test
  void aServerThatDoesNotAnswerSaysNothing() {
    api.failAll(Reason.UNREACHABLE);
    assertThat(ProfileChoice.ask(api, "kube-system")).isEmpty();
  }
}
