package dev.thresher.vip.balancing;

import dev.thresher.vip.balancing.BalanceRules.Plan;
import dev.thresher.vip.l2.AddressGate;
import dev.thresher.vip.l2.ForwardingGate;
import dev.thresher.vip.linux.Link;
import dev.thresher.vip.linux.NetlinkSocket;
import dev.thresher.vip.linux.Sysctl;
import dev.thresher.vip.linux.SystemResult;
import dev.thresher.vip.nftables.Batch;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A gate that also spreads connections to some addresses over API servers while they are open; see
/// [BalanceRules].
///
/// The rules are in a table of their own, which belongs to a netlink socket of this process where
/// the kernel knows that (Linux 5.12): it vanishes with the process however it dies. Where the
/// kernel refuses the rules, the address is held all the same, and the holder's own server takes
/// all connections.
public final class BalancingGate extends ForwardingGate {
  private static final Logger LOG = LoggerFactory.getLogger(BalancingGate.class);

  private final Predicate<InetAddress> balanced;
  private final int port;
  private final Set<InetAddress> held = new HashSet<>();
  private Set<InetSocketAddress> servers = Set.of();
  private @Nullable Plan inForce;
  private @Nullable NetlinkSocket socket;
  private boolean saidForwarding;

  /// @param balanced which addresses are spread; any thread
  /// @param port where clients connect to
  public BalancingGate(AddressGate inner, Predicate<InetAddress> balanced, int port) {
    super(inner);
    this.balanced = balanced;
    this.port = port;
  }

  /// The servers that are well, from now on, of either family. Any thread.
  public synchronized void servers(Set<InetSocketAddress> now) {
    servers = Set.copyOf(now);
    apply();
  }

  @Override
  public synchronized void install() {
    super.install();
    NetlinkSocket opened = NetlinkSocket.open(NetlinkSocket.Protocol.NETFILTER, 0).orThrow();
    socket = opened;
    // What an earlier process left on a kernel whose tables belong to nobody.
    transact(opened, List.of(BalanceRules.removeLeftover()));
  }

  @Override
  public synchronized void open(Map<InetAddress, Link> addresses) {
    super.open(addresses);
    addresses.keySet().stream().filter(balanced).forEach(held::add);
    apply();
  }

  @Override
  public synchronized void close(Set<InetAddress> addresses) {
    held.removeAll(addresses);
    apply();
    super.close(addresses);
  }

  @Override
  public synchronized void remove() {
    held.clear();
    apply();
    NetlinkSocket closing = socket;
    socket = null;
    if (closing != null) {
      closing.close();
    }
    super.remove();
  }

  private void apply() {
    NetlinkSocket using = socket;
    Plan plan = new Plan(held, port, servers);
    boolean replacing = inForce != null;
    if (using == null || plan.equals(inForce) || (plan.isIdle() && !replacing)) {
      return;
    }
    if (plan.isIdle()) {
      inForce = null;
      transact(using, List.of(BalanceRules.remove()));
      LOG.atInfo().log("connections to the control plane's address are not spread any more");
      return;
    }
    // Tables that belong to nobody are all that kernels before 5.12 have, and others may have
    // removed it then.
    if (transact(
        using,
        List.of(
            BalanceRules.install(plan, true, replacing),
            BalanceRules.install(plan, false, replacing),
            BalanceRules.install(plan, false, false)))) {
      inForce = plan;
      LOG.atInfo()
          .addKeyValue("addresses", shown(plan.addresses()))
          .addKeyValue("port", port)
          .addKeyValue("servers", plan.servers())
          .log("connections to the control plane's address are spread over API servers");
      tellForwarding();
    }
  }

  /// Does the first of them that the kernel accepts.
  private static boolean transact(NetlinkSocket using, List<Batch> attempts) {
    SystemResult<Integer> result = SystemResult.failed("nftables", 0);
    for (Batch batch : attempts) {
      result = using.transact(batch.messages());
      if (!(result instanceof SystemResult.Failed<Integer>)) {
        return true;
      }
    }
    LOG.atWarn()
        .addKeyValue("table", BalanceRules.TABLE)
        .addKeyValue("reason", result)
        .log("nftables refused to change the balancing of the control plane");
    return false;
  }

  private void tellForwarding() {
    boolean forwards =
        held.stream()
            .allMatch(address ->
                (address.getAddress().length == 4
                        ? Sysctl.read("net", "ipv4", "ip_forward")
                        : Sysctl.read("net", "ipv6", "conf", "all", "forwarding"))
                    .filter(value -> !value.equals("0"))
                    .isPresent());
    if (!forwards && !saidForwarding) {
      LOG.atWarn()
          .addKeyValue("settings", "net.ipv4.ip_forward, net.ipv6.conf.all.forwarding")
          .log(
              "this node forwards nothing: connections that are to go to another node's API server"
                  + " get no answer; set both to 1, or leave lb_enable out");
    }
    saidForwarding = !forwards;
  }

  private static Set<String> shown(Set<InetAddress> addresses) {
    return addresses.stream().map(InetAddress::getHostAddress).collect(Collectors.toSet());
  }
}
