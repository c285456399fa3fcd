package dev.thresher.loadbalancer.reconcile;

import static dev.thresher.loadbalancer.reconcile.World.key;
import static dev.thresher.loadbalancer.reconcile.World.machines;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonParser;
import dev.thresher.api.CoreTypes;
import dev.thresher.api.ResourceType;
import dev.thresher.api.loadbalancer.LoadBalancer;
import dev.thresher.api.loadbalancer.LoadBalancerTypes;
import dev.thresher.api.names.ThresherNames;
import dev.thresher.api.net.AddressClaim;
import dev.thresher.runtime.client.Precondition;
import dev.thresher.runtime.patch.Patch;
import io.kubernetes.client.common.KubernetesObject;
import io.kubernetes.client.openapi.models.V1Service;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Host Services that edits made unrecognizable, and load balancers that went without waiting for
/// theirs.
final class LostMarksTest {

  private static final String NO_LABELS_NO_OWNERS =
      "{\"metadata\": {\"labels\": null, \"ownerReferences\": null}}";
  private static final String NO_ADDRESS =
      """
      {"metadata": {"labels": null, "ownerReferences": null,
        "annotations": {"kube-vip.io/loadbalancerIPs": null}}, "spec": {"loadBalancerIP": null}}
      """;
  private static final String NOTHING =
      """
      {"metadata": {"labels": null, "ownerReferences": null, "annotations": null},
       "spec": {"loadBalancerIP": null}}
      """;

  private final World world = new World();

  @BeforeEach
  void pool() {
    world.pool("pool", "192.0.2.0/24");
    world.machine("vm-1", "10.0.0.5");
  }

  private void edit(ResourceType<? extends KubernetesObject> type, String json) {
    world.api.patch(
        type, key("a"), new Patch.Merge(JsonParser.parseString(json).getAsJsonObject(), ""));
  }

  private void edit(String json) {
    edit(CoreTypes.SERVICE, json);
  }

  private void create(String ipam) {
    LoadBalancer object = machines("a");
    object.getSpec().ipam(ipam);
    world.create(object);
    world.settle();
  }

  private static V1Service withoutVersion(V1Service service) {
    service.getMetadata().resourceVersion(null).generation(null).managedFields(null);
    return service;
  }

  /// 0.0.0.0 is no address to know it by, and after the second edit nothing asks for one.
  @ParameterizedTest
  @ValueSource(strings = {NO_LABELS_NO_OWNERS, NO_ADDRESS})
  void aServiceOfDhcpIsHealed(String edit) {
    create("dhcp");
    world.announce("a", "192.0.2.200");
    world.settle();
    V1Service before = withoutVersion(world.service("a"));

    edit(edit);
    world.settle();

    assertThat(withoutVersion(world.service("a"))).isEqualTo(before);
    assertThat(world.ready("a").getStatus()).isEqualTo("True");
    assertThat(world.failures).isEmpty();
  }

  @Test
  void oneEditThatTakesLabelsOwnersAndAddressAwayIsHealed() {
    create("pool");
    V1Service before = withoutVersion(world.service("a"));

    edit(NO_ADDRESS);
    world.settle();

    assertThat(withoutVersion(world.service("a"))).isEqualTo(before);
    assertThat(world.ready("a").getReason()).isEqualTo("AddressNotAnnounced");
  }

  @Test
  void aServiceThatNamesAnotherOwnerIsNotOursThoughItHasTheAnnotation() {
    create("dhcp");
    edit(
        """
        {"metadata": {"labels": null, "ownerReferences": [
          {"apiVersion": "v1", "kind": "ConfigMap", "name": "other", "uid": "other"}]}}
        """);
    world.settle();

    assertThat(world.ready("a").getReason()).isEqualTo("NameTaken");
    assertThat(world.ready("a").getMessage())
        .isEqualTo(
            "a Service vms/a exists that does not belong to this LoadBalancer but to ConfigMap"
                + " \"other\"; delete it or name the LoadBalancer otherwise");
  }

