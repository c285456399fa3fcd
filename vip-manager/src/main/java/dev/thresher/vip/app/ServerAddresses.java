package dev.thresher.vip.app;

import com.google.common.net.InetAddresses;
import dev.thresher.runtime.client.HostNames;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;

/// Where a node of the control plane finds an API server: its own, and those of the other nodes
/// while its own is not well. All of them have the name [#NAME] in their certificates.
///
/// What is known of the servers is told later than the client is made that asks for it. Any thread.
final class ServerAddresses implements HostNames {

  static final String NAME = "kubernetes";

  private static final List<InetAddress> OWN =
      List.of(InetAddresses.forString("127.0.0.1"), InetAddresses.forString("::1"));

  private volatile boolean well = true;
  private volatile List<InetAddress> others = List.of();

  /// Whether the API server of this node is.
  void well(boolean now) {
    well = now;
  }

  /// Addresses of other nodes whose API servers are well.
  void others(List<InetAddress> now) {
    others = List.copyOf(now);
  }

  @Override
  public List<InetAddress> addresses(String host) throws UnknownHostException {
    return host.equals(NAME) ? order(well, others) : HostNames.SYSTEM.addresses(host);
  }

  static List<InetAddress> order(boolean well, List<InetAddress> others) {
    List<InetAddress> all = new ArrayList<>();
    if (well) {
      all.addAll(OWN);
      all.addAll(others);
    } else {
      all.addAll(others);
      all.addAll(OWN);
    }
    return all;
  }
}
