package dev.thresher.loadbalancer.reconcile;

import dev.thresher.api.CoreTypes;
import dev.thresher.api.ObjectKey;
import dev.thresher.api.address.IpAddress;
import dev.thresher.api.address.IpFamily;
import dev.thresher.api.cni.CniTypes;
import dev.thresher.api.cni.NetworkAttachmentDefinition;
import dev.thresher.api.kubevirt.KubeVirtTypes;
import dev.thresher.api.kubevirt.VirtualMachineInstance;
import dev.thresher.api.loadbalancer.IPPool;
import dev.thresher.api.loadbalancer.LoadBalancer;
import dev.thresher.api.loadbalancer.LoadBalancerTypes;
import dev.thresher.api.names.HarvesterNames;
import dev.thresher.api.net.AddressClaim;
import dev.thresher.api.net.NetTypes;
import dev.thresher.api.net.NodeReport;
import dev.thresher.loadbalancer.health.HealthMonitor;
import dev.thresher.loadbalancer.health.HealthObserver;
import dev.thresher.loadbalancer.health.Prober;
import dev.thresher.loadbalancer.health.Verdict.Health;
import dev.thresher.loadbalancer.ipam.Claim;
import dev.thresher.loadbalancer.ipam.ClaimBook;
import dev.thresher.loadbalancer.ipam.PoolProjection;
import dev.thresher.loadbalancer.nodes.Agents;
import dev.thresher.runtime.client.KubeApi;
import dev.thresher.runtime.events.EventRecorder;
import dev.thresher.runtime.informer.Informer;
import dev.thresher.runtime.informer.Informers;
import dev.thresher.runtime.informer.Scope;
import dev.thresher.runtime.queue.Priority;
import dev.thresher.runtime.time.Timeline;
import io.kubernetes.client.openapi.models.V1EndpointSlice;
import io.kubernetes.client.openapi.models.V1Namespace;
import io.kubernetes.client.openapi.models.V1Service;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.DoubleConsumer;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// The two reconcilers and what they share, put together.
///
/// Make it before the informers start, since it adds indexes; then give it the queues by [#follow].
public final class LoadBalancerControl {

  /// What the reconcilers work with.
  ///
  /// @param api the host cluster; its writes should be fenced by the leadership
  /// @param informers caches of the host cluster
  /// @param events tells people what happens
  /// @param timeline the clock
  /// @param holdDown how long a released address is given to nobody but its owner
  /// @param poolPolicy what may be chosen about the use of pools
  /// @param nobody address of the endpoint that stands where no machine can take traffic, at most
  ///   one of each family; empty for what the nodes' pod networks leave
  /// @param prober asks back ends whether they answer
  /// @param healthObserver hears how they do
  /// @param allocationSeconds hears how long a load balancer waited for its addresses
  public record Surroundings(
      KubeApi api,
      Informers informers,
      EventRecorder events,
      Timeline timeline,
      Duration holdDown,
      PoolPolicy poolPolicy,
      Optional<Map<IpFamily, IpAddress>> nobody,
      Prober prober,
      HealthObserver healthObserver,
      DoubleConsumer allocationSeconds) {}

  /// Where looks go: the queues of the controllers.
  public interface Queues {
    void loadBalancer(ObjectKey key, Priority priority);

    void pool(String name, Priority priority);
  }

  private final Informer<LoadBalancer> loadBalancers;
  private final Informer<IPPool> pools;
  private final Informer<AddressClaim> claims;
  private final Informer<V1Service> services;
  private final Informer<V1EndpointSlice> slices;
  private final Informer<VirtualMachineInstance> instances;
  private final Informer<V1Namespace> namespaces;
  private final HostSources hostSources;
  private final Nobody nobody;
  private final Informer<NodeReport> reports;
  private final Agents agents;
  private final Informer<NetworkAttachmentDefinition> attachments;
  private final Networks networks;
  private final Needs needs;
  private final ClaimBook book = new ClaimBook();
  private final Pending pending = new Pending();
  private final Conflicts conflicts = new Conflicts(pool -> queues().pool(pool, Priority.NEW));
  private final Occupants occupants;
  private final Sharing sharing;
  private final HealthMonitor health;
  private final BackendSide backends;
  private final LoadBalancerReconciler loadBalancerReconciler;
  private final PoolReconciler poolReconciler;
  private final KubeVipImport kubeVipImport;
  private volatile Queues queues = new NoQueues();