  @Test
  void aServiceWithoutAnyMarkIsSaidWithTheWaysOut() {
    create("pool");
    String uid = world.service("a").getMetadata().getUid();
    edit(NOTHING);
    world.settle();

    String ofBalancer = String.valueOf(world.loadBalancer("a").getMetadata().getUid());
    assertThat(world.ready("a").getReason()).isEqualTo("NameTaken");
    assertThat(world.ready("a").getMessage())
        .isEqualTo(
            "a Service vms/a exists that does not belong to this LoadBalancer; delete it or name the"
                + " LoadBalancer otherwise; if it was made for this LoadBalancer and lost its marks,"
                + " give it back with: kubectl -n vms label --overwrite services a"
                + " thresher.dev/load-balancer-uid="
                + ofBalancer);
    assertThat(world.events).contains("WARNING a NameTaken");
    assertThat(world.claims()).containsExactly(Map.entry("192.0.2.2", "vms/a"));

    // Nobody hears of it, so the controller looks again by itself.
    edit(
        "{\"metadata\": {\"labels\": {\"%s\": \"%s\"}}}"
            .formatted(ThresherNames.LOAD_BALANCER_UID, ofBalancer));
    assertThat(world.step()).isFalse();
    world.retryFailures();
    world.settle();
    assertThat(world.service("a").getMetadata().getUid()).isEqualTo(uid);
    assertThat(world.service("a").getSpec().getLoadBalancerIP()).isEqualTo("192.0.2.2");
    assertThat(world.ready("a").getReason()).isEqualTo("AddressNotAnnounced");
    assertThat(world.failures).isEmpty();
  }

  @Test
  void aServiceWithoutAnyMarkThatIsDeletedIsMadeAgain() {
    create("pool");
    edit(NOTHING);
    world.settle();

    world.api.delete(CoreTypes.SERVICE, key("a"), Precondition.NONE);
    world.retryFailures();
    world.settle();

    assertThat(world.service("a").getSpec().getLoadBalancerIP()).isEqualTo("192.0.2.2");
    assertThat(world.ready("a").getReason()).isEqualTo("AddressNotAnnounced");
  }

  private static boolean isInUse(AddressClaim claim) {
    return ClaimDocument.read(claim).orElseThrow().active();
  }

  private void finalizersAreForcedOff() {
    world.store.drop(LoadBalancerTypes.LOAD_BALANCER, key("a"));
    world.settle();
  }

  /// As the cluster's garbage collector or a person may leave it, owners or not.
  @ParameterizedTest
  @ValueSource(strings = {"{}", NO_LABELS_NO_OWNERS, NO_ADDRESS})
  void theAddressOfOneThatIsForcedAwayIsKeptUntilItsServiceIsGone(String edit) {
    create("pool");
    // The holder of the address has not let go yet.
    edit("{\"metadata\": {\"finalizers\": [\"holder\"]}}");
    world.settle();
    world.informers().pause();
    edit(edit);
    world.store.drop(LoadBalancerTypes.LOAD_BALANCER, key("a"));
    world.informers().resume();
    world.settle();

    assertThat(world.service("a").getMetadata().getDeletionTimestamp()).isNotNull();
    assertThat(world.claimObjects()).singleElement().matches(LostMarksTest::isInUse);
    world.restart();
    world.settle();
    assertThat(world.claimObjects()).singleElement().matches(LostMarksTest::isInUse);

    edit("{\"metadata\": {\"finalizers\": null}}");
    world.settle();
    assertThat(world.has(CoreTypes.SERVICE, "a")).isFalse();
    assertThat(world.has(CoreTypes.ENDPOINT_SLICE, "a")).isFalse();
    assertThat(world.claimObjects()).isEmpty();
  }

  @Test
  void theAddressOfOneThatIsForcedAwayIsKeptWhileAServiceOfSomebodyElseHasIt() {
    create("pool");
    edit(
        """
        {"metadata": {"labels": null, "ownerReferences": [
          {"apiVersion": "v1", "kind": "ConfigMap", "name": "other", "uid": "other"}]}}
        """);
    world.settle();
    finalizersAreForcedOff();

    assertThat(world.claims()).containsExactly(Map.entry("192.0.2.2", "vms/a"));
    assertThat(world.service("a").getMetadata().getDeletionTimestamp()).isNull();
    assertThat(world.events).contains("WARNING a AddressInUse");

    edit(
        """
        {"metadata": {"annotations": {"kube-vip.io/loadbalancerIPs": null}},
         "spec": {"loadBalancerIP": null}}
        """);
    world.retryFailures();
    world.settle();
    assertThat(world.has(CoreTypes.SERVICE, "a")).isTrue();
    assertThat(world.claimObjects()).isEmpty();
  }

  @Test
  void theAddressOfOneThatIsForcedAwayWithItsServiceIsFreeAtOnce() {
    create("pool");
    world.store.drop(CoreTypes.SERVICE, key("a"));
    finalizersAreForcedOff();

    assertThat(world.claimObjects()).isEmpty();
    assertThat(world.has(CoreTypes.ENDPOINT_SLICE, "a")).isFalse();
  }
}
