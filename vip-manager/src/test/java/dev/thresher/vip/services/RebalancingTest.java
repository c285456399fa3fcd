package dev.thresher.vip.services;

import static dev.thresher.vip.services.Objects.ip;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import dev.thresher.api.ObjectKey;
import dev.thresher.vip.election.AddressGroup;
import dev.thresher.vip.election.Holder;
import dev.thresher.vip.election.NodeLease;
import dev.thresher.vip.election.NodeLinks;
import dev.thresher.vip.election.Prefix;
import dev.thresher.vip.election.RightView;
import dev.thresher.vip.election.Session;
import dev.thresher.vip.election.Verdict;
import dev.thresher.vip.nodes.KnownNetworks;
import java.net.InetAddress;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class RebalancingTest {

  private static final InetAddress V4 = ip("10.0.0.1");
  private static final InetAddress V6 = ip("fd00::1");
  private static final AddressGroup BOTH = AddressGroup.of(V4, V6);
  private static final AddressGroup OTHER = AddressGroup.of(ip("10.0.0.2"));
  private static final ObjectKey WEB = ObjectKey.of("default", "web");
  private static final long SECOND = 1_000_000_000L;

  private final Rebalancing rebalancing = new Rebalancing();

  private static SortedMap<AddressGroup, Verdict.Chosen> moves() {
    return new TreeMap<>(
        Map.of(BOTH, new Verdict.Chosen("n2", "hash"), OTHER, new Verdict.Chosen("n3", "hash")));
  }

  private JsonObject asked(Optional<InetAddress> begin, boolean begins) {
    CompletableFuture<JsonObject> answer = rebalancing.ask(begin);
    assertThat(rebalancing.answer(RebalancingTest::moves, Map.of(V4, Set.of(WEB)), 0))
        .isEqualTo(begins);
    return answer.join();
  }

  private static RightView view(Map<InetAddress, String> holders) {
    Map<InetAddress, Holder> all = new HashMap<>();
    holders.forEach((address, node) -> all.put(address, Holder.heard(node, node + "p", 1)));
    return new RightView(lives(), all, Optional.empty(), true, 1);
  }

  private static Map<String, NodeLease> lives() {
    Map<String, NodeLease> live = new HashMap<>();
    for (String node : List.of("n1", "n2")) {
      var link = new NodeLinks.NodeLink("eth0", List.of(Prefix.parse("10.0.0.0/24")), true, false);
      live.put(
          node,
          new NodeLease(
              node,
              "1",
              Session.parse("1-abc"),
              List.of(),
              new NodeLinks("", List.of(link)),
              false));
    }
    return live;
  }

  private Set<AddressGroup> moving(Map<InetAddress, String> holders, long now) {
    return rebalancing.moving(view(holders), "n1", now);
  }

  @Test
  void saysWhatWouldMoveAndMovesNothingUnlessToldWhat() {
    JsonObject answer = asked(Optional.empty(), false);
    assertThat(answer.toString())
        .isEqualTo(
            ("{'problem':'','moving':[],'moves':["
                    + "{'addresses':['10.0.0.1','fd00::1'],'services':['default/web'],'to':'n2',"
                    + "'because':'hash'},"
                    + "{'addresses':['10.0.0.2'],'services':[],'to':'n3','because':'hash'}]}")
                .replace('\'', '"'));
    assertThat(asked(Optional.of(ip("10.0.0.9")), false).getAsJsonArray("moving")).isEmpty();
    assertThat(moving(Map.of(V4, "n1", V6, "n1"), 0)).isEmpty();
  }

  @Test
  void whatMovesIsComputedForThoseWhoAskOnly() {
    assertThat(
            rebalancing.answer(
                () -> {
                  throw new AssertionError("nobody asked");
                },
                Map.of(),
                0))
        .isFalse();
  }

  @Test
  void oneGroupAfterTheOtherIsHandedOver() {
    assertThat(asked(Optional.of(V6), true).getAsJsonArray("moving")).hasSize(2);
    assertThat(asked(Optional.of(OTHER.first()), false).getAsJsonArray("moving")).hasSize(2);
    assertThat(moving(Map.of(V4, "n1", V6, "n1"), 1)).containsExactly(BOTH);
    assertThat(moving(Map.of(V4, "n2", V6, "n1"), 2)).as("half of it").containsExactly(BOTH);
    assertThat(moving(Map.of(V4, "n2"), 3)).as("half of it").containsExactly(BOTH);
    assertThat(moving(Map.of(V4, "n2", V6, "n2"), 4)).isEmpty();
    asked(Optional.of(OTHER.first()), true);
    assertThat(moving(Map.of(OTHER.first(), "n1"), 5)).containsExactly(OTHER);
  }

  @Test
  void whatNobodyTakesOverIsGivenUp() {
    asked(Optional.of(V4), true);
    Map<InetAddress, String> here = Map.of(V4, "n1", V6, "n1");
    assertThat(moving(here, 5 * SECOND - 1)).containsExactly(BOTH);
    assertThat(moving(here, 5 * SECOND)).isEmpty();
    asked(Optional.of(V4), true);
    assertThat(moving(Map.of(), SECOND - 1)).containsExactly(BOTH);
    assertThat(moving(Map.of(), SECOND)).as("held by nobody").isEmpty();
  }

  @Test
  void whoHasWaitedTooLongBeginsNothing() {
    CompletableFuture<JsonObject> answer = rebalancing.ask(Optional.of(V4));
    answer.complete(new JsonObject());
    assertThat(rebalancing.answer(RebalancingTest::moves, Map.of(), 0)).isFalse();
    assertThat(moving(Map.of(V4, "n1", V6, "n1"), 1)).isEmpty();
  }

  private static Assignment.Snapshot snapshot(
      List<InetAddress> addresses, Map<InetAddress, String> holders, Set<AddressGroup> moving) {
    return new Assignment.Snapshot(
        IntStream.range(0, addresses.size())
            .mapToObj(i ->
                (ServiceReading)
                    new ServiceReading.Asks(
                        ObjectKey.of("default", "s" + i),
                        List.of(addresses.get(i)),
                        "",
                        false,
                        false,
                        List.of(),
                        List.of()))
            .toList(),
        Optional.empty(),
        key -> EndpointView.NONE,
        Map.of(),
        view(holders),
        Keeping.NOTHING,
        KnownNetworks.NONE,
        Map.of(),
        moving,
        0);
  }

  /// Two addresses whose hash is for n2, which may have one: a choice afresh gives it the first,
  /// while n2 has the second. On its way nobody has the first, and the choice of all would give it
  /// to n1.
  @Test
  void whatIsOnItsWayIsNotTakenBackWhileNobodyHasIt() {
    var unbounded = new Assignment.Settings("n1", 0, false);
    var bounded = new Assignment.Settings("n1", 1, false);
    List<InetAddress> two =
        IntStream.range(1, 200)
            .mapToObj(i -> ip("10.0.0." + i))
            .filter(address ->
                "n2"
                    .equals(
                        Assignment.of(snapshot(List.of(address), Map.of(), Set.of()), unbounded)
                            .aims()
                            .get(address)))
            .limit(2)
            .toList();
    InetAddress first = two.getFirst();
    InetAddress second = two.getLast();
    Map<InetAddress, String> before = Map.of(first, "n1", second, "n2");
    Map<InetAddress, String> between = Map.of(second, "n2");
    Set<AddressGroup> moving = Set.of(AddressGroup.of(first));
    assertThat(Assignment.of(snapshot(two, before, Set.of()), bounded).aims())
        .containsEntry(first, "n1")
        .containsEntry(second, "n2");
    assertThat(Assignment.moves(snapshot(two, before, Set.of()), bounded))
        .containsOnlyKeys(AddressGroup.of(first));
    for (Map<InetAddress, String> holders : List.of(before, between)) {
      assertThat(Assignment.of(snapshot(two, holders, moving), bounded).aims())
          .containsEntry(first, "n2")
          .containsEntry(second, "n2");
    }
    assertThat(Assignment.of(snapshot(two, between, Set.of()), bounded).aims())
        .as("what the choice of all would say")
        .containsEntry(first, "n1");
    assertThat(
            Assignment.of(snapshot(two, Map.of(first, "n2", second, "n2"), Set.of()), bounded)
                .aims())
        .as("who has it keeps it")
        .containsEntry(first, "n2");
  }
}
