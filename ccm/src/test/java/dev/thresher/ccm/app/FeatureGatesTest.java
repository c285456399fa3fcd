package dev.thresher.ccm.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.thresher.runtime.cli.UsageException;
import dev.thresher.runtime.metrics.Metrics;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FeatureGatesTest {

  @Test
  void hasUpstreamsDefaults() {
    FeatureGates gates = FeatureGates.parse(List.of());
    assertThat(gates.enabled("ContextualLogging")).isTrue();
    assertThat(gates.enabled("CloudControllerManagerWebhook")).isFalse();
  }

  @Test
  void setsAllOfAStageAndSingleOnes() {
    FeatureGates gates =
        FeatureGates.parse(List.of("AllAlpha=true", "NativeHistograms=false", "AllBeta=false"));
    assertThat(gates.enabled("CloudControllerManagerWebhook")).isTrue();
    assertThat(gates.enabled("NativeHistograms")).isFalse();
    assertThat(gates.enabled("ContextualLogging")).isFalse();
    assertThat(gates.enabled("SCTPSupport")).isTrue();
  }

  @Test
  void takesARetiredGateWithTheValueItHas() {
    assertThat(FeatureGates.parse(List.of("SCTPSupport=true")).enabled("SCTPSupport")).isTrue();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "Nonsense=true|\"Nonsense\", which is not known",
        "SCTPSupport=false|retired and fixed to true: SCTP is always on since Kubernetes 1.20",
        "ContextualLogging|want ContextualLogging=true or =false",
        "ContextualLogging=yes|want ContextualLogging=true or =false"
      })
  void saysWhatIsWrong(String item, String message) {
    assertThatThrownBy(() -> FeatureGates.parse(List.of(item)))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("--feature-gates")
        .hasMessageContaining(message);
  }

  @Test
  void showsThemAsMetric() {
    var metrics = new Metrics();
    FeatureGates.parse(List.of("NativeHistograms=true")).addTo(metrics);
    assertThat(metrics.text())
        .contains("kubernetes_feature_enabled{name=\"NativeHistograms\",stage=\"ALPHA\"} 1.0")
        .doesNotContain("SCTPSupport");
  }
}
