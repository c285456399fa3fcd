package dev.thresher.runtime.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

final class CommandLineMainTest {

  private static final Unsupported UNSUPPORTED =
      Unsupported.NONE
          .flag("--enable-leader-migration", "run one program of each kind", "false")
          .flag("--route-driver", "routes are not managed", "none")
          .variable("vip_wireguard", "use BGP or ARP", "false");

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();
  private final Probe probe = new Probe();

  @Test
  void givesDefaults() {
    assertThat(run()).isZero();
    assertThat(probe.cluster).isEqualTo("kubernetes");
    assertThat(probe.leader.elect()).isTrue();
    assertThat(probe.leader.config("me").leaseDuration()).isEqualTo(Duration.ofSeconds(15));
    assertThat(probe.leader.config("me").lease()).hasToString("kube-system/probe");
    assertThat(probe.controllers).containsExactly("*");
    assertThat(err.toString()).isEmpty();
  }

  @Test
  void takesValuesAttachedAndApart() {
    assertThat(
            run(
                "--cluster-name=a=b",
                "--leader-elect-lease-duration",
                "1m",
                "--leader-elect-renew-deadline=45s",
                "--controllers",
                "service,-route",
                "-v=4"))
        .isZero();
    assertThat(probe.cluster).isEqualTo("a=b");
    assertThat(probe.leader.config("me").leaseDuration()).isEqualTo(Duration.ofMinutes(1));
    assertThat(probe.leader.config("me").renewDeadline()).isEqualTo(Duration.ofSeconds(45));
    assertThat(probe.controllers).containsExactly("service", "-route");
  }

  @ParameterizedTest
  @CsvSource({
    "--leader-elect, true",
    "--leader-elect=true, true",
    "--leader-elect=T, true",
    "--leader-elect=1, true",
    "--leader-elect=false, false",
    "--leader-elect=0, false"
  })
  void readsBooleansAsGoDoes(String flag, boolean expected) {
    assertThat(run(flag)).isZero();
    assertThat(probe.leader.elect()).isEqualTo(expected);
  }

  @Test
  void theLastOfSeveralCounts() {
    assertThat(run("--cluster-name=a", "--cluster-name=b", "-v", "1", "--v=0")).isZero();
    assertThat(probe.cluster).isEqualTo("b");
    assertThat(err.toString()).isEmpty();
  }

  @Test
  void suggestsWhatWasMeant() {
    assertThat(run("--leader-elct=true")).isEqualTo(2);
    assertThat(err.toString())
        .isEqualTo(
            "probe: unknown flag --leader-elct, did you mean --leader-elect?\nSee probe --help\n");
  }

  @Test
  void suggestsNothingFarFetched() {
    assertThat(run("--zzz")).isEqualTo(2);
    assertThat(err.toString()).startsWith("probe: unknown flag --zzz\n");
  }

  @Test
  void refusesArgumentsThatAreNoFlags() {
    assertThat(run("start")).isEqualTo(2);
    assertThat(err.toString())
        .startsWith("probe: unexpected argument \"start\": only flags are accepted");
  }

