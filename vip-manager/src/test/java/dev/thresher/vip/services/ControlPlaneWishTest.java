package dev.thresher.vip.services;

import static dev.thresher.vip.services.Objects.ip;
import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.vip.election.AddressGroup;
import dev.thresher.vip.election.NodeLease;
import dev.thresher.vip.election.NodeLinks;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ControlPlaneWishTest {

  private static final ControlPlaneWish WISH =
      new ControlPlaneWish(AddressGroup.of(List.of(ip("192.0.2.10"), ip("2001:db8::10"))), "eth0");

  private static NodeLease node(String name, boolean well) {
    return NodeLease.heard(name, "0", List.of(), NodeLinks.NONE.withControlPlane(well));
  }

  @Test
  void onlyNodesWhoseServerIsWellAreAsked() {
    Desired.Group group = WISH.group(List.of(node("n1", false), node("n2", true)), true);
    assertThat(group.localTo()).containsExactly(Set.of("n2"));
    assertThat(group.interfaces().values()).containsOnly("eth0");
  }

  /// The servers may be waiting for the address.
  @Test
  void whereNoServerIsWellAnyNodeWillDo() {
    assertThat(WISH.group(List.of(node("n1", false), node("n2", false)), true).localTo()).isEmpty();
  }

  /// Beside kube-vip a node knows only itself: it leaves the address to one whose server is well.
  @Test
  void whoKnowsNoOthersAsksForNothingWhileItsServerIsNotWell() {
    assertThat(WISH.group(List.of(node("n1", false)), false).localTo()).containsExactly(Set.of());
    assertThat(WISH.group(List.of(node("n1", true)), false).localTo())
        .containsExactly(Set.of("n1"));
  }
}
