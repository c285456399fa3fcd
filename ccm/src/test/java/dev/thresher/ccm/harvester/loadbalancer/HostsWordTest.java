package dev.thresher.ccm.harvester.loadbalancer;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonParser;
import dev.thresher.api.CoreTypes;
import dev.thresher.runtime.fake.FakeInformers;
import dev.thresher.runtime.fake.FakeStore;
import dev.thresher.runtime.informer.Scope;
import dev.thresher.runtime.reconcile.Result;
import io.kubernetes.client.openapi.models.V1Service;
import org.junit.jupiter.api.Test;

/// What the owner of a Service hears of what stands in the way, in the words of the host.
class HostsWordTest extends OneService {

  @Test
  void saysSoWhenNoVipManagerHoldsTheAddress() {
    put(s -> {});
    reconcile();
    allocate("192.0.2.1");
    assertThat(reconciler.reconcile(WEB)).isEqualTo(Result.after(Verdict.ANSWER_PATIENCE));
    assertThat(annotation(IPS)).isEqualTo("192.0.2.1");
    assertThat(events).containsExactly("EnsuringLoadBalancer");

    timeline.advance(Verdict.ANSWER_PATIENCE);
    assertThat(reconciler.reconcile(WEB)).isEqualTo(Result.done());
    assertThat(events).containsExactly("EnsuringLoadBalancer", "AddressNotHeld");
    assertThat(messages.getLast())
        .contains("192.0.2.1", IPS, "vip-manager", "thresher.dev/placement=host");
    assertThat(condition()).startsWith("False AddressNotHeld");
    reconcile();
    assertThat(events).hasSize(2);

    answer("192.0.2.1");
    reconcile();
    assertThat(condition()).startsWith("True Ensured");
    assertThat(events).last().isEqualTo("EnsuredLoadBalancer");
    assertThat(balancers()).hasSize(1);

    // The VIP manager goes away in order.
    answer();
    assertThat(reconciler.reconcile(WEB)).isEqualTo(Result.after(Verdict.ANSWER_PATIENCE));
    timeline.advance(Verdict.ANSWER_PATIENCE);
    reconcile();
    assertThat(events).last().isEqualTo("AddressNotHeld");
    assertThat(annotation(IPS)).isEqualTo("192.0.2.1");
    assertThat(statusAddress()).isEqualTo("192.0.2.1");

    // A new process knows by the condition that the time is over.
    guest.forgetCalls();
    restart();
    assertThat(reconciler.reconcile(WEB)).isEqualTo(Result.done());
    assertThat(guest.calls()).isEmpty();
  }

  @Test
  void tellsTheHostsReasonAndDeletesNothing() {
    put(s -> {});
    reconcile();
    change(balancer ->
        balancer.add(
            "status",
            JsonParser.parseString(
                """
                {"conditions": [
                  {"type": "Ready", "status": "False", "message": "pool p is exhausted"}]}
                """)));
    assertThat(reconciler.reconcile(WEB)).isEqualTo(Result.done());
    assertThat(events).endsWith("SyncLoadBalancerFailed");
    assertThat(messages.getLast()).contains("pool p is exhausted");
    assertThat(balancers()).hasSize(1);
    allocate("192.0.2.1");
    reconcile();
    assertThat(annotation(IPS)).isEqualTo("192.0.2.1");
  }

  @Test
  void tellsTheHostsReasonWhenNobodyAnswersForAWhile() {
    put(annotated("thresher.dev/placement", "host"));
    reconcile();
    allocate("192.0.2.1");
    change(balancer ->
        balancer
            .getAsJsonObject("status")
            .add(
                "conditions",
                JsonParser.parseString(
                    """
                    [{"type": "Ready", "status": "False", "message": "no holder"}]
                    """)));
    assertThat(reconciler.reconcile(WEB)).isEqualTo(Result.after(Verdict.ANSWER_PATIENCE));
    assertThat(events).containsExactly("EnsuringLoadBalancer");

    timeline.advance(Verdict.ANSWER_PATIENCE);
    assertThat(reconciler.reconcile(WEB)).isEqualTo(Result.done());
    assertThat(events).endsWith("SyncLoadBalancerFailed");
    assertThat(messages.getLast()).contains("no holder");

    announce("192.0.2.1");
    reconcile();
    assertThat(ingress()).containsExactly("192.0.2.1");
    assertThat(events).endsWith("EnsuredLoadBalancer");
  }

  @Test
  void showsTheHostsReasonInEventAndConditionUntilItIsOver() {
    put(s -> {});
    reconcile();
    ready("False", "PoolExhausted", "pool p: all addresses are taken");
    reconcile();
    assertThat(events).endsWith("PoolExhausted");
    assertThat(messages.getLast()).contains("LoadBalancer ", "pool p: all addresses are taken");
    assertThat(condition()).isEqualTo("False PoolExhausted");

    allocate("192.0.2.1");
    ready("True", "AddressAllocated", "");
    reconcile();
    assertThat(condition()).isEqualTo("False Pending");
    answer("192.0.2.1");
    reconcile();
    assertThat(condition()).isEqualTo("True Ensured");
  }

  @Test
  void showsWhatTheHostSaysOfAnAddressThatIsAnswered() {
    put(annotated("thresher.dev/placement", "host"));
    reconcile();
    allocate("192.0.2.1");
    announce("192.0.2.1");
    ready("False", "NoReadyBackend", "no back end takes part");
    reconcile();
    assertThat(ingress()).containsExactly("192.0.2.1");
    assertThat(events).contains("NoReadyBackend", "EnsuredLoadBalancer");
    assertThat(condition()).isEqualTo("False NoReadyBackend");
    ready("True", "Answering", "");
    reconcile();
    assertThat(condition()).isEqualTo("True Ensured");
  }

  @Test
  void onlyTheAddressesOfAStatusMatter() {
    put(s -> {});
    reconcile();
    V1Service before = service();
    ready("False", "PoolExhausted", "pool p: all addresses are taken");
    reconcile();
    V1Service told = service();
    assertThat(told.getStatus().getConditions()).hasSize(1);
    // What this program writes there itself must not wake it up.
    assertThat(concerns(before, told)).isFalse();
    answer("192.0.2.1");
    assertThat(concerns(told, service())).isTrue();
  }

  private boolean concerns(V1Service before, V1Service after) {
    FakeInformers none = new FakeInformers(new FakeStore(), timeline);
    return new HarvesterLoadBalancers(
            new LoadBalancerSettings("vms", "", placement),
            host,
            none.informer(ReadBalancer.TYPE, Scope.namespace("vms")),
            none.informer(CoreTypes.SERVICE, Scope.ALL),
            none.informer(CoreTypes.NODE, Scope.ALL),
            networks,
            timeline)
        .concerns(before, after);
  }

  @Test
  void saysSoWhenTheHostSaysNothing() {
    put(s -> {});
    reconcile();
    assertThat(reconciler.reconcile(WEB)).isEqualTo(Result.after(Verdict.ANSWER_PATIENCE));
    timeline.advance(Verdict.ANSWER_PATIENCE);
    assertThat(reconciler.reconcile(WEB)).isEqualTo(Result.done());
    assertThat(events).endsWith("HostIsSilent");
    assertThat(condition()).isEqualTo("False HostIsSilent");
    allocate("192.0.2.1");
    reconcile();
    answer("192.0.2.1");
    reconcile();
    assertThat(condition()).isEqualTo("True Ensured");
  }
}
