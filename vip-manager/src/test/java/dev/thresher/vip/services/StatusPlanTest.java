package dev.thresher.vip.services;

import static dev.thresher.vip.services.Objects.ip;
import static dev.thresher.vip.services.Objects.service;
import static dev.thresher.vip.services.Objects.withStatus;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.net.InetAddresses;
import dev.thresher.api.names.KubeVipNames;
import dev.thresher.runtime.patch.Patch;
import io.kubernetes.client.openapi.models.V1LoadBalancerIngress;
import io.kubernetes.client.openapi.models.V1Service;
import java.net.InetAddress;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class StatusPlanTest {

  private static final List<InetAddress> BOTH = List.of(ip("10.0.0.50"), ip("fd00::50"));

  private static Keeping keeping(Keeping.State first, Keeping.State second) {
    Map<InetAddress, Keeping.Kept> kept = new HashMap<>();
    kept.put(BOTH.get(0), new Keeping.Kept(first, 0));
    kept.put(BOTH.get(1), new Keeping.Kept(second, 0));
    return new Keeping(kept);
  }

  private static final Keeping.State ANSWERING = new Keeping.State.Answering("eth0");

  private static List<String> plan(V1Service service, Keeping keeping) {
    return StatusPlan.of(service, BOTH, keeping, address -> false, "n1").stream()
        .map(patch -> patch.subresource() + " " + patch.document())
        .toList();
  }

  @Test
  void writesStatusFirstThenTheHolder() {
    assertThat(plan(service("a", "10.0.0.50,fd00::50"), keeping(ANSWERING, ANSWERING)))
        .containsExactly(
            "status {\"status\":{\"loadBalancer\":{\"ingress\":["
                + "{\"ip\":\"10.0.0.50\",\"ipMode\":\"VIP\"},"
                + "{\"ip\":\"fd00::50\",\"ipMode\":\"VIP\"}]}}}",
            " {\"metadata\":{\"annotations\":{\"kube-vip.io/vipHost\":\"n1\"}}}");
  }

  @Test
  void writesNothingThatIsThereAlready() {
    V1Service service = withStatus(service("a", null), "10.0.0.50", "fd00::50");
    service.getMetadata().getAnnotations().put(KubeVipNames.VIP_HOST, "n1");
    assertThat(plan(service, keeping(ANSWERING, ANSWERING))).isEmpty();
    service.getMetadata().getAnnotations().put(KubeVipNames.VIP_HOST, "n2");
    assertThat(plan(service, keeping(ANSWERING, ANSWERING))).hasSize(1);
  }

  @Test
  void waitsWhileSomethingIsProbed() {
    V1Service service = service("a", "10.0.0.50,fd00::50");
    assertThat(plan(service, keeping(ANSWERING, new Keeping.State.Probing("eth0")))).isEmpty();
    assertThat(plan(service, keeping(ANSWERING, new Keeping.State.Conflict("eth0", "02:..."))))
        .first()
        .asString()
        .contains("10.0.0.50")
        .doesNotContain("fd00::50");
  }

  @Test
  void onlyTheHolderOfAllWrites() {
    V1Service service = service("a", "10.0.0.50,fd00::50");
    Keeping part = new Keeping(Map.of(BOTH.get(0), new Keeping.Kept(ANSWERING, 0)));
    List<Patch> patches =
        StatusPlan.of(service, BOTH, part, address -> address.equals(ip("fd00::50")), "n1");
    assertThat(patches).isEmpty();
    assertThat(StatusPlan.of(service, BOTH, part, address -> false, "n1")).isNotEmpty();
    assertThat(StatusPlan.of(service, BOTH, keeping(ANSWERING, ANSWERING), address -> true, "n1"))
        .as("what is granted here is here, whatever an old view says")
        .isNotEmpty();
    assertThat(plan(service, Keeping.NOTHING)).isEmpty();
  }

  @Test
  void whatWasToldStaysBetweenTwoHolders() {
    Keeping second = new Keeping(Map.of(BOTH.get(1), new Keeping.Kept(ANSWERING, 0)));
    V1Service told = withStatus(service("a", "10.0.0.50,fd00::50"), "10.0.0.50", "fd00::50");
    assertThat(plan(told, second))
        .as("nobody holds the first yet")
        .containsExactly(" {\"metadata\":{\"annotations\":{\"kube-vip.io/vipHost\":\"n1\"}}}");
    Keeping.State conflict = new Keeping.State.Conflict("eth0", "02:...");
    assertThat(plan(told, keeping(conflict, ANSWERING)))
        .as("this node found that it cannot be held")
        .first()
        .asString()
        .contains("fd00::50")
        .doesNotContain("10.0.0.50");
    assertThat(plan(service("a", null), second))
        .as("what was never told is told once it is answered")
        .first()
        .asString()
        .doesNotContain("10.0.0.50");
  }

  private static final Keeping.State CONFLICT = new Keeping.State.Conflict("eth0", "02:...");
  private static final Keeping.State FAILED = new Keeping.State.Failed("interface gone");
  private static final String NOBODY_ANSWERS =
      " {\"metadata\":{\"annotations\":{\"kube-vip.io/vipHost\":null}}}";

  private static String shows(String ingress) {
    return "status {\"status\":{\"loadBalancer\":{\"ingress\":["
        + ingress
        + "]}},\"metadata\":{\"resourceVersion\":\"7\"}}";
  }

  /// As this software left it, seen at version 7.
  private static V1Service told(@Nullable String asks, String... shown) {
    V1Service service = withStatus(service("a", asks), shown);
    service.getMetadata().setResourceVersion("7");
    service.getMetadata().getAnnotations().put(KubeVipNames.VIP_HOST, "n1");
    return service;
  }

  @Test
  void whatAStrangerTurnsOutToHaveIsTakenBackThoughNothingElseIsAnswered() {
    V1Service both = told("10.0.0.50,fd00::50", "10.0.0.50", "fd00::50");
    assertThat(plan(both, keeping(CONFLICT, CONFLICT))).containsExactly(shows(""), NOBODY_ANSWERS);
    for (InetAddress address : BOTH) {
      String text = InetAddresses.toAddrString(address);
      Keeping one = new Keeping(Map.of(address, new Keeping.Kept(CONFLICT, 0)));
      assertThat(
              StatusPlan.of(told(text, text), List.of(address), one, other -> false, "n1").stream()
                  .map(patch -> patch.subresource() + " " + patch.document()))
          .as(text)
          .containsExactly(shows(""), NOBODY_ANSWERS);
    }
    assertThat(plan(both, keeping(CONFLICT, FAILED)))
        .as("another node may hold the second one soon")
        .containsExactly(shows("{\"ip\":\"fd00::50\",\"ipMode\":\"VIP\"}"));
    assertThat(plan(both, keeping(FAILED, CONFLICT)))
        .containsExactly(shows("{\"ip\":\"10.0.0.50\",\"ipMode\":\"VIP\"}"));
    assertThat(plan(told("10.0.0.50,fd00::50", "10.0.0.9"), keeping(CONFLICT, FAILED)))
        .as("what is asked for no more")
        .containsExactly(shows(""), NOBODY_ANSWERS);
  }

  @Test
  void nothingIsTakenBackWithoutADispute() {
    V1Service both = told("10.0.0.50,fd00::50", "10.0.0.50", "fd00::50");
    assertThat(plan(both, keeping(FAILED, FAILED))).isEmpty();
    assertThat(plan(both, Keeping.NOTHING)).isEmpty();
    assertThat(plan(both, keeping(CONFLICT, new Keeping.State.Probing("eth0")))).isEmpty();
    V1Service others = told("10.0.0.50,fd00::50", "10.0.0.50", "fd00::50");
    others.getMetadata().getAnnotations().remove(KubeVipNames.VIP_HOST);
    assertThat(plan(others, keeping(CONFLICT, CONFLICT))).as("told by another").isEmpty();
    assertThat(StatusPlan.refused(others)).isEmpty();
  }

  @Test
  void whatStandsInTheStatusAloneIsNotForgotten() {
    V1Service alone = told(null, "10.0.0.50", "fd00::50");
    assertThat(plan(alone, keeping(CONFLICT, CONFLICT))).isEmpty();
    assertThat(plan(alone, keeping(CONFLICT, ANSWERING))).isEmpty();
    assertThat(StatusPlan.refused(alone)).isEmpty();
    alone.getSpec().setLoadBalancerIP("10.0.0.50");
    assertThat(plan(alone, keeping(CONFLICT, CONFLICT))).as("the second one would be").isEmpty();
    V1Service written = told(null, "fd00::50");
    written.getSpec().setLoadBalancerIP("fd00:0::50");
    assertThat(StatusPlan.refused(written)).hasSize(2);
  }

  @Test
  void aServiceOfWhichNobodyHoldsAnythingTellsOnlyWhatItAsksFor() {
    for (String before : List.of("10.0.0.50", "fd00::50")) {
      assertThat(
              StatusPlan.idle(told("203.0.113.9,2001:db8::9", before)).stream()
                  .map(patch -> patch.subresource() + " " + patch.document()))
          .as(before)
          .containsExactly(shows(""), NOBODY_ANSWERS);
    }
    assertThat(
            StatusPlan.idle(told("203.0.113.9,fd00:0::50", "10.0.0.50", "fd00::50")).stream()
                .map(patch -> patch.subresource() + " " + patch.document()))
        .containsExactly(shows("{\"ip\":\"fd00::50\",\"ipMode\":\"VIP\"}"));
    assertThat(StatusPlan.idle(told("10.0.0.50,fd00::50", "10.0.0.50", "fd00::50")))
        .as("between two holders")
        .isEmpty();
    assertThat(StatusPlan.idle(told(null, "10.0.0.50"))).as("nothing else says it").isEmpty();
    V1Service others = told("203.0.113.9", "10.0.0.50");
    others.getMetadata().getAnnotations().remove(KubeVipNames.VIP_HOST);
    assertThat(StatusPlan.idle(others)).as("told by another").isEmpty();
  }

  @Test
  void aServiceThatMayHaveNoneOfItsAddressesTellsNone() {
    for (String shown : List.of("10.0.0.50", "fd00::50")) {
      assertThat(
              StatusPlan.refused(told("10.0.0.1", shown)).stream()
                  .map(patch -> patch.subresource() + " " + patch.document()))
          .containsExactly(shows(""), NOBODY_ANSWERS);
    }
    V1Service named = told("10.0.0.1", "10.0.0.50");
    named
        .getStatus()
        .getLoadBalancer()
        .addIngressItem(new V1LoadBalancerIngress().hostname("web.example"));
    assertThat(
            StatusPlan.refused(named).stream()
                .map(patch -> patch.subresource() + " " + patch.document()))
        .as("a name is another's")
        .containsExactly(shows("{\"hostname\":\"web.example\"}"));
  }
}
