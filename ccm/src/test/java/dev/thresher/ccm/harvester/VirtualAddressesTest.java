package dev.thresher.ccm.harvester;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonParser;
import dev.thresher.api.CoreTypes;
import dev.thresher.api.address.IpAddress;
import dev.thresher.api.loadbalancer.LoadBalancerTypes;
import dev.thresher.runtime.fake.FakeInformers;
import dev.thresher.runtime.fake.FakeStore;
import dev.thresher.runtime.informer.Scope;
import dev.thresher.runtime.time.VirtualTimeline;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class VirtualAddressesTest {

  @ParameterizedTest
  @CsvSource({
    "192.0.2.1,true",
    "2001:db8::1,true",
    "192.0.2.2,true",
    "192.0.2.3,true",
    "192.0.2.4,true",
    "2001:db8::4,true",
    "0.0.0.0,false",
    "192.0.2.9,false",
    // A Service's status may hold the nodes' own addresses.
    "10.0.0.5,false"
  })
  void knowsWhatBalancersHold(String address, boolean virtual) {
    FakeStore store = new FakeStore();
    FakeInformers informers = new FakeInformers(store, new VirtualTimeline());
    var addresses =
        new VirtualAddresses(
            informers.informer(LoadBalancerTypes.LOAD_BALANCER, Scope.namespace("vms")),
            informers.informer(CoreTypes.SERVICE, Scope.ALL));
    informers.start();
    store.put(
        LoadBalancerTypes.LOAD_BALANCER,
        JsonParser.parseString(
                """
                {"metadata": {"name": "a", "namespace": "vms"},
                 "status": {
                   "allocatedAddress": {"ip": "192.0.2.1", "ipv6IP": "2001:db8::1"},
                   "address": "192.0.2.2", "addresses": ["192.0.2.3"]}}
                """)
            .getAsJsonObject());
    store.put(
        CoreTypes.SERVICE,
        JsonParser.parseString(
                """
                {"metadata": {"name": "s", "namespace": "default", "annotations":
                   {"kube-vip.io/loadbalancerIPs": "192.0.2.4, 2001:db8:0::4,0.0.0.0"}},
                 "status": {"loadBalancer": {"ingress": [{"ip": "10.0.0.5"}]}}}
                """)
            .getAsJsonObject());
    assertThat(addresses.test(IpAddress.parse(address))).isEqualTo(virtual);
  }
}
