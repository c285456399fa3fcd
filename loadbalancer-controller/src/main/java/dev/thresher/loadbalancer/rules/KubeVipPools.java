package dev.thresher.loadbalancer.rules;

import dev.thresher.api.address.IpAddress;
import dev.thresher.api.address.IpRange;
import dev.thresher.api.address.IpSubnet;
import dev.thresher.api.loadbalancer.IPPool;
import dev.thresher.api.loadbalancer.IPPoolSpec;
import dev.thresher.api.loadbalancer.IPPoolStatus;
import dev.thresher.api.loadbalancer.PoolRange;
import dev.thresher.api.loadbalancer.PoolSelector;
import dev.thresher.api.loadbalancer.ScopeTuple;
import dev.thresher.loadbalancer.ipam.PoolScope;
import io.kubernetes.client.openapi.models.V1ObjectMeta;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;

/// The pools that Harvester's controller makes of the configuration of kube-vip's cloud provider.
///
/// Keys are `cidr-<namespace>` and `range-<namespace>`, values subnets or `first-last`, comma
/// separated. The pool has the name of the namespace and serves it whatever the project and the
/// guest cluster; `global` stands for all namespaces. Where a namespace has both keys, its subnets
/// count, as for kube-vip's cloud provider. Unlike Harvester's, this reads IPv6, too.
public final class KubeVipPools {

  private static final String CIDR = "cidr-";
  private static final String RANGE = "range-";
  private static final String GLOBAL = "global";

  private KubeVipPools() {}

  /// An address that a Service has.
  ///
  /// @param owner `namespace/name`
  public record Given(String address, String owner) {}

  /// What comes of it.
  ///
  /// @param problems entries that make no sense
  public record Import(List<IPPool> pools, List<String> problems) {
    public Import {
      pools = List.copyOf(pools);
      problems = List.copyOf(problems);
    }
  }

  /// @param data of the ConfigMap
  /// @param given the addresses that Services have; the pools' status gets those of their ranges
  public static Import of(Map<String, String> data, List<Given> given) {
    var problems = new ArrayList<String>();
    var byName = new TreeMap<String, List<PoolRange>>();
    for (String prefix : List.of(CIDR, RANGE)) {
      data.forEach((key, value) -> {
        String name = key.startsWith(prefix) ? key.substring(prefix.length()) : "";
        if (!name.isEmpty() && !byName.containsKey(name)) {
          Optional<List<PoolRange>> ranges = ranges(prefix, value);
          ranges.ifPresent(all -> byName.put(name, all));
          if (ranges.isEmpty()) {
            problems.add(
                "ConfigMap kube-system/kubevip, key "
                    + key
                    + ": want "
                    + (prefix.equals(CIDR) ? "CIDRs" : "ranges as first-last")
                    + " with commas between, got \""
                    + value
                    + "\"");
          }
        }
      });
    }
    var pools = new LinkedHashMap<String, IPPool>();
    byName.forEach((name, ranges) -> pools.put(name, pool(name, ranges)));
    given.forEach(address -> assign(pools, address));
    return new Import(List.copyOf(pools.values()), problems);
  }

  private static Optional<List<PoolRange>> ranges(String prefix, String value) {
    var ranges = new ArrayList<PoolRange>();
    for (String part : value.split(",", -1)) {
      Optional<PoolRange> range =
          prefix.equals(CIDR) ? subnet(part.strip()) : between(part.strip());
      if (range.isEmpty()) {
        return Optional.empty();
      }
      ranges.add(range.get());
    }
    return Optional.of(ranges);
  }

  private static Optional<PoolRange> subnet(String text) {
    return IpSubnet.tryParse(text).map(subnet -> new PoolRange().subnet(subnet.toString()));
  }

  private static Optional<PoolRange> between(String text) {
    String[] ends = text.split("-", -1);
    if (ends.length != 2) {
      return Optional.empty();
    }
    Optional<IpAddress> first = IpAddress.tryParse(ends[0].strip());
    Optional<IpAddress> last = IpAddress.tryParse(ends[1].strip());
    if (first.isEmpty() || last.isEmpty() || first.get().family() != last.get().family()) {
      return Optional.empty();
    }
    return Optional.of(
        new PoolRange()
            .subnet(smallest(IpRange.between(first.get(), last.get())).toString())
            .rangeStart(first.get().toString())
            .rangeEnd(last.get().toString()));
  }

  /// The smallest subnet that has both ends.
  private static IpSubnet smallest(IpRange range) {
    BigInteger first = new BigInteger(1, range.first().bytes());
    BigInteger last = new BigInteger(1, range.last().bytes());
    return new IpSubnet(range.first(), range.family().bits() - first.xor(last).bitLength());
  }

  private static IPPool pool(String name, List<PoolRange> ranges) {
    var scope =
        new ScopeTuple()
            .project(PoolScope.ANY)
            .namespace(name.equals(GLOBAL) ? PoolScope.ANY : name)
            .guestCluster(PoolScope.ANY);
    return new IPPool()
        .metadata(new V1ObjectMeta().name(name))
        .spec(new IPPoolSpec().ranges(ranges).selector(new PoolSelector().addScopeItem(scope)))
        .status(new IPPoolStatus().total(0L).available(0L).lastAllocated(""));
  }

  /// To the pool of the namespace that has the address, else to the global one.
  private static void assign(Map<String, IPPool> pools, Given given) {
    Optional<IpAddress> address =
        IpAddress.tryParse(given.address()).filter(a -> !a.isUnspecified());
    if (address.isEmpty()) {
      return;
    }
    String namespace = given.owner().substring(0, given.owner().indexOf('/'));
    for (String name : List.of(namespace, GLOBAL)) {
      IPPool pool = pools.get(name);
      if (pool != null
          && PoolReading.of(pool).usable().filter(p -> p.covers(address.get())).isPresent()) {
        Objects.requireNonNull(pool.getStatus())
            .putAllocatedItem(address.get().toString(), given.owner());
        return;
      }
    }
  }
}
