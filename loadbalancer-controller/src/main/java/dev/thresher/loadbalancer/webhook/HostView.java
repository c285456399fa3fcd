package dev.thresher.loadbalancer.webhook;

import dev.thresher.api.CoreTypes;
import dev.thresher.api.ObjectKey;
import dev.thresher.api.address.IpAddress;
import dev.thresher.api.cni.CniTypes;
import dev.thresher.api.cni.NetworkAttachmentDefinition;
import dev.thresher.api.kubevirt.KubeVirtTypes;
import dev.thresher.api.kubevirt.VirtualMachine;
import dev.thresher.api.kubevirt.VirtualMachineInstance;
import dev.thresher.api.loadbalancer.IPPool;
import dev.thresher.api.loadbalancer.LoadBalancer;
import dev.thresher.api.loadbalancer.LoadBalancerTypes;
import dev.thresher.api.names.HarvesterNames;
import dev.thresher.api.net.AddressClaim;
import dev.thresher.api.net.NetTypes;
import dev.thresher.loadbalancer.ipam.Pool;
import dev.thresher.loadbalancer.reconcile.HostAddresses;
import dev.thresher.loadbalancer.reconcile.Needs;
import dev.thresher.loadbalancer.rules.LoadBalancerRules;
import dev.thresher.loadbalancer.rules.Occupied;
import dev.thresher.loadbalancer.rules.PoolReading;
import dev.thresher.loadbalancer.rules.PoolRules;
import dev.thresher.loadbalancer.rules.Vlan;
import dev.thresher.runtime.client.KubeApi;
import dev.thresher.runtime.client.KubeApiException;
import dev.thresher.runtime.client.ListQuery;
import dev.thresher.runtime.informer.Informer;
import dev.thresher.runtime.informer.Informers;
import dev.thresher.runtime.informer.Scope;
import io.kubernetes.client.openapi.models.V1Namespace;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// What the host cluster holds, as the rules and the conversion ask for it. From caches, and from
/// the API server where a cache that is a moment behind would refuse what is right.
///
/// Make it before the informers start, since it adds indexes.
final class HostView implements Conversion.Surroundings {

  private static final String BY_POOL = "webhook-claims-by-pool";

  private final KubeApi api;
  private final Informer<IPPool> pools;
  private final Informer<AddressClaim> claims;
  private final Informer<VirtualMachine> machines;
  private final Informer<VirtualMachineInstance> instances;
  private final Informer<V1Namespace> namespaces;
  private final Needs needs;
  private final HostAddresses own;

  HostView(KubeApi api, Informers informers) {
    this.api = api;
    this.own = new HostAddresses(api);
    pools = informers.informer(LoadBalancerTypes.IP_POOL, Scope.ALL);
    claims = informers.informer(NetTypes.ADDRESS_CLAIM, Scope.ALL);
    machines =
        informers.informer(
            KubeVirtTypes.VIRTUAL_MACHINE, Scope.labels(HarvesterNames.GUEST_CLUSTER_LABEL));
    instances = informers.informer(KubeVirtTypes.VIRTUAL_MACHINE_INSTANCE, Scope.ALL);
    namespaces = informers.informer(CoreTypes.NAMESPACE, Scope.ALL);
    needs = new Needs(namespaces, instances);
    claims.addIndex(
        BY_POOL,
        claim -> claim.getSpec() == null ? List.of() : List.of(text(claim.getSpec().getPool())));
  }

  /// Whether the caches are filled that admission asks.
  boolean admissionReady() {
    return Stream.of(pools, claims, machines, instances, namespaces).allMatch(Informer::hasSynced);
  }

  /// Whether those are filled that the conversion asks. The load balancers are not among them: that
  /// cache is filled through the conversion.
  boolean conversionReady() {
    return pools.hasSynced() && instances.hasSynced();
  }

  Needs needs() {
    return needs;
  }

  LoadBalancerRules.Surroundings ofLoadBalancers(boolean enforcePoolScopes) {
    return new LoadBalancerRules.Surroundings(
        this::pool, this::machinesOf, needs::of, enforcePoolScopes, this::occupied, pools::list);
  }

  /// @param pool as the API server has it
  PoolRules.Surroundings ofPool(IPPool pool) {
    return new PoolRules.Surroundings(
        pools.list().stream().map(PoolReading::of).toList(),
        uses(pool),
        network -> network(network).isPresent(),
        own::all);
  }

