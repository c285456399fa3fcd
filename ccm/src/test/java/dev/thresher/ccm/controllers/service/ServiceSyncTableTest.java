package dev.thresher.ccm.controllers.service;

import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.api.CoreTypes;
import dev.thresher.api.ObjectKey;
import dev.thresher.ccm.cloudprovider.fake.FakeLoadBalancers;
import dev.thresher.runtime.client.Precondition;
import dev.thresher.runtime.fake.FakeCall;
import dev.thresher.runtime.fake.FakeInformers;
import dev.thresher.runtime.fake.FakeKubeApi;
import dev.thresher.runtime.fake.FakeStore;
import dev.thresher.runtime.informer.Scope;
import dev.thresher.runtime.reconcile.Result;
import dev.thresher.runtime.time.VirtualTimeline;
import io.kubernetes.client.openapi.models.V1LoadBalancerIngress;
import io.kubernetes.client.openapi.models.V1LoadBalancerStatus;
import io.kubernetes.client.openapi.models.V1ObjectMeta;
import io.kubernetes.client.openapi.models.V1Service;
import io.kubernetes.client.openapi.models.V1ServicePort;
import io.kubernetes.client.openapi.models.V1ServiceSpec;
import io.kubernetes.client.openapi.models.V1ServiceStatus;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What the first look at a Service asks of the cloud, and how often it writes.
class ServiceSyncTableTest {

  private static final ObjectKey WEB = ObjectKey.of("default", "web");
  private static final String FINALIZER = "service.kubernetes.io/load-balancer-cleanup";

  @ParameterizedTest(name = "{0} {1} class={2} finalizer={3} status={4} deleting={5}: {6}, {7}")
  @CsvSource({
    "ClusterIP,TCP,'',false,false,false,'',0",
    "NodePort,TCP,'',false,false,false,'',0",
    "LoadBalancer,UDP,'',false,false,false,ensure,2",
    "LoadBalancer,TCP,'',false,false,false,ensure,2",
    "LoadBalancer,SCTP,'',false,false,false,ensure,2",
    "LoadBalancer,TCP,a/b,false,false,false,'',0",
    "LoadBalancer,TCP,a/b,true,false,false,'',0",
    "LoadBalancer,TCP,a/b,true,true,true,find,0",
    "LoadBalancer,TCP,'',true,false,false,ensure,1",
    "LoadBalancer,TCP,'',true,true,false,ensure,0",
    "ClusterIP,TCP,'',true,true,false,delete,2",
    "ClusterIP,TCP,'',true,false,false,delete,1",
    "LoadBalancer,TCP,'',true,true,true,delete,1",
    "ClusterIP,TCP,'',true,false,true,delete,1"
  })
  void asksAndWrites(
      String type,
      String protocol,
      String cls,
      boolean finalizer,
      boolean status,
      boolean deleting,
      String asked,
      int patches) {
    var store = new FakeStore();
    var guest = new FakeKubeApi("guest", store);
    var informers = new FakeInformers(store, new VirtualTimeline());
    var cloud = new FakeLoadBalancers();
    var meta = new V1ObjectMeta().name("web").namespace("default");
    if (finalizer) {
      meta.addFinalizersItem(FINALIZER);
    }
    var service =
        new V1Service()
            .metadata(meta)
            .spec(
                new V1ServiceSpec()
                    .type(type)
                    .loadBalancerClass(cls.isEmpty() ? null : cls)
                    .addPortsItem(new V1ServicePort().port(80).protocol(protocol)));
    if (status) {
      service.status(
          new V1ServiceStatus()
              .loadBalancer(
                  new V1LoadBalancerStatus()
                      .addIngressItem(new V1LoadBalancerIngress().ip("192.0.2.1").ipMode("VIP"))));
    }
    store.put(CoreTypes.SERVICE, service);
    if (deleting) {
      assertThat(guest.delete(CoreTypes.SERVICE, WEB, Precondition.NONE)).isTrue();
    }
    guest.forgetCalls();
    var services = informers.informer(CoreTypes.SERVICE, Scope.ALL);
    informers.start();
    var reconciler =
        new ServiceReconciler(
            "gc1", cloud, services, () -> NodeSet.of(List.of()), guest, (_, _, _, _) -> {});

    assertThat(reconciler.reconcile(WEB)).isEqualTo(Result.done());
    assertThat(cloud.calls())
        .isEqualTo(asked.isEmpty() ? List.of() : List.of(asked + " default/web"));
    assertThat(guest.writes()).hasSize(patches).allMatch(FakeCall::isWrite);
  }
}
