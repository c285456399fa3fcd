package dev.thresher.vip.linux;

import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.vip.packet.EthernetHeader;
import dev.thresher.vip.packet.IpBytes;
import dev.thresher.vip.packet.MacAddress;
import dev.thresher.vip.packet.VirtualMac;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What is believed of a frame that the kernel says to be for somebody else.
class PacketSocketTest {

  @ParameterizedTest(name = "{0} to {1}")
  @CsvSource({
    "ARP,  ff:ff:ff:ff:ff:ff, true",
    "ARP,  02:00:00:00:00:01, true",
    "ARP,  virtual,           false",
    "IPV4, ff:ff:ff:ff:ff:ff, true",
    "IPV4, 02:00:00:00:00:01, false",
    "IPV4, virtual,           false",
    "IPV6, 33:33:ff:00:00:77, true",
    "IPV6, 02:00:00:00:00:01, false"
  })
  void aFrameOfAVlanIsToldByItsDestination(String type, String destination, boolean foreign) {
    int etherType =
        switch (type) {
          case "ARP" -> EthernetHeader.ARP;
          case "IPV4" -> EthernetHeader.IPV4;
          default -> EthernetHeader.IPV6;
        };
    MacAddress to =
        destination.equals("virtual")
            ? VirtualMac.of(IpBytes.readV4(new byte[] {10, 0, 0, 7}, 0))
            : MacAddress.parse(destination);
    assertThat(PacketSocket.isOfAnotherLink(etherType, to)).isEqualTo(foreign);
  }
}
