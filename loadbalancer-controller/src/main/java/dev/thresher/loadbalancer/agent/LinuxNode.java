package dev.thresher.loadbalancer.agent;

import dev.thresher.api.address.IpAddress;
import dev.thresher.api.address.IpSubnet;
import dev.thresher.loadbalancer.nodes.Report.BridgeNetfilter;
import java.io.IOException;
import java.net.InterfaceAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The node as its kernel shows it to a process in its network namespace.
///
/// The parameters of bridges belong to the network namespace (since Linux 5.3), so a pod on the
/// host's network reads the host's without further rights.
public final class LinuxNode implements NodeFacts {

  private static final Logger log = LoggerFactory.getLogger(LinuxNode.class);

  private final Path parameters;

  /// @param parameters `/proc/sys/net/bridge`
  public LinuxNode(Path parameters) {
    this.parameters = parameters;
  }

  @Override
  public List<IpSubnet> subnets() {
    try (Stream<NetworkInterface> all = NetworkInterface.networkInterfaces()) {
      return all.filter(LinuxNode::isUp)
          .flatMap(one -> one.getInterfaceAddresses().stream())
          .flatMap(address -> subnet(address).stream())
          .distinct()
          .toList();
    } catch (SocketException e) {
      log.atWarn().setCause(e).log("networks of the node not readable");
      return List.of();
    }
  }

  private static boolean isUp(NetworkInterface one) {
    try {
      return one.isUp() && !one.isLoopback();
    } catch (SocketException e) {
      // It has just gone.
      log.atDebug().addKeyValue("interface", one.getName()).setCause(e).log("not readable");
      return false;
    }
  }

  /// A single address is no network: it is a virtual one that the node holds for the moment.
  private static Optional<IpSubnet> subnet(InterfaceAddress found) {
    var address = IpAddress.of(found.getAddress());
    int length = found.getNetworkPrefixLength();
    return address.isReachable() && length > 0 && length < address.family().bits()
        ? Optional.of(new IpSubnet(address, length))
        : Optional.empty();
  }

  @Override
  public Optional<BridgeNetfilter> bridge() {
    try {
      return Optional.of(
          new BridgeNetfilter(isOn("bridge-nf-call-iptables"), isOn("bridge-nf-call-ip6tables")));
    } catch (IOException e) {
      log.atWarn().addKeyValue("directory", parameters).setCause(e).log("not readable");
      return Optional.empty();
    }
  }

  private boolean isOn(String parameter) throws IOException {
    try {
      return Files.readString(parameters.resolve(parameter)).strip().equals("1");
    } catch (NoSuchFileException _) {
      // The module br_netfilter is not loaded: frames pass no rules.
      return false;
    }
  }
}
