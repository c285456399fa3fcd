package dev.thresher.vip.kubevip;

import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.api.ObjectKey;
import dev.thresher.api.names.KubeVipNames;
import io.kubernetes.client.openapi.models.V1ObjectMeta;
import io.kubernetes.client.openapi.models.V1Service;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LeaseNamesTest {

  private static final ObjectKey SERVICES = ObjectKey.of("kube-system", "plndr-svcs-lock");
  private static final ObjectKey CONTROL_PLANE = ObjectKey.of("kube-system", "plndr-cp-lock");

  private static final Map<ObjectKey, V1Service> OBJECTS =
      Map.of(
          ObjectKey.of("default", "web"),
          service("web", Map.of()),
          ObjectKey.of("default", "asks"),
          service("asks", Map.of(KubeVipNames.FORCE_PER_SERVICE_ELECTION, "true")),
          ObjectKey.of("default", "named"),
          service("named", Map.of(KubeVipNames.LEASE_NAME, "common")),
          ObjectKey.of("default", "elsewhere"),
          service("elsewhere", Map.of(KubeVipNames.LEASE_NAME, "other/common")));

  private static V1Service service(String name, Map<String, String> annotations) {
    return new V1Service()
        .metadata(new V1ObjectMeta().namespace("default").name(name).annotations(annotations));
  }

  @ParameterizedTest
  @CsvSource({
    // every Service, those that ask; wanted by; Leases
    "false, false, '',        kube-system/plndr-cp-lock",
    "true,  true,  '',        kube-system/plndr-cp-lock",
    "false, false, web,       kube-system/plndr-svcs-lock",
    "false, false, asks,      kube-system/plndr-svcs-lock",
    "false, false, named,     kube-system/plndr-svcs-lock",
    "false, true,  web,       kube-system/plndr-svcs-lock",
    "false, true,  asks,      default/kubevip-asks",
    "true,  false, web,       default/kubevip-web",
    "true,  false, named,     default/common",
    "true,  false, elsewhere, other/common",
    "true,  false, gone,      kube-system/plndr-svcs-lock",
    "true,  false, web asks,  default/kubevip-asks default/kubevip-web",
    "false, true,  web asks,  default/kubevip-asks kube-system/plndr-svcs-lock",
    "false, false, web asks,  kube-system/plndr-svcs-lock",
  })
  void areThoseOfKubeVip(boolean perService, boolean onDemand, String wantedBy, String leases) {
    Set<ObjectKey> keys = new TreeSet<>();
    for (String name : wantedBy.split(" ", -1)) {
      if (!name.isEmpty()) {
        keys.add(ObjectKey.of("default", name));
      }
    }
    List<ObjectKey> found =
        new LeaseNames(SERVICES, CONTROL_PLANE, perService, onDemand)
            .of(keys, key -> Optional.ofNullable(OBJECTS.get(key)));
    assertThat(found.stream().map(ObjectKey::toString)).containsExactly(leases.split(" ", -1));
  }

  @ParameterizedTest
  @CsvSource({"name, kube-system/name", "ns/name, ns/name"})
  void aNameMayHaveItsNamespace(String text, String place) {
    assertThat(LeaseNames.place(text, "kube-system")).hasToString(place);
  }
}