  public LoadBalancerControl(Surroundings surroundings) {
    KubeApi api = surroundings.api();
    Informers informers = surroundings.informers();
    var ours = Scope.labels(HarvesterNames.SERVICE_LB_LABEL + "=true");
    loadBalancers = informers.informer(LoadBalancerTypes.LOAD_BALANCER, Scope.ALL);
    pools = informers.informer(LoadBalancerTypes.IP_POOL, Scope.ALL);
    claims = informers.informer(NetTypes.ADDRESS_CLAIM, Scope.ALL);
    services = informers.informer(CoreTypes.SERVICE, ours);
    slices = informers.informer(CoreTypes.ENDPOINT_SLICE, ours);
    instances = informers.informer(KubeVirtTypes.VIRTUAL_MACHINE_INSTANCE, Scope.ALL);

    namespaces = informers.informer(CoreTypes.NAMESPACE, Scope.ALL);
    hostSources = HostSources.of(informers);
    nobody = new Nobody(surroundings.nobody(), hostSources.nodes());
    reports = informers.optional(NetTypes.NODE_REPORT, Scope.ALL);
    agents = new Agents(surroundings.timeline(), new AgentLooks(loadBalancers, book, () -> queues));
    attachments = informers.optional(CniTypes.NETWORK_ATTACHMENT_DEFINITION, Scope.ALL);
    networks = new Networks(attachments);
    needs = new Needs(namespaces, instances);

    health =
        new HealthMonitor(
            surroundings.timeline(),
            RandomGenerator.getDefault(),
            surroundings.prober(),
            key -> queues.loadBalancer(key, Priority.NEW),
            surroundings.healthObserver());
    var poolView = new Pools(pools);
    occupants = new Occupants(hostSources, poolView);
    var unclaimed = new Unclaimed(loadBalancers, poolView, occupants);
    var writer =
        new ClaimWriter(
            api, book, surroundings.timeline(), pool -> queues.pool(pool, Priority.NEW));
    sharing =
        new Sharing(
            loadBalancers,
            book,
            poolView,
            writer,
            new SharedPorts(services),
            key -> queues.loadBalancer(key, Priority.NEW));
    var claiming = new Claiming(api, book, writer);
    backends =
        new BackendSide(
            instances,
            new VirtualAddresses(book, networks),
            health,
            agents,
            surroundings.timeline());
    loadBalancerReconciler =
        new LoadBalancerReconciler(
            api,
            loadBalancers,
            book,
            new Addressing(
                book,
                poolView,
                unclaimed,
                claiming,
                new Allocation(
                    book,
                    poolView,
                    unclaimed,
                    new FormerAddresses(poolView, book, surroundings.holdDown()),
                    new Members(loadBalancers, needs, book),
                    claiming,
                    surroundings.poolPolicy()),
                sharing,
                conflicts),
            needs,
            new HostSide(api, services, slices, backends, nobody, book),
            networks,
            writer,
            pending,
            surroundings.events(),
            surroundings.timeline(),
            surroundings.allocationSeconds());
    poolReconciler =
        new PoolReconciler(
            api,
            pools,
            book,
            writer,
            conflicts,
            occupants,
            surroundings.events(),
            surroundings.timeline(),
            surroundings.holdDown());
    kubeVipImport = new KubeVipImport(api, surroundings.events());
  }

  public LoadBalancerReconciler loadBalancerReconciler() {
    return loadBalancerReconciler;
  }

