package dev.thresher.vip.l2;

import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.vip.linux.Link;
import dev.thresher.vip.linux.LinuxNetwork;
import dev.thresher.vip.linux.Vlans;
import dev.thresher.vip.packet.MacAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class WayTest {

  private static final Link BRIDGE = link(1, "bridge", 0, true, Vlans.NONE);

  @Test
  void anotherUplinkIsAnotherWay() {
    Way first = way(BRIDGE, link(2, "", 1, true, Vlans.NONE));
    assertThat(way(BRIDGE, link(2, "", 1, true, Vlans.NONE)).differs(first)).isFalse();
    assertThat(way(BRIDGE, link(2, "", 1, false, Vlans.NONE)).differs(first)).isTrue();
    assertThat(way(BRIDGE, link(2, "", 0, true, Vlans.NONE)).differs(first)).isTrue();
    assertThat(
            way(BRIDGE, link(2, "", 1, true, Vlans.NONE), link(3, "bond", 1, true, Vlans.NONE))
                .differs(first))
        .isTrue();
  }

  @Test
  void machinesAndPodsThatComeAndGoAreNoUplinks() {
    Way first = way(BRIDGE);
    assertThat(
            way(BRIDGE, link(2, "tun", 1, true, Vlans.NONE), link(3, "veth", 1, true, Vlans.NONE))
                .differs(first))
        .isFalse();
  }

  @Test
  void whatTheKernelSaysOfTheInterfaceAndItsUplinksIsAnotherWay() {
    Link bond = link(2, "bond", 1, true, Vlans.NONE);
    Link pod = link(3, "veth", 1, true, Vlans.NONE);
    Way first = moved(Map.of(), bond, pod);
    assertThat(moved(Map.of(1, 1), bond, pod).differs(first)).isTrue();
    assertThat(moved(Map.of(2, 1), bond, pod).differs(first)).isTrue();
    assertThat(moved(Map.of(3, 1, 9, 1), bond, pod).differs(first)).isFalse();
    assertThat(moved(Map.of(2, 1), bond, pod).differs(moved(Map.of(2, 1), bond, pod))).isFalse();
  }

  private static Way moved(Map<Integer, Integer> moves, Link... ports) {
    List<Link> all = new ArrayList<>(List.of(ports));
    all.add(BRIDGE);
    return Way.of(new LinuxNetwork(all, List.of(), List.of(), List.of(), moves), BRIDGE);
  }

  @Test
  void anotherBridgeAndOtherVlansAreAnotherWay() {
    Way first = way(link(5, "", 1, true, Vlans.NONE));
    assertThat(way(link(5, "", 7, true, Vlans.NONE)).differs(first)).isTrue();
    assertThat(
            way(link(5, "", 1, true, new Vlans(false, List.of(new Vlans.Range(7, 7)))))
                .differs(first))
        .isTrue();
  }

  private static Way way(Link link, Link... others) {
    List<Link> all = new ArrayList<>(List.of(others));
    all.add(link);
    return Way.of(new LinuxNetwork(all, List.of(), List.of()), link);
  }

  private static Link link(int index, String kind, int master, boolean running, Vlans vlans) {
    return new Link(
        index, "x" + index, MacAddress.ZERO, true, true, running, 1500, master, kind, false, vlans);
  }
}
