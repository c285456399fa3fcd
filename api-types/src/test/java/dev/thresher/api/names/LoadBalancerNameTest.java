package dev.thresher.api.names;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LoadBalancerNameTest {

  private static final String UID = "d4b50d98-39ec-4d88-8098-36579de5db4a";

  /// The expected names were computed with zlib's CRC-32 outside of Java.
  @ParameterizedTest
  @CsvSource({
    "test, default, abcd, test-default-abcd-7198d990",
    "1test, default, abcd, a1test-default-abcd-725d6700",
    "test, default-default, kube-system-rke2-ingress-nginx-controller,"
        + " test-default-default-kube-system-rke2-ingress-nginx-con5cd57013",
    "test, default-default, kube-system-rke2-ingress-nginx-co-abcd,"
        + " test-default-default-kube-system-rke2-ingress-nginx-co-88b790f1",
    "1test, default-default, kube-system-rke2-ingress-nginx-controller,"
        + " a1test-default-default-kube-system-rke2-ingress-nginx-c6fc0f001",
    "kubernetes, default-default, kube-system-rke2-ingress-nginx-controller,"
        + " kubernetes-default-default-kube-system-rke2-ingress-ngi9255419d",
    "'', default, web, a-default-web-0ffc2fd1",
    "Prod, default, web, aProd-default-web-e8886ab9",
    "c-, default, web, ac--default-web-8ec3099f",
    // 64 characters are no label, 63 are.
    "cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc, default, web,"
        + " accccccccccccccccccccccccccccccccccccccccccccccccccccccb646d84d",
    "ccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc, default, web,"
        + " cccccccccccccccccccccccccccccccccccccccccccccccccccccccc0d9e675",
  })
  void isHarvestersByteForByte(
      String cluster, String serviceNamespace, String serviceName, String expected) {
    assertThat(LoadBalancerName.of(cluster, serviceNamespace, serviceName, UID))
        .isEqualTo(expected)
        .hasSizeLessThanOrEqualTo(63);
  }

  @ParameterizedTest
  @CsvSource({"uid-1, test-default-web-0058c6bd"})
  void keepsLeadingZeros(String uid, String expected) {
    assertThat(LoadBalancerName.of("test", "default", "web", uid)).isEqualTo(expected);
  }
}