  /// All load balancers of a namespace, from the API server: they have no cache here. None where
  /// the role is of before they were looked at: the controller refuses what this lets pass.
  List<LoadBalancer> loadBalancers(String namespace) {
    try {
      return api.list(
              LoadBalancerTypes.LOAD_BALANCER, ListQuery.inNamespace(namespace).withLimit(0))
          .items();
    } catch (KubeApiException e) {
      if (!e.is(KubeApiException.Reason.FORBIDDEN)) {
        throw e;
      }
      return List.of();
    }
  }

  private List<Occupied> occupied() {
    var all = new ArrayList<>(own.all());
    List<Pool> usable =
        pools.list().stream().flatMap(pool -> PoolReading.of(pool).usable().stream()).toList();
    all.addAll(Occupied.gateways(usable));
    return all;
  }

  int vlan(String network) {
    return network.isEmpty() ? 0 : network(network).map(Vlan::idOf).orElse(0);
  }

  private Optional<PoolReading> pool(String name) {
    ObjectKey key = ObjectKey.cluster(name);
    return pools.get(key).or(() -> api.get(LoadBalancerTypes.IP_POOL, key)).map(PoolReading::of);
  }

  private List<VirtualMachine> machinesOf(String namespace, String cluster) {
    return machines.list(namespace).stream()
        .filter(machine ->
            machine.getMetadata().getLabels() != null
                && cluster.equals(
                    machine.getMetadata().getLabels().get(HarvesterNames.GUEST_CLUSTER_LABEL)))
        .toList();
  }

  /// By the claims, and by the status where there is no claim: of what the Go controller gave. What
  /// was released a moment ago may still stand in the status.
  private List<PoolRules.Use> uses(IPPool pool) {
    Map<IpAddress, PoolRules.Use> uses = new LinkedHashMap<>();
    Map<String, String> allocated =
        pool.getStatus() == null ? Map.of() : pool.getStatus().getAllocated();
    allocated.forEach((text, owner) ->
        IpAddress.tryParse(text)
            .ifPresent(address -> uses.put(address, new PoolRules.Use(address, owner, false))));
    for (AddressClaim claim : claims.byIndex(BY_POOL, pool.getMetadata().getName())) {
      var owner = claim.getSpec().getOwner();
      boolean released = claim.getStatus() != null && claim.getStatus().getReleasedAt() != null;
      Optional<IpAddress> address = IpAddress.tryParse(text(claim.getSpec().getAddress()));
      if (address.isEmpty() || owner == null) {
        continue;
      }
      if (released) {
        uses.remove(address.get());
      } else {
        uses.put(
            address.get(),
            new PoolRules.Use(address.get(), owner.getNamespace() + "/" + owner.getName(), true));
      }
    }
    return uses.values().stream().sorted(Comparator.comparing(PoolRules.Use::address)).toList();
  }

  private Optional<NetworkAttachmentDefinition> network(String network) {
    try {
      return CniTypes.network(network)
          .flatMap(key -> api.get(CniTypes.NETWORK_ATTACHMENT_DEFINITION, key));
    } catch (KubeApiException e) {
      if (e.is(KubeApiException.Reason.NOT_FOUND)) {
        // The cluster has no such networks at all.
        return Optional.empty();
      }
      throw e;
    }
  }

  @Override
  public Optional<String> machine(String namespace, String address) {
    return IpAddress.tryParse(address)
        .flatMap(wanted ->
            instances.list(namespace).stream()
                .filter(instance -> has(instance, wanted))
                .map(instance -> instance.getMetadata().getName())
                .sorted()
                .findFirst());
  }

  private static boolean has(VirtualMachineInstance instance, IpAddress wanted) {
    return instance.getStatus() != null
        && instance.getStatus().getInterfaces().stream()
            .flatMap(card ->
                Stream.concat(
                    Stream.ofNullable(card.getIpAddress()), card.getIpAddresses().stream()))
            .flatMap(text -> IpAddress.tryParse(text).stream())
            .anyMatch(wanted::equals);
  }

  @Override
  public Optional<String> pool(String namespace, String name, String address) {
    return pools.list().stream()
        .filter(pool ->
            pool.getStatus() != null
                && (namespace + "/" + name).equals(pool.getStatus().getAllocated().get(address)))
        .map(pool -> pool.getMetadata().getName())
        .sorted()
        .findFirst();
  }

  private static String text(@Nullable String value) {
    return Objects.requireNonNullElse(value, "");
  }
}
