package dev.thresher.loadbalancer.agent;

import dev.thresher.api.address.IpSubnet;
import dev.thresher.api.loadbalancer.LoadBalancerTypes;
import dev.thresher.loadbalancer.health.HealthObserver;
import dev.thresher.loadbalancer.health.Outcome;
import dev.thresher.loadbalancer.nodes.Report.BridgeNetfilter;
import dev.thresher.runtime.fake.FakeInformers;
import dev.thresher.runtime.fake.FakeKubeApi;
import dev.thresher.runtime.fake.FakeStore;
import dev.thresher.runtime.informer.Scope;
import dev.thresher.runtime.time.VirtualTimeline;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.Semaphore;

/// One probe agent in memory: [#report] writes its report.
public final class AgentScene implements NodeFacts {

  /// How back ends answer; who is not in it passes.
  public final Map<String, Outcome> answers = new HashMap<>();

  /// The agent's own calls.
  public final FakeKubeApi api;

  /// What bridges do with frames of IPv4 and of IPv6, and whether that can be read.
  public boolean bridge;

  public boolean bridge6;
  public boolean bridgeKnown = true;

  private final List<IpSubnet> subnets;
  private final Reporter reporter;

  public AgentScene(FakeStore store, VirtualTimeline timeline, String node, String... subnets) {
    this.subnets = Arrays.stream(subnets).map(IpSubnet::parse).toList();
    api = new FakeKubeApi(node, store);
    var informers = new FakeInformers(store, timeline);
    var agent =
        new ProbeAgent(
            node,
            "agent of " + node,
            this,
            timeline,
            new Random(3),
            (address, _, outcome) ->
                outcome.accept(answers.getOrDefault(address.toString(), Outcome.PASSED)),
            HealthObserver.NONE,
            () -> {});
    reporter = new Reporter(api, node, agent::report, new Semaphore(0), timeline);
    agent.follow(informers.informer(LoadBalancerTypes.LOAD_BALANCER, Scope.ALL));
    informers.start();
  }

  @Override
  public List<IpSubnet> subnets() {
    return subnets;
  }

  @Override
  public Optional<BridgeNetfilter> bridge() {
    return bridgeKnown ? Optional.of(new BridgeNetfilter(bridge, bridge6)) : Optional.empty();
  }

  public void report() {
    reporter.write();
  }

  public Optional<String> problem() {
    return reporter.problem();
  }
}
