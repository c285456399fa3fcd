package dev.thresher.ccm.rights;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import dev.thresher.api.CoreTypes;
import dev.thresher.runtime.client.KubeApiException.Reason;
import dev.thresher.runtime.fake.FakeKubeApi;
import dev.thresher.runtime.fake.FakeStore;
import dev.thresher.runtime.patch.Patches;
import dev.thresher.runtime.serving.HealthChecks;
import dev.thresher.runtime.serving.HealthRegistry;
import dev.thresher.runtime.time.VirtualTimeline;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class RightsCheckTest {

  private final VirtualTimeline timeline = new VirtualTimeline();
  private final FakeKubeApi host = new FakeKubeApi("host", new FakeStore());
  private final HealthRegistry health = new HealthRegistry();
  private final Set<String> refused = new HashSet<>();
  private final List<JsonObject> asked = new ArrayList<>();
  private final RightsCheck check =
      new RightsCheck(
          host,
          Stream.concat(
                  Right.on(CoreTypes.SERVICE, "vms", "get", "create", "delete"),
                  Right.on(CoreTypes.NODE, "", "list"))
              .toList(),
          "grant the role",
          health,
          timeline,
          Runnable::run);

  @BeforeEach
  void answer() {
    host.answerRequests((method, path, body) -> {
      assertThat(method + " " + path)
          .isEqualTo("POST /apis/authorization.k8s.io/v1/selfsubjectaccessreviews");
      JsonObject attributes =
          body.orElseThrow().getAsJsonObject("spec").getAsJsonObject("resourceAttributes");
      asked.add(attributes);
      JsonObject status = new JsonObject();
      status.addProperty(
          "allowed",
          !refused.contains(
              attributes.get("verb").getAsString()
                  + " "
                  + attributes.get("resource").getAsString()));
      return Optional.of(Patches.nest(status, "status"));
    });
  }

  private String problem() {
    return health.ask(HealthChecks.Kind.READY).stream()
        .filter(verdict -> verdict.name().equals("host-rights"))
        .findFirst()
        .orElseThrow()
        .problem()
        .orElse("");
  }

  @Test
  void asksForEachVerbWhereItIsUsed() {
    check.start();
    assertThat(problem()).isEmpty();
    assertThat(asked).hasSize(4);
    assertThat(asked.getFirst().get("namespace").getAsString()).isEqualTo("vms");
    assertThat(asked.getLast().has("namespace")).isFalse();
    timeline.advance(Duration.ofHours(1));
    assertThat(asked).as("it is well: no more questions").hasSize(4);
  }

  @Test
  void namesWhatIsMissingUntilItIsGranted() {
    refused.addAll(Set.of("create services", "delete services", "list nodes"));
    check.start();
    assertThat(problem())
        .contains("create, delete on services in namespace vms")
        .contains("list on nodes in the whole cluster")
        .contains("grant the role")
        .doesNotContain("get");
    refused.clear();
    assertThat(problem()).isNotEmpty();
    timeline.advance(RightsCheck.AGAIN);
    assertThat(problem()).isEmpty();
  }

  @Test
  void isNotReadyBeforeItAskedOrWhenItCannotAsk() {
    assertThat(problem()).isNotEmpty();
    host.failAll(Reason.UNREACHABLE);
    check.start();
    assertThat(problem()).contains("cannot ask the host");
    host.noFaults();
    timeline.advance(RightsCheck.AGAIN);
    assertThat(problem()).isEmpty();
  }

  @Test
  void asksNoMoreAfterItsEnd() {
    refused.add("create services");
    check.start();
    check.stop();
    int before = asked.size();
    timeline.advance(Duration.ofHours(1));
    assertThat(asked).hasSize(before);
  }
}