  @Test
  void anAtSignIsNoFile() {
    assertThat(run("--cluster-name", "@/etc/hostname")).isZero();
    assertThat(probe.cluster).isEqualTo("@/etc/hostname");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"--leader-elect=maybe", "--leader-elect-retry-period=5", "--secure-port=http"})
  void namesFlagAndValueThatDoNotFit(String argument) {
    assertThat(run(argument)).isEqualTo(2);
    int equals = argument.indexOf('=');
    assertThat(err.toString())
        .contains(argument.substring(0, equals))
        .contains(argument.substring(equals + 1));
  }

  @Test
  void namesAFlagWithoutItsValue() {
    assertThat(run("--cluster-name")).isEqualTo(2);
    assertThat(err.toString()).contains("--cluster-name");
  }

  @Test
  void takesTheEnvironmentWhereNoFlagIsGiven() {
    assertThat(run(Map.of("PROBE_CLUSTER", "${sys:user.home} env", "PROBE_TOKEN", ""))).isZero();
    assertThat(probe.cluster).endsWith(" env");
    assertThat(run(Map.of("PROBE_CLUSTER", "env"), "--cluster-name=flag")).isZero();
    assertThat(probe.cluster).isEqualTo("flag");
  }

  @Test
  void namesTheVariableOfAWrongValue() {
    assertThat(run(Map.of("PROBE_COUNT", "many"))).isEqualTo(2);
    assertThat(err.toString()).contains("many").contains("environment variable PROBE_COUNT");
  }

  @Test
  void doesNotBlameTheVariableForAWrongFlag() {
    assertThat(run(Map.of("PROBE_COUNT", "5"), "--count=many")).isEqualTo(2);
    assertThat(err.toString()).contains("many").doesNotContain("PROBE_COUNT");
  }

  @Test
  void refusesByNameWhatIsNotThere() {
    assertThat(run("--enable-leader-migration")).isEqualTo(2);
    assertThat(err.toString())
        .contains(
            "the flag --enable-leader-migration is not supported: run one program of each kind");
    assertThat(run("--enable-leader-migration=true")).isEqualTo(2);
    assertThat(run("--route-driver", "bgp")).isEqualTo(2);
    assertThat(run(Map.of("vip_wireguard", "true"))).isEqualTo(2);
    assertThat(err.toString())
        .contains("the environment variable vip_wireguard=true is not supported: use BGP or ARP");
  }

  @Test
  void acceptsHarmlessValuesOfWhatIsNotThere() {
    assertThat(
            run(
                Map.of("vip_wireguard", "false"),
                "--enable-leader-migration=false",
                "--route-driver",
                "none",
                "--cluster-name=c"))
        .isZero();
    assertThat(probe.cluster).isEqualTo("c");
  }

  @Test
  void helpIsCompleteAndGrouped() {
    assertThat(run("--help")).isZero();
    String help = out.toString();
    for (String name : FlagHelp.names(probe.line())) {
      assertThat(help).contains(name);
    }
    assertThat(help)
        .contains("Probe flags:", "Leader election flags:", "Logging flags:", "Global flags:")
        .contains("--leader-elect-lease-duration duration")
        .contains("(default 15s)")
        .contains("(environment variable PROBE_CLUSTER)")
        .contains("(default \"kubernetes\")")
        .contains("(default [*])")
        .contains("(default 10258)")
        .contains("Refused, because not supported:")
        .contains("--route-driver");
    assertThat(help.lines().mapToInt(String::length).max().orElseThrow()).isLessThanOrEqualTo(100);
    assertThat(err.toString()).isEmpty();
  }

  @Test
  void helpAnswersWhateverTheEnvironmentSays() {
    assertThat(run(Map.of("vip_wireguard", "true", "PROBE_COUNT", "many"), "--help")).isZero();
    assertThat(run(Map.of("vip_wireguard", "true"), "--version")).isZero();
  }

  @Test
  void versionIsOneLine() {
    assertThat(run("--version")).isZero();
    assertThat(out.toString()).matches("probe \\S+ \\(commit \\S+, Java 25\\S*\\)\n");
  }

  @Test
  void aFailedRunIsStatusOne() {
    probe.failure = new IllegalStateException("the API server does not answer");
    assertThat(run()).isEqualTo(1);
    assertThat(err.toString()).isEqualTo("probe: the API server does not answer\n");
  }

  @Test
  void aWrongCallFoundLateIsStatusTwo() {
    assertThat(run("--leader-elect-renew-deadline=20s")).isEqualTo(2);
    assertThat(err.toString())
        .contains("--leader-elect-lease-duration (PT15S) must be longer than")
        .contains("See probe --help");
  }

  @Test
  void returnsTheStatusOfTheRun() {
    probe.status = 1;
    assertThat(run()).isEqualTo(1);
  }

  @Test
  void showsTheEffectiveValuesButNoSecrets() {
    assertThat(run(Map.of("PROBE_CLUSTER", "env"), "--token=hunter2", "--controllers=a,b"))
        .isZero();
    assertThat(probe.configz.getAsJsonObject("flags").toString())
        .contains("\"cluster-name\":\"env\"")
        .contains("\"controllers\":\"a,b\"")
        .contains("\"leader-elect-retry-period\":\"2s\"")
        .contains("\"token\":\"(secret)\"")
        .doesNotContain("hunter2");
  }

  @Test
  void refusesServingFlagsThatDoNotFit() {
    assertThat(run("--tls-cert-file=/a")).isEqualTo(2);
    assertThat(err.toString()).contains("--tls-cert-file and --tls-private-key-file");
    assertThat(run("--secure-port=70000")).isEqualTo(2);
    assertThat(err.toString()).contains("--secure-port must be from 0 to 65535, got 70000");
    assertThat(run("--leader-elect-resource-lock=endpoints")).isEqualTo(2);
    assertThat(err.toString()).contains("must be \"leases\", got \"endpoints\"");
  }

  private int run(String... args) {
    return run(Map.of(), args);
  }

  private int run(Map<String, String> environment, String... args) {
    return CommandLineMain.run(
        List.of(args),
        environment,
        probe,
        UNSUPPORTED,
        new PrintWriter(out, true),
        new PrintWriter(err, true));
  }

  @FlagGroup("Probe")
  @Command(name = "probe", description = "A program for tests.")
  private static final class Probe implements Callable<Integer> {

    @Option(names = "--cluster-name", description = "name of the cluster")
    @Flag(env = "PROBE_CLUSTER")
    private String cluster = "kubernetes";

    @Option(names = "--controllers", split = ",", description = "what runs")
    private List<String> controllers = new ArrayList<>(List.of("*"));

    @Option(names = "--count", description = "a number")
    @Flag(env = "PROBE_COUNT")
    private int count;

    @Option(names = "--token", description = "a secret")
    @Flag(env = "PROBE_TOKEN", secret = true)
    private String token = "";

    @Mixin private LoggingOptions logging = new LoggingOptions();

    @Mixin
    private LeaderElectionOptions leader = new LeaderElectionOptions(true, "probe", "kube-system");

    @Mixin private ServingOptions serving = new ServingOptions(10258);
    @Mixin private KubeconfigOptions kubeconfig = new KubeconfigOptions();
    @Spec private CommandSpec spec = CommandSpec.create();

    private JsonObject configz = new JsonObject();
    private RuntimeException failure = new IllegalStateException();
    private int status;

    picocli.CommandLine line() {
      return spec.commandLine();
    }

    @Override
    public Integer call() {
      if (failure.getMessage() != null) {
        throw failure;
      }
      logging.apply();
      var _ = leader.config("me");
      var _ = serving.endpoint();
      configz = EffectiveFlags.json(spec);
      assertThat(count).isZero();
      assertThat(token).isNotNull();
      assertThat(kubeconfig.kubeconfig()).isNotNull();
      return status;
    }
  }
}
