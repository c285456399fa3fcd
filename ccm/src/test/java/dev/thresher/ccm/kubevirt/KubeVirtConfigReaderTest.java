package dev.thresher.ccm.kubevirt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.thresher.ccm.hostservice.BackEndSource;
import dev.thresher.ccm.hostservice.HostServiceSettings;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class KubeVirtConfigReaderTest {

  private static KubeVirtConfig read(String text) {
    return KubeVirtConfigReader.read(text, "/etc/cloud/config");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {"''", "'{}'", "'---'", "'loadBalancer:'", "'instancesV2: {}'"})
  void hasTheDefaultsOfTheGoProgram(String text) {
    KubeVirtConfig config = read(text);
    assertThat(config.kubeconfig()).isEmpty();
    assertThat(config.namespace()).isEmpty();
    assertThat(config.infraLabels()).isEmpty();
    assertThat(config.loadBalancer().enabled()).isTrue();
    assertThat(config.loadBalancer().creationPollTimeout()).isEqualTo(Duration.ofMinutes(5));
    assertThat(config.loadBalancer().backEnds()).isEqualTo(BackEndSource.SELECTOR);
    assertThat(config.loadBalancer().annotationPrefixes())
        .isEqualTo(HostServiceSettings.DEFAULT_ANNOTATION_PREFIXES);
    assertThat(config.instances().enabled()).isTrue();
    assertThat(config.instances().zoneAndRegion()).isTrue();
  }

  @Test
  void takesEveryField() {
    KubeVirtConfig config =
        read(
            """
            kubeconfig: /etc/infra/kubeconfig
            namespace: vms
            infraLabels:
              a: b
              c: "1"
            loadBalancer:
              enabled: false
              creationPollInterval: 7
              creationPollTimeout: 60
              selectorless: true
              enableEPSController: true
              annotationPrefixes: ["x.org/", "*"]
            instancesV2:
              enabled: false
              zoneAndRegionEnabled: false
            """);
    assertThat(config.kubeconfig()).isEqualTo("/etc/infra/kubeconfig");
    assertThat(config.namespace()).isEqualTo("vms");
    assertThat(config.infraLabels()).isEqualTo(Map.of("a", "b", "c", "1"));
    assertThat(config.loadBalancer())
        .isEqualTo(
            new KubeVirtConfig.LoadBalancer(
                false, Duration.ofMinutes(1), true, true, List.of("x.org/", "*")));
    assertThat(config.instances()).isEqualTo(new KubeVirtConfig.Instances(false, false));
  }

  @ParameterizedTest
  @CsvSource({
    "false, false, SELECTOR",
    "true, false, NONE",
    "false, true, SELECTOR_UNLESS_LOCAL",
    "true, true, SLICES"
  })
  void backEndsByTheTwoSwitchesOfTheGoProgram(
      boolean selectorless, boolean controller, BackEndSource wanted) {
    assertThat(
            read("loadBalancer: {selectorless: "
                    + selectorless
                    + ", enableEPSController: "
                    + controller
                    + "}")
                .loadBalancer()
                .backEnds())
        .isEqualTo(wanted);
  }

  @Test
  void aTimeoutThatIsNotPositiveIsTheDefault() {
    assertThat(read("loadBalancer: {creationPollTimeout: 0}").loadBalancer().creationPollTimeout())
        .isEqualTo(Duration.ofMinutes(5));
  }

  /// Every message names the file, the field and what is wanted.
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "kubconfig: x | kubconfig | kubeconfig",
        "loadBalancer: {selectorles: true} | loadBalancer.selectorles | selectorless",
        "instancesV2: {zones: true} | instancesV2.zones | zoneAndRegionEnabled",
        "instances: {enabled: true} | instances | instancesV2",
        "loadBalancer: {selectorless: 'yes'} | loadBalancer.selectorless | true or false",
        "loadBalancer: {creationPollTimeout: 5m} | loadBalancer.creationPollTimeout | seconds",
        "loadBalancer: {creationPollInterval: x} | loadBalancer.creationPollInterval | seconds",
        "loadBalancer: {annotationPrefixes: x} | loadBalancer.annotationPrefixes | list",
        "namespace: 5 | namespace | text",
        "infraLabels: [a] | infraLabels | mapping",
        "infraLabels: {a: 1} | infraLabels.a | text",
        "loadBalancer: 5 | loadBalancer | mapping",
        "just a text | the file | mapping",
        "'{clusters: [], contexts: []}' | kubeconfig | names one"
      })
  void refusesByName(String text, String field, String wanted) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> read(text))
        .withMessageContaining("/etc/cloud/config")
        .withMessageContaining(field)
        .withMessageContaining(wanted);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {"a: [", "'a: 1\na: 2'", "a: !!java.io.File [x]"})
  void refusesWhatIsNoYaml(String text) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> read(text))
        .withMessageContaining("/etc/cloud/config");
  }

  @Test
  void theExampleOfTheReferenceIsValid() throws Exception {
    assertThat(read(Files.readString(Path.of("../docs/examples/kubevirt/cloud-config.yaml"))))
        .satisfies(config -> {
          assertThat(config.kubeconfig()).isNotEmpty();
          assertThat(config.loadBalancer().backEnds()).isEqualTo(BackEndSource.SLICES);
        });
  }
}
