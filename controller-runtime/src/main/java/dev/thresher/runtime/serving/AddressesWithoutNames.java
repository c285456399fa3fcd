package dev.thresher.runtime.serving;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.net.spi.InetAddressResolver;
import java.net.spi.InetAddressResolverProvider;
import java.util.stream.Stream;

/// Keeps the process from asking DNS for the name of an address.
///
/// The JDK's HTTPS server asks for the name of each client before the handshake
/// (`sun.net.httpserver.SSLStreams`), and nobody ever looks at the answer. Where DNS does not know,
/// or is not reached, the question takes ten seconds by the defaults of the resolver: as long as an
/// API server waits for a handshake, and longer than a kubelet waits for a probe. So the answer is
/// at once that there is no name. Addresses of names are looked up as ever.
///
/// Found by [java.util.ServiceLoader], once for the process, when it first looks up anything.
public final class AddressesWithoutNames extends InetAddressResolverProvider {

  @Override
  public InetAddressResolver get(Configuration configuration) {
    InetAddressResolver builtin = configuration.builtinResolver();
    return new InetAddressResolver() {
      @Override
      public Stream<InetAddress> lookupByName(String host, LookupPolicy policy)
          throws UnknownHostException {
        return builtin.lookupByName(host, policy);
      }

      @Override
      public String lookupByAddress(byte[] address) throws UnknownHostException {
        throw new UnknownHostException("names of addresses are not looked up");
      }
    };
  }

  @Override
  public String name() {
    return "addresses without names";
  }
}
