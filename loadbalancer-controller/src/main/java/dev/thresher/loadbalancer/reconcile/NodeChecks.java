package dev.thresher.loadbalancer.reconcile;

import dev.thresher.api.ObjectKey;
import dev.thresher.api.address.IpAddress;
import dev.thresher.api.loadbalancer.LoadBalancer;
import dev.thresher.api.net.NetTypes;
import dev.thresher.loadbalancer.health.Verdict;
import dev.thresher.loadbalancer.health.Verdict.Health;
import dev.thresher.loadbalancer.nodes.AgentChoice;
import dev.thresher.loadbalancer.nodes.Agents;
import dev.thresher.loadbalancer.nodes.Report;
import dev.thresher.loadbalancer.nodes.Report.Target;
import dev.thresher.loadbalancer.nodes.Report.Word;
import dev.thresher.loadbalancer.reconcile.StatusDocument.Said;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeSet;

/// What is held of back ends that the probe agents of nodes check, from what those report.
///
/// The word of the one agent that is asked about a back end counts. As long as there is none (the
/// agent was asked a moment ago, or the last one has gone silent), traffic stays as it is: nobody
/// who has it loses it, and nobody gets it, without a word.
///
/// @param fresh reports that count
/// @param silent nodes whose agent does not report any more
/// @param defined whether the API server knows what reports are
record NodeChecks(List<Report> fresh, List<String> silent, boolean defined) {

  /// Type of the condition that says who checks.
  static final String CHECKED = "BackendsChecked";

  /// Reason of a back end that nobody checks.
  static final String NO_AGENT = "NoProbeAgent";

  /// Reason of the condition while no agent can report.
  static final String UNDEFINED = "NodeReportsUndefined";

  /// What is held, and by whom.
  ///
  /// @param checkers the node that was asked about each back end, none for one that nobody checks
  record Judged(Map<IpAddress, Verdict> verdicts, Map<IpAddress, String> checkers) {}

  /// @param digest of the check that is asked for
  /// @param starts what is held of each back end by the traffic that it has
  Judged judge(
      ObjectKey owner, String digest, LoadBalancer object, Map<IpAddress, Verdict> starts) {
    Map<IpAddress, String> before = checkers(object);
    var verdicts = new HashMap<IpAddress, Verdict>();
    var checkers = new HashMap<IpAddress, String>();
    starts.forEach((address, start) -> {
      Optional<String> checker =
          AgentChoice.choose(address, fresh, before.getOrDefault(address, ""));
      checker.ifPresent(node -> checkers.put(address, node));
      verdicts.put(
          address,
          checker
              .flatMap(node -> word(node, new Target(owner, address), digest))
              .orElseGet(() -> without(start, checker)));
    });
    return new Judged(verdicts, checkers);
  }

  private Optional<Verdict> word(String node, Target target, String digest) {
    return fresh.stream()
        .filter(report -> report.node().equals(node))
        .flatMap(report -> Optional.ofNullable(report.words().get(target)).stream())
        .filter(word -> word.check().equals(digest))
        .map(Word::verdict)
        .findFirst();
  }

  private static Verdict without(Verdict start, Optional<String> checker) {
    if (checker.isPresent()) {
      return start;
    }
    return start.isUp()
        ? start.askedByNobody()
        : new Verdict(Health.UNKNOWN, NO_AGENT, "no probe agent says whether it answers")
            .askedByNobody();
  }

  /// The condition, for a load balancer whose back ends nodes check.
  Said condition(Collection<Backends.Backend> backends) {
    if (!defined) {
      return new Said(
          CHECKED,
          false,
          UNDEFINED,
          "the API server does not know "
              + NetTypes.NODE_REPORT.resource()
              + ", by which probe agents report; traffic stays as it is until its"
              + " CustomResourceDefinition is installed"
              + " (charts/loadbalancer-controller/crds/net.thresher.dev_nodereports.yaml)");
    }
    var nodes = new TreeSet<String>();
    backends.forEach(backend -> nodes.addAll(backend.checkers().values()));
    boolean asked = backends.stream().anyMatch(backend -> !backend.verdicts().isEmpty());
    if (!asked || !nodes.isEmpty()) {
      return new Said(
          CHECKED,
          true,
          "ProbeAgents",
          nodes.isEmpty()
              ? "no back end is there to be checked"
              : "checked from " + String.join(", ", nodes));
    }
    String remedy =
        "traffic stays as it is; run loadbalancer-controller probe-agent on a node that is on the"
            + " network of the back ends";
    return silent.isEmpty()
        ? new Said(CHECKED, false, NO_AGENT, "no probe agent has ever reported; " + remedy)
        : new Said(
            CHECKED,
            false,
            "ProbeAgentSilent",
            "the probe agent of "
                + String.join(", ", silent)
                + " has not reported for more than "
                + Agents.PATIENCE.toSeconds()
                + " s; "
                + remedy);
  }

  /// Who checks each back end, by the status.
  private static Map<IpAddress, String> checkers(LoadBalancer object) {
    var checkers = new HashMap<IpAddress, String>();
    if (object.getStatus() != null) {
      object.getStatus().getBackends().stream()
          .filter(backend -> backend.getCheckedFrom() != null)
          .forEach(backend ->
              IpAddress.tryParse(Objects.requireNonNullElse(backend.getAddress(), ""))
                  .ifPresent(address -> checkers.put(address, backend.getCheckedFrom())));
    }
    return checkers;
  }
}
