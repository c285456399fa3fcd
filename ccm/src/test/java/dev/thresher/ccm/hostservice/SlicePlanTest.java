package dev.thresher.ccm.hostservice;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import dev.thresher.api.address.IpAddress;
import dev.thresher.api.address.IpFamily;
import dev.thresher.api.json.LenientJson;
import dev.thresher.ccm.hostservice.BackEnd.State;
import dev.thresher.runtime.patch.Patch;
import io.kubernetes.client.openapi.models.V1EndpointSlice;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SlicePlanTest {

  private static final SliceDocument DOCUMENT =
      new SliceDocument(
          new HostServiceRequest(
              "gc1",
              "default",
              "web",
              "u1",
              List.of(new HostServiceRequest.Port("http", "TCP", 80, 30080, "")),
              0,
              List.of(),
              false,
              List.of(IpFamily.IPV4),
              "SingleStack",
              "",
              Map.of()),
          "vms",
          "au1",
          "host-uid");

  private static BackEnd backEnd(int number) {
    return new BackEnd(
        "n%03d".formatted(number),
        "uid-" + number,
        "h1",
        Map.of(
            IpFamily.IPV4,
            IpAddress.parse("10.0.%d.%d".formatted(number / 250, 1 + number % 250)),
            IpFamily.IPV6,
            IpAddress.parse("fd00::" + Integer.toHexString(number + 1))),
        State.READY);
  }

  private static List<BackEnd> backEnds(int from, int to) {
    return IntStream.range(from, to).mapToObj(SlicePlanTest::backEnd).toList();
  }

  private static SlicePlan plan(
      List<IpFamily> families, List<BackEnd> backEnds, List<V1EndpointSlice> seen) {
    return SlicePlan.of(DOCUMENT, families, backEnds, seen);
  }

  /// The slices after the plan was carried out.
  private static List<V1EndpointSlice> after(SlicePlan plan, List<V1EndpointSlice> seen) {
    List<V1EndpointSlice> all = new ArrayList<>(seen);
    all.removeAll(plan.delete());
    all.replaceAll(slice ->
        plan.repair().entrySet().stream()
            .filter(e -> e.getKey().name().equals(slice.getMetadata().getName()))
            .findFirst()
            .map(e -> patched(slice, e.getValue()))
            .orElse(slice));
    plan.create().forEach(document -> all.add(model(document)));
    return all;
  }

  private static V1EndpointSlice patched(V1EndpointSlice slice, Patch patch) {
    JsonObject whole = LenientJson.gson().toJsonTree(slice).getAsJsonObject();
    JsonObject change = patch.document().getAsJsonObject();
    for (String field : List.of("ports", "endpoints")) {
      if (change.has(field)) {
        whole.add(field, change.get(field));
      }
    }
    return model(whole);
  }

  private static V1EndpointSlice model(JsonObject document) {
    return LenientJson.gson().fromJson(document, V1EndpointSlice.class);
  }

  private static List<Integer> sizes(List<V1EndpointSlice> slices) {
    return slices.stream().map(slice -> slice.getEndpoints().size()).toList();
  }

  @Test
  void fillsSlicesOfAHundred() {
    SlicePlan plan = plan(List.of(IpFamily.IPV4), backEnds(0, 250), List.of());
    List<V1EndpointSlice> made = after(plan, List.of());
    assertThat(sizes(made)).containsExactly(100, 100, 50);
    assertThat(made)
        .extracting(slice -> slice.getMetadata().getName())
        .containsExactly("au1-ipv4", "au1-ipv4-1", "au1-ipv4-2");
    assertThat(plan(List.of(IpFamily.IPV4), backEnds(0, 250), made).isEmpty()).isTrue();
  }

  @Test
  void oneThatGoesOrComesCostsOneWrite() {
    List<V1EndpointSlice> made =
        after(plan(List.of(IpFamily.IPV4), backEnds(0, 250), List.of()), List.of());
    SlicePlan without = plan(List.of(IpFamily.IPV4), backEnds(1, 250), made);
    assertThat(without.repair()).hasSize(1);
    assertThat(without.create()).isEmpty();
    assertThat(without.delete()).isEmpty();
    SlicePlan with = plan(List.of(IpFamily.IPV4), backEnds(0, 251), made);
    assertThat(with.repair()).hasSize(1);
    assertThat(with.create()).isEmpty();
  }

  @Test
  void replacingTheOnlyOneIsOneWriteToTheSameSlice() {
    List<V1EndpointSlice> made =
        after(plan(List.of(IpFamily.IPV4), backEnds(0, 1), List.of()), List.of());
    SlicePlan plan = plan(List.of(IpFamily.IPV4), backEnds(1, 2), made);
    assertThat(plan.repair()).hasSize(1);
    assertThat(plan.create()).isEmpty();
    assertThat(plan.delete()).isEmpty();
    assertThat(after(plan, made).getFirst().getEndpoints().getFirst().getAddresses())
        .containsExactly("10.0.0.2");
  }

  @Test
  void anEmptySliceGoesUnlessItIsTheLast() {
    List<V1EndpointSlice> made =
        after(plan(List.of(IpFamily.IPV4), backEnds(0, 101), List.of()), List.of());
    SlicePlan fewer = plan(List.of(IpFamily.IPV4), backEnds(0, 100), made);
    assertThat(fewer.delete())
        .extracting(slice -> slice.getMetadata().getName())
        .containsExactly("au1-ipv4-1");
    SlicePlan none = plan(List.of(IpFamily.IPV4), List.of(), after(fewer, made));
    assertThat(sizes(after(none, after(fewer, made)))).containsExactly(0);
    assertThat(sizes(after(plan(List.of(IpFamily.IPV4), List.of(), List.of()), List.of())))
        .containsExactly(0);
  }

  @Test
  void aFamilyThatIsNotWantedGoes() {
    List<V1EndpointSlice> both =
        after(plan(List.of(IpFamily.IPV4, IpFamily.IPV6), backEnds(0, 2), List.of()), List.of());
    assertThat(both).extracting(V1EndpointSlice::getAddressType).containsExactly("IPv4", "IPv6");
    assertThat(plan(List.of(IpFamily.IPV6), backEnds(0, 2), both).delete())
        .extracting(V1EndpointSlice::getAddressType)
        .containsExactly("IPv4");
  }

  @Test
  void knowsTheAddressesThatSlicesHold() {
    List<V1EndpointSlice> both =
        after(plan(List.of(IpFamily.IPV4, IpFamily.IPV6), backEnds(0, 2), List.of()), List.of());
    assertThat(SlicePlan.known(both).get("uid-1")).isEqualTo(backEnd(1).addresses());
  }

  @Test
  void repeatedPlansNeverLoseOrDoubleAMachine() {
    List<V1EndpointSlice> slices = List.of();
    var random = new Random(7);
    for (int round = 0; round < 60; round++) {
      List<BackEnd> wanted = new ArrayList<>();
      for (int i = 0; i < 300; i++) {
        if (random.nextBoolean()) {
          wanted.add(backEnd(i));
        }
      }
      slices = after(plan(List.of(IpFamily.IPV4), wanted, slices), slices);
      assertThat(
              slices.stream()
                  .flatMap(slice -> slice.getEndpoints().stream())
                  .map(endpoint -> endpoint.getTargetRef().getUid()))
          .containsExactlyInAnyOrderElementsOf(wanted.stream().map(BackEnd::uid).toList());
      assertThat(sizes(slices)).allMatch(size -> size <= SlicePlan.MOST);
      assertThat(slices).extracting(slice -> slice.getMetadata().getName()).doesNotHaveDuplicates();
    }
  }
}
