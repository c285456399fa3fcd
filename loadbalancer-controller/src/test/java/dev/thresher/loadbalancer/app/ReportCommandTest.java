package dev.thresher.loadbalancer.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonParser;
import dev.thresher.api.ResourceType;
import dev.thresher.api.loadbalancer.LoadBalancerTypes;
import dev.thresher.api.net.NetTypes;
import dev.thresher.runtime.cli.CommandLineMain;
import dev.thresher.runtime.cli.Unsupported;
import dev.thresher.runtime.client.KubeApiException;
import dev.thresher.runtime.client.KubeApiException.Reason;
import dev.thresher.runtime.fake.FakeCall;
import dev.thresher.runtime.fake.FakeKubeApi;
import dev.thresher.runtime.fake.FakeStore;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ReportCommandTest {

  @TempDir private Path directory;

  private final FakeStore store = new FakeStore(() -> Instant.EPOCH);
  private final FakeKubeApi api = new FakeKubeApi("host", store);
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private int run(String... flags) throws IOException {
    Path file = Files.writeString(directory.resolve("config"), "");
    return CommandLineMain.run(
        List.of(flags),
        Map.of("KUBECONFIG", file.toString()),
        new ReportCommand(
            Map.of("KUBECONFIG", file.toString()), config -> ReportCommand.snapshot(api::listRaw)),
        Unsupported.NONE,
        new PrintWriter(out, true),
        new PrintWriter(err, true));
  }

  @Test
  void readsAndWritesNothing() throws IOException {
    store.put(
        LoadBalancerTypes.IP_POOL,
        JsonParser.parseString(
                "{\"metadata\":{\"name\":\"lan\"},\"spec\":{\"ranges\":[{\"subnet\":\"192.0.2.0/24\"}]}}")
            .getAsJsonObject());
    assertThat(run()).as(err.toString()).isZero();
    assertThat(out.toString()).startsWith("POOLS\nNAME").contains("192.0.2.1-192.0.2.254");
    assertThat(api.calls()).extracting(FakeCall::verb).containsOnly("list");

    out.getBuffer().setLength(0);
    assertThat(run("-o", "json")).isZero();
    assertThat(JsonParser.parseString(out.toString()).getAsJsonObject().getAsJsonArray("pools"))
        .hasSize(1);
  }

  /// One object must not keep the others from being seen.
  @Test
  void saysWhatCannotBeReadAndReportsTheRest() throws IOException {
    put(
        LoadBalancerTypes.IP_POOL,
        "{'metadata':{'name':'lan'},'spec':{'ranges':[{'subnet':'192.0.2.0/24'}]},"
            + "'status':{'allocated':{'192.0.2.2':'vms/odd'}}}");
    put(LoadBalancerTypes.IP_POOL, "{'metadata':{'name':'odd'},'spec':{'ranges':'x'}}");
    put(
        LoadBalancerTypes.LOAD_BALANCER,
        "{'metadata':{'namespace':'vms','name':'odd'},'spec':{'listeners':[{'port':'eighty'}]}}");
    put(
        NetTypes.ADDRESS_CLAIM,
        "{'metadata':{'name':'c'},'spec':{'pool':'odd','address':'192.0.2.3','allocatedAt':"
            + "'2026-01-02T03:04:05Z','owner':{'namespace':'vms','name':'odd'}}}");

    assertThat(run()).as(err.toString()).isZero();
    assertThat(out.toString())
        .contains("192.0.2.1-192.0.2.254")
        .contains("LoadBalancer vms/odd: ")
        .contains("$.spec.listeners[0].port")
        .contains("kubectl edit loadbalancer odd -n vms;")
        .contains("IPPool odd: ")
        .contains("kubectl edit ippool odd;")
        .doesNotContain("does not exist");
  }

  private void put(ResourceType<?> type, String document) {
    var _ = store.put(type, JsonParser.parseString(document.replace('\'', '"')).getAsJsonObject());
  }

  @Test
  void refusesOtherForms() throws IOException {
    assertThat(run("--output=yaml")).isEqualTo(CommandLineMain.WRONG_USAGE);
    assertThat(err.toString()).contains("--output must be table or json, got \"yaml\"");
  }

  @Test
  void comesBackWhenTheServerAsksToButNotForEver() throws IOException {
    api.fault(
        call -> api.calls().size() < 3 ? throttled(Optional.of(Duration.ofMillis(1))) : none());
    assertThat(run()).as(err.toString()).isZero();
    assertThat(out.toString()).startsWith("POOLS\nnone");

    api.forgetCalls();
    api.fault(call -> throttled(Optional.of(Duration.ofMillis(1))));
    assertThat(run()).isEqualTo(CommandLineMain.RUN_FAILED);
    assertThat(api.calls()).hasSize(ReportCommand.ATTEMPTS);
    assertThat(err.toString()).contains("storage is (re)initializing");

    api.forgetCalls();
    api.fault(call -> throttled(Optional.empty()));
    assertThat(run()).isEqualTo(CommandLineMain.RUN_FAILED);
    assertThat(api.calls()).hasSize(1);
  }

  private static Optional<KubeApiException> none() {
    return Optional.empty();
  }

  private static Optional<KubeApiException> throttled(Optional<Duration> retryAfter) {
    return Optional.of(
        new KubeApiException(
            Reason.THROTTLED,
            429,
            "429 TooManyRequests: storage is (re)initializing",
            retryAfter,
            null));
  }
}
