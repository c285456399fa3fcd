package dev.thresher.runtime.serving;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import org.junit.jupiter.api.Test;

class AddressesWithoutNamesTest {

  /// Without it the answer is `localhost`, by the hosts file.
  @Test
  void anAddressHasNoName() throws UnknownHostException {
    assertThat(InetAddress.getByAddress(new byte[] {127, 0, 0, 1}).getHostName())
        .isEqualTo("127.0.0.1");
    assertThat(
            new InetSocketAddress(InetAddress.getByAddress(new byte[] {(byte) 192, 0, 2, 7}), 80)
                .getHostName())
        .isEqualTo("192.0.2.7");
  }

  @Test
  void aNameHasItsAddresses() throws UnknownHostException {
    assertThat(InetAddress.getAllByName("localhost")).anyMatch(InetAddress::isLoopbackAddress);
  }
}
