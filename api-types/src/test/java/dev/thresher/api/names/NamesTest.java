package dev.thresher.api.names;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class NamesTest {

  static List<Class<?>> owners() {
    return List.of(
        HarvesterNames.class,
        KubeVirtNames.class,
        KubeVirtCloudNames.class,
        KubernetesNames.class,
        KubeVipNames.class,
        ThresherNames.class);
  }

  @ParameterizedTest
  @MethodSource("owners")
  void noQualifiedNameHasTwoConstants(Class<?> owner) throws Exception {
    Map<String, String> seen = new HashMap<>();
    for (Field field : constants(owner).toList()) {
      String value = (String) field.get(null);
      String earlier = value.contains("/") ? seen.put(value, field.getName()) : null;
      assertThat(earlier).as("%s again in %s", value, field).isNull();
    }
    assertThat(seen).isNotEmpty();
  }

  @Test
  void everythingOfOursIsUnderOurDomain() throws Exception {
    for (Field field : constants(ThresherNames.class).toList()) {
      assertThat((String) field.get(null)).as(field.getName()).contains("thresher.dev");
    }
  }

  /// Values that swapping the programs in place depends on; spelled out a second time on purpose.
  @Test
  void keepsTheContract() {
    assertThat(HarvesterNames.PROVIDER_ID_PREFIX).isEqualTo("harvester://");
    assertThat(HarvesterNames.IPAM).isEqualTo("cloudprovider.harvesterhci.io/ipam");
    assertThat(HarvesterNames.PRIMARY_SERVICE)
        .isEqualTo("cloudprovider.harvesterhci.io/primary-service");
    assertThat(HarvesterNames.SERVICE_NAMESPACE_LABEL)
        .isEqualTo("cloudprovider.harvesterhci.io/serviceNamespace");
    assertThat(HarvesterNames.SERVICE_NAME_LABEL)
        .isEqualTo("cloudprovider.harvesterhci.io/serviceName");
    assertThat(HarvesterNames.CLUSTER_LABEL).isEqualTo("cloudprovider.harvesterhci.io/cluster");
    assertThat(HarvesterNames.MANUALLY_RELEASE_IP)
        .isEqualTo("loadbalancer.harvesterhci.io/manuallyReleaseIP");
    assertThat(KubeVipNames.LOAD_BALANCER_IPS).isEqualTo("kube-vip.io/loadbalancerIPs");
    assertThat(KubeVipNames.SERVICE_INTERFACE).isEqualTo("kube-vip.io/serviceInterface");
    assertThat(KubeVipNames.IGNORE).isEqualTo("kube-vip.io/ignore");
    assertThat(KubeVipNames.VIP_HOST).isEqualTo("kube-vip.io/vipHost");
    assertThat(KubernetesNames.LOAD_BALANCER_FINALIZER)
        .isEqualTo("service.kubernetes.io/load-balancer-cleanup");
    assertThat(KubernetesNames.TAINT_UNINITIALIZED)
        .isEqualTo("node.cloudprovider.kubernetes.io/uninitialized");
  }

  private static Stream<Field> constants(Class<?> owner) {
    return Arrays.stream(owner.getDeclaredFields())
        .filter(field -> Modifier.isPublic(field.getModifiers()))
        .filter(field -> field.getType() == String.class);
  }
}
