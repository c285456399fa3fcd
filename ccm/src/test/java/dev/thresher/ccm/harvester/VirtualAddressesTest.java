package dev.thresher.ccm.harvester;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonParser;
import dev.thresher.api.CoreTypes;
import dev.thresher.api.ObjectKey;
import dev.thresher.api.ResourceType;
import dev.thresher.api.address.IpAddress;
import dev.thresher.api.loadbalancer.LoadBalancerTypes;
import dev.thresher.runtime.fake.FakeInformers;
import dev.thresher.runtime.fake.FakeStore;
import dev.thresher.runtime.informer.Scope;
import dev.thresher.runtime.time.VirtualTimeline;
import java.time.Duration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class VirtualAddressesTest {

  private final FakeStore store = new FakeStore();
  private final VirtualTimeline timeline = new VirtualTimeline();
  private final FakeInformers informers = new FakeInformers(store, timeline);
  private final VirtualAddresses addresses =
      new VirtualAddresses(
          informers.informer(LoadBalancerTypes.LOAD_BALANCER, Scope.namespace("vms")),
          informers.informer(CoreTypes.SERVICE, Scope.ALL),
          informers.informer(CoreTypes.NODE, Scope.ALL),
          timeline);

  @BeforeEach
  void start() {
    informers.start();
  }

  private boolean isVirtual(String address) {
    return addresses.test(IpAddress.parse(address));
  }

  private void put(ResourceType<?> type, String text) {
    store.put(type, JsonParser.parseString(text).getAsJsonObject());
  }

  private void service(String annotations, String ingress) {
    put(
        CoreTypes.SERVICE,
        """
        {"metadata": {"name": "s", "namespace": "default", "annotations": {%s}},
         "status": {"loadBalancer": {"ingress": [{"ip": "%s"}]}}}
        """
            .formatted(annotations, ingress));
  }

  @ParameterizedTest
  @CsvSource({
    "192.0.2.1,true",
    "2001:db8::1,true",
    "192.0.2.2,true",
    "192.0.2.3,true",
    "192.0.2.4,true",
    "2001:db8::4,true",
    "192.0.2.5,true",
    "0.0.0.0,false",
    "192.0.2.9,false",
    // A Service's status may hold the nodes' own addresses.
    "10.0.0.5,false"
  })
  void knowsWhatBalancersHold(String address, boolean virtual) {
    put(
        LoadBalancerTypes.LOAD_BALANCER,
        """
        {"metadata": {"name": "a", "namespace": "vms"},
         "status": {
           "allocatedAddress": {"ip": "192.0.2.1", "ipv6IP": "2001:db8::1"},
           "address": "192.0.2.2", "addresses": ["192.0.2.3"]}}
        """);
    service("\"kube-vip.io/loadbalancerIPs\": \"192.0.2.4, 2001:db8:0::4\"", "10.0.0.5");
    put(
        CoreTypes.NODE,
        """
        {"metadata": {"name": "n1", "labels": {"kube-vip.io/has-ip": "192.0.2.5"}}}
        """);
    assertThat(isVirtual(address)).isEqualTo(virtual);
  }

  @ParameterizedTest
  @CsvSource({
    "20010db8000000000000000000000005,2001:db8::5,true",
    "20010db8000000000000000000000005,2001:db8::6,false",
    "20010db800000000000000000000000g,2001:db8::,false",
    "20010db8,2001:db8::,false"
  })
  void readsAnAddressOfIpv6ThatALabelCanHold(String label, String address, boolean virtual) {
    put(
        CoreTypes.NODE,
        """
        {"metadata": {"name": "n1", "labels": {"kube-vip.io/has-ip": "%s"}}}
        """
            .formatted(label));
    assertThat(isVirtual(address)).isEqualTo(virtual);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "'\"kube-vip.io/loadbalancerIPs\": \"0.0.0.0\"'|true",
        "'\"kube-vip.io/loadbalancerIPs\": \"::\"'|true",
        "'\"kube-vip.io/vipHost\": \"n1\"'|true",
        "''|false"
      })
  void takesTheStatusOfAServiceThatAVipManagerAnswers(String annotations, boolean virtual) {
    service(annotations, "192.0.2.7");
    assertThat(isVirtual("192.0.2.7")).isEqualTo(virtual);
  }

  /// The guest agent reports an address for a while after it was let go.
  @Test
  void remembersWhatWasLetGo() {
    service("\"kube-vip.io/loadbalancerIPs\": \"192.0.2.4\"", "");
    service("\"kube-vip.io/loadbalancerIPs\": \"192.0.2.6\"", "");
    assertThat(isVirtual("192.0.2.4")).isTrue();
    store.drop(CoreTypes.SERVICE, ObjectKey.of("default", "s"));
    timeline.advance(Duration.ofMinutes(4));
    assertThat(isVirtual("192.0.2.6")).isTrue();
    timeline.advance(Duration.ofMinutes(1));
    assertThat(isVirtual("192.0.2.4")).isFalse();
    assertThat(isVirtual("192.0.2.6")).isFalse();
  }
}
