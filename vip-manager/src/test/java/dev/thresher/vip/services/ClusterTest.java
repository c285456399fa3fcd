package dev.thresher.vip.services;

import static dev.thresher.vip.services.Objects.network;
import static dev.thresher.vip.services.Objects.slice;
import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.api.CoreTypes;
import dev.thresher.runtime.fake.FakeInformers;
import dev.thresher.runtime.fake.FakeStore;
import dev.thresher.runtime.informer.Scope;
import dev.thresher.runtime.time.VirtualTimeline;
import dev.thresher.vip.linux.InterfaceNames;
import dev.thresher.vip.nodes.KnownNetworks;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ClusterTest {

  @ParameterizedTest
  @CsvSource({
    "all, web, 1",
    "all, kubernetes, 1",
    "none, web, 0",
    "web-shop, web, 0",
    "web-shop, kubernetes, 1",
  })
  void aChangeOfEndpointsIsHeardOnce(String served, String service, int times) {
    FakeStore store = new FakeStore();
    FakeInformers informers = new FakeInformers(store, new VirtualTimeline());
    Optional<String> namespace =
        switch (served) {
          case "all" -> Optional.of("");
          case "none" -> Optional.empty();
          default -> Optional.of(served);
        };
    Cluster cluster =
        new Cluster(
            informers,
            new FakeNetwork(network(true, "10.0.0.1/24")),
            namespace,
            ServicePolicy.DEFAULT,
            () -> InterfaceNames.NONE,
            () -> KnownNetworks.NONE,
            () -> KnownRanges.NONE,
            ControlPlaneWish.View.NONE,
            ControlPlaneOwners.NOBODY,
            new Drain("n1", false, true, informers.informer(CoreTypes.NODE, Scope.ALL)));
    AtomicInteger heard = new AtomicInteger();
    cluster.onChange(heard::incrementAndGet);
    informers.start();
    store.put(CoreTypes.ENDPOINT_SLICE, slice(service, "n1"));
    assertThat(heard).hasValue(times);
  }
}