  public PoolReconciler poolReconciler() {
    return poolReconciler;
  }

  /// Makes pools of what kube-vip's cloud provider was configured with; to be run once by a leader.
  public KubeVipImport kubeVipImport() {
    return kubeVipImport;
  }

  /// Sends a look to the queues for every change that concerns them. To be called once, before the
  /// informers start.
  public void follow(Queues destination) {
    queues = destination;
    // Whoever looks because of a pool must know its gateways.
    pools.onChange(occupants::changed);
    var watches = new Watches(destination, book, pending, sharing, loadBalancers);
    watches.follow(pools, claims, services, slices, instances);
    new Wakeups(watches::wake, watches::wake, () -> hostAddressesChanged(watches))
        .follow(namespaces, instances, hostSources);
    reports.onChange(agents::heard);
    reports.onDefined(() -> agents.defined(reports.isDefined()));
    nobody.onOther(this::lookAtAll);
    networks.onOther(this::lookAtAll);
  }

  /// Pools say which of their addresses the host has.
  private void hostAddressesChanged(Watches watches) {
    occupants.forget();
    if (hostSources.nodes().hasSynced()) {
      pools.list().forEach(pool -> queues.pool(pool.getMetadata().getName(), Priority.RESYNC));
    }
    watches.wake();
  }

  private void lookAtAll() {
    loadBalancers
        .list()
        .forEach(object -> queues.loadBalancer(ObjectKey.of(object), Priority.RESYNC));
  }

  /// The caches that must have synced before any work begins.
  public List<Informer<?>> caches() {
    return Stream.concat(
            Stream.of(
                loadBalancers,
                pools,
                claims,
                services,
                slices,
                instances,
                namespaces,
                reports,
                attachments),
            hostSources.caches().stream())
        .toList();
  }

  /// How many load balancers wait for an address.
  public int pending() {
    return pending.size();
  }

  /// A namespace's part of a pool.
  ///
  /// @param pool empty while none has been chosen
  public record Share(String pool, String namespace) {}

  /// How many load balancers wait for an address, by the pool that they name.
  public Map<Share, Long> pendingByShare() {
    return pending.waiting().stream()
        .flatMap(key -> loadBalancers.get(key).stream())
        .collect(
            Collectors.groupingBy(
                object ->
                    new Share(
                        object.getSpec() == null || object.getSpec().getIpPool() == null
                            ? ""
                            : object.getSpec().getIpPool(),
                        object.getMetadata().getNamespace()),
                Collectors.counting()));
  }

  /// Claims in use by pool and namespace of the owner.
  public Map<Share, Long> claimsByShare() {
    return book.all().stream()
        .filter(Claim::active)
        .collect(
            Collectors.groupingBy(
                claim -> new Share(claim.pool(), claim.owner().namespace()),
                Collectors.counting()));
  }

  /// How many back ends are checked, by what is held of them.
  public Map<Health, Long> checkedBackends() {
    return backends.checked();
  }

  /// Addresses that two load balancers say they have, by pool.
  public Map<String, Long> conflicts() {
    return conflicts.count();
  }

  /// How many probe agents report, and how many that did have fallen silent.
  public Map<String, Integer> probeAgents() {
    return Map.of("reporting", agents.fresh().size(), "silent", agents.silent().size());
  }

  /// Claims in use by pool.
  public Map<String, Long> claimsInUse() {
    return book.activeByPool();
  }

  /// What the pools' status says, by pool.
  public Map<String, PoolProjection> pools() {
    return poolReconciler.projections();
  }

  private Queues queues() {
    return queues;
  }

  private static final class NoQueues implements Queues {
    @Override
    public void loadBalancer(ObjectKey key, Priority priority) {
      throw new IllegalStateException("follow() was not called, nobody looks at " + key);
    }

    @Override
    public void pool(String name, Priority priority) {
      throw new IllegalStateException("follow() was not called, nobody looks at pool " + name);
    }
  }
}
