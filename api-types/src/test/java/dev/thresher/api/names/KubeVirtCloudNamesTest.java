package dev.thresher.api.names;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class KubeVirtCloudNamesTest {

  /// Names that kubernetes/cloud-provider's default scheme gives.
  @ParameterizedTest
  @CsvSource({
    "0a1b2c3d-4e5f-4011-8223-445566778899, a0a1b2c3d4e5f4011822344556677889",
    "short, ashort",
    "'', a"
  })
  void namesAHostServiceByTheUid(String uid, String name) {
    assertThat(KubeVirtCloudNames.hostService(uid)).isEqualTo(name);
  }

  @ParameterizedTest
  @CsvSource({"gc1, gc1", "a.b_c-D, a.b_c-D", "-x, x-6dbfab0f", "a b, a-b-5cc7b7a2", "'', ''"})
  void keepsWhatCanBeALabel(String text, String value) {
    String label = KubeVirtCloudNames.labelValue(text);
    assertThat(label.replaceAll("-[0-9a-f]{8}$", ""))
        .isEqualTo(value.replaceAll("-[0-9a-f]{8}$", ""));
    assertThat(label.length()).isEqualTo(value.length());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "a b",
        "ä",
        "----",
        "x-",
        "0123456789012345678901234567890123456789012345678901234567890123456789"
      })
  void everyTextBecomesALabelOfItsOwn(String text) {
    assertThat(KubeVirtCloudNames.labelValue(text))
        .matches("[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?")
        .hasSizeLessThanOrEqualTo(63)
        .isNotEqualTo(KubeVirtCloudNames.labelValue(text + "!"));
  }
}
