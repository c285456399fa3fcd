package dev.thresher.loadbalancer.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.api.ObjectKey;
import dev.thresher.api.address.IpAddress;
import dev.thresher.loadbalancer.webhook.WebhookSettings;
import dev.thresher.runtime.cli.CommandLineMain;
import dev.thresher.runtime.cli.Unsupported;
import dev.thresher.runtime.client.ConnectionSource;
import dev.thresher.runtime.logging.Logging;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class ControllerCommandTest {

  @TempDir private Path directory;

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();
  private final AtomicReference<@Nullable ControllerConfig> config = new AtomicReference<>();

  private int run(Map<String, String> environment, String... flags) throws IOException {
    Path file = Files.writeString(directory.resolve("config"), "");
    var variables = new HashMap<>(environment);
    variables.putIfAbsent("KUBECONFIG", file.toString());
    return CommandLineMain.run(
        new ArrayList<>(List.of(flags)),
        variables,
        new ControllerCommand(
            variables,
            understood -> {
              config.set(understood);
              return 0;
            }),
        Unsupported.NONE,
        new PrintWriter(out, true),
        new PrintWriter(err, true));
  }

  private ControllerConfig understood() {
    return Objects.requireNonNull(config.get(), err::toString);
  }

  @AfterEach
  void quiet() {
    Logging.setVerbosity(0);
  }

  @Test
  void hasDefaults() throws IOException {
    assertThat(run(Map.of())).as(err.toString()).isZero();

    assertThat(understood().threads()).isEqualTo(8);
    assertThat(understood().holdDown()).isZero();
    assertThat(understood().nobody()).isEmpty();
    assertThat(understood().host().qps()).isEqualTo(500);
    assertThat(understood().host().burst()).isEqualTo(1000);
    assertThat(understood().process().election().orElseThrow().lease())
        .isEqualTo(ObjectKey.of("kube-system", "harvester-load-balancer"));
    assertThat(understood().process().election().orElseThrow().leaseDuration())
        .isEqualTo(Duration.ofSeconds(15));
    assertThat(understood().process().endpoint().orElseThrow().port()).isEqualTo(10270);
    assertThat(
            understood().process().flags().getAsJsonObject("flags").get("namespace").getAsString())
        .isEqualTo("harvester-system");
  }

  @Test
  void takesWhatItIsTold() throws IOException {
    Path other = Files.writeString(directory.resolve("other"), "");
    assertThat(
            run(
                Map.of(),
                "--kubeconfig=" + other,
                "--threads=3",
                "--hold-down=5m",
                "--placeholder-endpoints=10.42.0.255, 100::1",
                "--namespace=lb",
                "--leader-elect=false",
                "--secure-port=0",
                "--kube-api-qps=7",
                "--debug"))
        .as(err.toString())
        .isZero();

    assertThat(understood().threads()).isEqualTo(3);
    assertThat(understood().holdDown()).isEqualTo(Duration.ofMinutes(5));
    assertThat(understood().nobody().orElseThrow().values())
        .extracting(IpAddress::toString)
        .containsExactly("10.42.0.255", "100::1");
    assertThat(understood().process().election()).isEmpty();
    assertThat(understood().process().endpoint()).isEmpty();
    assertThat(understood().host().qps()).isEqualTo(7);
    assertThat(understood().host().source())
        .isInstanceOfSatisfying(
            ConnectionSource.KubeconfigFile.class,
            file -> assertThat(file.toString()).contains("other"));
    assertThat(Logging.verbosity()).isEqualTo(6);
  }

  @Test
  void takesHarvestersEnvironment() throws IOException {
    assertThat(
            run(Map.of("THREADINESS", "2", "NAMESPACE", "lb", "LOGLEVEL", "debug"), "--threads=4"))
        .as(err.toString())
        .isZero();
    assertThat(understood().threads()).isEqualTo(4);
    assertThat(Logging.verbosity()).isEqualTo(6);

    assertThat(run(Map.of("THREADINESS", "2"))).isZero();
    assertThat(understood().threads()).isEqualTo(2);
    assertThat(run(Map.of(), "--threadiness=5")).isZero();
    assertThat(understood().threads()).isEqualTo(5);
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      value = {
        "--threads=0 | --threads must be from 1 to 1000, got 0",
        "--hold-down=-1s | --hold-down must not be negative",
        "--placeholder-endpoints=10.0.0.1,10.0.0.2 | --placeholder-endpoints must be auto, none, or at most",
        "--placeholder-endpoints=127.0.0.1 | --placeholder-endpoints must be auto, none, or at most",
        "--placeholder-endpoints= | --placeholder-endpoints must be auto, none, or at most",
        "--loglevel=loud | --loglevel must be one of",
        "--thread=2 | did you mean --threads?",
        "--https-port=0 | --https-port must be from 1 to 65535, got 0",
        "--webhook-url=http://a:1 | --webhook-url must be https://HOST:PORT without a path",
        "--webhook-url=https://a:1/x | --webhook-url must be https://HOST:PORT without a path",
        "--webhook-url=: | --webhook-url must be https://HOST:PORT without a path",
        "--webhook-ca-lifetime=29s | --webhook-ca-lifetime must be at least 30s",
        "--webhook-certificate-lifetime=1s | --webhook-certificate-lifetime must be at least 30s",
      })
  void refusesByName(String flag, String message) throws IOException {
    assertThat(run(Map.of(), flag)).isEqualTo(CommandLineMain.WRONG_USAGE);

    assertThat(err.toString()).contains(message);
    assertThat(config.get()).isNull();
  }

  @Test
  void takesFlagsAndEnvironmentOfHarvestersWebhook() throws IOException {
    assertThat(
            run(
                Map.of(
                    "WEBHOOK_SERVER_HTTPS_PORT",
                    "9443",
                    "CONTROLLER_USER_NAME",
                    "x",
                    "GARBAGE_COLLECTION_USER_NAME",
                    "y",
                    "NAMESPACE",
                    "lb"),
                "--gc-user=z"))
        .as(err.toString())
        .isZero();
    WebhookSettings settings = understood().webhook().orElseThrow();
    assertThat(settings.port()).isEqualTo(9443);
    assertThat(settings.namespace()).isEqualTo("lb");
    assertThat(settings.url()).isEmpty();

    assertThat(run(Map.of("WEBHOOK_SERVER_HTTPS_PORT", "9443"), "--https-port=7443")).isZero();
    assertThat(understood().webhook().orElseThrow().port()).isEqualTo(7443);

    // Every flag of both programs at once, as a Deployment of either may have them.
    assertThat(
            run(
                Map.of(),
                "--loglevel=debug",
                "--threadiness=2",
                "--https-port=8443",
                "--namespace=harvester-system",
                "--controller-user=harvester-load-balancer-webhook",
                "--gc-user=system:serviceaccount:kube-system:generic-garbage-collector"))
        .as(err.toString())
        .isZero();
    // What Harvester's chart sets and its program does not read.
    assertThat(
            run(
                Map.of(
                    "HARVESTER_WEBHOOK_SERVER_HTTPS_PORT",
                    "9443",
                    "HARVESTER_CONTROLLER_USER_NAME",
                    "x")))
        .isZero();
    assertThat(understood().webhook().orElseThrow().port()).isEqualTo(8443);
  }

  @Test
  void hasBothRolesUnlessOneIsSwitchedOff() throws IOException {
    assertThat(run(Map.of())).isZero();
    assertThat(understood().controller()).isTrue();
    assertThat(understood().webhook().orElseThrow().port()).isEqualTo(8443);
    assertThat(understood().webhook().orElseThrow().serverLife()).isEqualTo(Duration.ofDays(365));

    assertThat(run(Map.of(), "--webhook=false", "--enforce-pool-scopes")).isZero();
    assertThat(understood().webhook()).isEmpty();
    assertThat(understood().enforcePoolScopes()).isTrue();

    // Who does not work need not be elected.
    assertThat(run(Map.of(), "--controller=false", "--webhook-url=https://[2001:db8::7]:8443"))
        .isZero();
    assertThat(understood().controller()).isFalse();
    assertThat(understood().process().election()).isEmpty();
    assertThat(understood().webhook().orElseThrow().url())
        .contains(URI.create("https://[2001:db8::7]:8443"));

    assertThat(run(Map.of(), "--controller=false", "--webhook=false"))
        .isEqualTo(CommandLineMain.WRONG_USAGE);
    assertThat(err.toString()).contains("leave nothing to do");
  }

  @Test
  void helpNamesItsFlags() throws IOException {
    assertThat(run(Map.of(), "--help")).isZero();

    assertThat(out.toString())
        .contains("Load balancer flags:", "--hold-down", "--threadiness", "Leader election flags:");
  }
}
