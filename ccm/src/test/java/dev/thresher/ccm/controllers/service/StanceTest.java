package dev.thresher.ccm.controllers.service;

import static org.assertj.core.api.Assertions.assertThat;

import io.kubernetes.client.openapi.models.V1ObjectMeta;
import io.kubernetes.client.openapi.models.V1Service;
import io.kubernetes.client.openapi.models.V1ServiceSpec;
import java.time.OffsetDateTime;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StanceTest {

  @ParameterizedTest
  @CsvSource({
    // type, class, finalizer, deleting
    "LoadBalancer,'',false,false,WANTED",
    "LoadBalancer,'',true,false,WANTED",
    "LoadBalancer,'',true,true,CLEANUP",
    "LoadBalancer,'',false,true,NONE",
    "LoadBalancer,a/b,false,false,NONE",
    "LoadBalancer,a/b,true,false,NONE",
    "LoadBalancer,a/b,true,true,CLEANUP_IF_OURS",
    "LoadBalancer,a/b,false,true,NONE",
    "ClusterIP,'',false,false,NONE",
    "ClusterIP,'',true,false,CLEANUP",
    "ClusterIP,'',true,true,CLEANUP",
    "ClusterIP,'',false,true,NONE"
  })
  void followsTypeClassFinalizerAndDeletion(
      String type, String cls, boolean finalizer, boolean deleting, Stance expected) {
    var meta = new V1ObjectMeta().name("web").addFinalizersItem("foregroundDeletion");
    if (finalizer) {
      meta.addFinalizersItem("service.kubernetes.io/load-balancer-cleanup");
    }
    if (deleting) {
      meta.deletionTimestamp(OffsetDateTime.MIN);
    }
    var spec = new V1ServiceSpec().type(type).loadBalancerClass(cls.isEmpty() ? null : cls);
    assertThat(Stance.of(new V1Service().metadata(meta).spec(spec))).isEqualTo(expected);
  }
}
