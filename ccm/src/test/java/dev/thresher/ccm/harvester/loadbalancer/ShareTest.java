package dev.thresher.ccm.harvester.loadbalancer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.api.ObjectKey;
import io.kubernetes.client.openapi.models.V1ObjectMeta;
import io.kubernetes.client.openapi.models.V1Service;
import io.kubernetes.client.openapi.models.V1ServiceSpec;
import java.time.OffsetDateTime;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ShareTest {

  private final Map<ObjectKey, V1Service> services = new HashMap<>();

  private V1Service put(String name, String primary) {
    V1Service service =
        new V1Service()
            .metadata(new V1ObjectMeta().namespace("default").name(name).uid(name))
            .spec(new V1ServiceSpec().type("LoadBalancer"));
    if (!primary.isEmpty()) {
      service
          .getMetadata()
          .putAnnotationsItem("cloudprovider.harvesterhci.io/primary-service", primary);
    }
    services.put(ObjectKey.of(service), service);
    return service;
  }

  private Share of(V1Service service) {
    return Share.of(service, key -> Optional.ofNullable(services.get(key)));
  }

  private String refusal(V1Service service) {
    Share.Refused refused = (Share.Refused) of(service);
    return refused.why().reason() + " " + refused.why().message();
  }

  @Test
  void withoutAnnotationTheAddressIsItsOwn() {
    assertThat(of(put("a", ""))).isEqualTo(new Share.None());
  }

  @Test
  void followsAChainToTheAddressAtItsEnd() {
    V1Service root = put("c", "");
    put("b", "default/c");
    assertThat(of(put("a", "default/b"))).isEqualTo(new Share.Of(root));
  }

  @Test
  void refusesACircleForEachServiceInItAndForThoseThatLeadThere() {
    V1Service a = put("a", "default/b");
    V1Service b = put("b", "default/a");
    V1Service self = put("self", "default/self");
    V1Service before = put("before", "default/a");
    assertThat(refusal(a))
        .startsWith("PrimaryServiceCycle")
        .contains("default/a -> default/b -> default/a");
    assertThat(refusal(b)).startsWith("PrimaryServiceCycle");
    assertThat(refusal(self)).contains("default/self -> default/self");
    assertThat(refusal(before)).startsWith("PrimaryServiceCycle");
  }

  @ParameterizedTest
  @CsvSource({"b", "a/b/c", "/b", "a/"})
  void wantsNamespaceAndName(String value) {
    assertThat(refusal(put("a", value)))
        .startsWith("AnnotationInvalid")
        .contains(value, "namespace/name");
  }

  @Test
  void refusesAnAddressThatIsNotThere() {
    V1Service a = put("a", "default/b");
    assertThat(refusal(a)).startsWith("PrimaryServiceMissing").contains("there is no such");
    V1Service b = put("b", "");
    b.getMetadata().deletionTimestamp(OffsetDateTime.parse("2026-01-01T00:00:00Z"));
    assertThat(refusal(a)).startsWith("PrimaryServiceMissing").contains("is being deleted");
    put("b", "").getSpec().type("ClusterIP");
    assertThat(refusal(a)).startsWith("PrimaryServiceInvalid");
    put("b", "").getSpec().loadBalancerClass("example.com/other");
    assertThat(refusal(a)).startsWith("PrimaryServiceInvalid");
  }
}
