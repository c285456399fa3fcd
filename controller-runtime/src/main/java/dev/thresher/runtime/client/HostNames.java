package dev.thresher.runtime.client;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.List;

/// Where hosts are, by their names. Asked for each new connection; any thread.
public interface HostNames {

  /// As the system says.
  HostNames SYSTEM = host -> Arrays.asList(InetAddress.getAllByName(host));

  /// The addresses of a host, in the order in which they are tried; at least one.
  ///
  /// @throws UnknownHostException if there is none
  List<InetAddress> addresses(String host) throws UnknownHostException;
}
