package dev.thresher.ccm.rights;

import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.ccm.hostservice.BackEndSource;
import dev.thresher.ccm.hostservice.HostServiceRights;
import dev.thresher.ccm.kubevirt.KubeVirtRights;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/// The rights that are asked for at the start are those of the roles that are shipped, no more and
/// no fewer.
class ShippedRolesTest {

  private static Set<String> role(String file, String name) throws Exception {
    Set<String> rights = new TreeSet<>();
    String text = Files.readString(Path.of("../charts/ccm/files", file));
    for (Object document : new Yaml(new SafeConstructor(new LoaderOptions())).loadAll(text)) {
      Map<?, ?> map = (Map<?, ?>) document;
      if (!"ClusterRole".equals(map.get("kind"))
          || !String.valueOf(map.get("metadata")).equals("{name=" + name + "}")) {
        continue;
      }
      for (Object rule : list(map, "rules")) {
        Map<?, ?> fields = (Map<?, ?>) rule;
        for (Object group : list(fields, "apiGroups")) {
          for (Object resource : list(fields, "resources")) {
            for (Object verb : list(fields, "verbs")) {
              rights.add(group + "/" + resource + " " + verb);
            }
          }
        }
      }
    }
    assertThat(rights).as(name).isNotEmpty();
    return rights;
  }

  private static List<?> list(Map<?, ?> map, String field) {
    return map.get(field) instanceof List<?> list ? list : List.of();
  }

  private static Set<String> asked(List<Right> rights) {
    Set<String> asked = new TreeSet<>();
    rights.forEach(right -> asked.add(right.group() + "/" + right.resource() + " " + right.verb()));
    return asked;
  }

  @Test
  void hostServices() throws Exception {
    assertThat(role("rbac-host-service.yaml", "thresher.dev:ccm-host-service"))
        .isEqualTo(asked(HostServiceRights.host("vms")));
    assertThat(role("rbac-guest-host-service.yaml", "harvester-cloud-provider-host-service"))
        .isEqualTo(asked(HostServiceRights.guest(BackEndSource.SLICES)));
    assertThat(HostServiceRights.guest(BackEndSource.NONE)).isEmpty();
  }

  @Test
  void machinesAndHostNodes() throws Exception {
    assertThat(role("rbac-host-kubevirt.yaml", "thresher.dev:ccm-machines"))
        .isEqualTo(asked(KubeVirtRights.machines("vms")));
    assertThat(role("rbac-host-kubevirt.yaml", "thresher.dev:ccm-host-nodes"))
        .isEqualTo(asked(KubeVirtRights.hostNodes()));
  }
}
