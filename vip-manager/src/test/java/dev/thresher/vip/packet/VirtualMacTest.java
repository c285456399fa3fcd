package dev.thresher.vip.packet;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.UnknownHostException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The numbers must never change: nodes of different versions must have the same.
class VirtualMacTest {
  @ParameterizedTest
  @CsvSource({
    "192.0.2.77, 02:56:c0:00:02:4d",
    "10.0.0.1, 02:56:0a:00:00:01",
    "255.255.255.254, 02:56:ff:ff:ff:fe",
    "2001:db8::77, 06:b6:46:26:dd:e8",
    "2001:db8::1234:77, 06:6f:25:43:58:48",
    "fd00::1, 06:68:46:5f:2b:de",
    "2001:db8::ee:5277, 06:49:6b:dd:74:a1",
    "2001:db8::170:897, 06:49:6b:dd:74:a1"
  })
  void followsFromTheAddressAlone(String address, String mac) throws UnknownHostException {
    MacAddress found = VirtualMac.of(InetAddress.getByName(address));
    assertThat(found).isEqualTo(MacAddress.parse(mac));
    assertThat(found.isGroup()).as("a station's, not a group's").isFalse();
    assertThat(found.value() >>> 41 & 1).as("locally administered").isOne();
  }
}
