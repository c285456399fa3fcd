package dev.thresher.vip.election;

import com.google.common.net.InetAddresses;
import java.net.InetAddress;
import java.util.Arrays;
import java.util.List;

/// Short forms for tests.
final class Net {

  private Net() {}

  static InetAddress ip(String text) {
    return InetAddresses.forString(text);
  }

  static AddressGroup group(String... addresses) {
    return AddressGroup.of(Arrays.stream(addresses).map(Net::ip).toList());
  }

  static NodeLinks onLink(String... subnets) {
    return new NodeLinks("", List.of(link("eth0", subnets)));
  }

  static NodeLinks.NodeLink link(String name, String... subnets) {
    return new NodeLinks.NodeLink(
        name, Arrays.stream(subnets).map(Prefix::parse).toList(), false, false);
  }
}
