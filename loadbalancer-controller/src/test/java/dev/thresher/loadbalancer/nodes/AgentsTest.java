package dev.thresher.loadbalancer.nodes;

import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.api.ObjectKey;
import dev.thresher.api.address.IpAddress;
import dev.thresher.api.address.IpSubnet;
import dev.thresher.api.json.LenientJson;
import dev.thresher.api.net.NodeReport;
import dev.thresher.loadbalancer.health.Verdict;
import dev.thresher.loadbalancer.health.Verdict.Health;
import dev.thresher.loadbalancer.nodes.Report.BridgeNetfilter;
import dev.thresher.loadbalancer.nodes.Report.Target;
import dev.thresher.loadbalancer.nodes.Report.Word;
import dev.thresher.runtime.informer.Change;
import dev.thresher.runtime.patch.Patch;
import dev.thresher.runtime.time.VirtualTimeline;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class AgentsTest {

  private static final Target WEB =
      new Target(ObjectKey.of("vms", "web"), IpAddress.parse("10.7.0.5"));
  private static final Target DNS =
      new Target(ObjectKey.of("vms", "dns"), IpAddress.parse("2001:db8::5"));
  private static final Word UP = new Word("c0ffee00", Verdict.UP);
  private static final Word DOWN =
      new Word("c0ffee00", new Verdict(Health.DOWN, "Timeout", "no answer within 1 s"));

  private final VirtualTimeline timeline = new VirtualTimeline();
  private final List<String> told = new ArrayList<>();
  private final Agents agents =
      new Agents(
          timeline,
          new Agents.Listener() {
            @Override
            public void words(Set<ObjectKey> loadBalancers) {
              told.add("words " + loadBalancers.stream().map(ObjectKey::name).sorted().toList());
            }

            @Override
            public void agents() {
              told.add("agents");
            }
          });

  private NodeReport object(String node, boolean bridge, Map<Target, Word> words) {
    var report =
        new Report(
            node,
            "agent-1",
            List.of(IpSubnet.parse("10.7.0.0/24")),
            Optional.of(new BridgeNetfilter(bridge, false)),
            words);
    var document = ReportDocument.create(node, Optional.of("uid"));
    document.add(
        "status",
        ((Patch.Merge) ReportDocument.status(report, timeline.now()))
            .document()
            .getAsJsonObject("status"));
    return LenientJson.gson().fromJson(document, NodeReport.class);
  }

  private void says(String node, Map<Target, Word> words) {
    NodeReport object = object(node, false, words);
    agents.heard(new Change.Updated<>(object, object));
  }

  @Test
  void aReportSurvivesItsWriting() {
    Report read = ReportDocument.read(object("n1", true, Map.of(WEB, UP, DNS, DOWN)));
    assertThat(read.node()).isEqualTo("n1");
    assertThat(read.agent()).isEqualTo("agent-1");
    assertThat(read.subnets()).containsExactly(IpSubnet.parse("10.7.0.0/24"));
    assertThat(read.bridge()).contains(new BridgeNetfilter(true, false));
    assertThat(read.words()).isEqualTo(Map.of(WEB, UP, DNS, DOWN));
  }

  @Test
  void whatMakesNoSenseCountsAsNotSaid() {
    var object =
        LenientJson.gson()
            .fromJson(
                """
                {"metadata": {"name": "n1"}, "status": {"subnets": ["x", "10.0.0.0/8"],
                 "backends": [{"address": "nonsense", "healthy": true}]}}
                """,
                NodeReport.class);
    Report read = ReportDocument.read(object);
    assertThat(read.subnets()).hasSize(1);
    assertThat(read.words()).isEmpty();
    assertThat(read.bridge()).isEmpty();
  }

  @Test
  void tellsOnlyWhatHasChanged() {
    says("n1", Map.of(WEB, UP));
    assertThat(told).containsExactly("agents", "words [web]");
    told.clear();

    timeline.advance(Duration.ofSeconds(5));
    says("n1", Map.of(WEB, UP));
    assertThat(told).as("a sign of life").isEmpty();

    says("n1", Map.of(WEB, DOWN, DNS, UP));
    assertThat(told).containsExactly("words [dns, web]");
    told.clear();

    says("n1", Map.of(WEB, DOWN));
    assertThat(told).containsExactly("words [dns]");
    told.clear();

    NodeReport bridged = object("n1", true, Map.of(WEB, DOWN));
    agents.heard(new Change.Updated<>(bridged, bridged));
    assertThat(told).containsExactly("agents");
  }

  @Test
  void aSilentOneCountsNoMoreAndCountsAgainWhenItSpeaks() {
    says("n1", Map.of(WEB, UP));
    NodeReport last = object("n2", false, Map.of(WEB, UP));
    agents.heard(new Change.Added<>(last));
    told.clear();
    for (int i = 0; i < 4; i++) {
      timeline.advance(Duration.ofSeconds(4));
      says("n1", Map.of(WEB, UP));
      // The object is heard of again, for example after the watch broke; nobody wrote it.
      agents.heard(new Change.Updated<>(last, last));
    }
    assertThat(agents.fresh()).extracting(Report::node).containsExactly("n1");
    assertThat(agents.silent()).containsExactly("n2");
    assertThat(told).containsExactly("agents");
    told.clear();

    says("n2", Map.of(WEB, UP));
    assertThat(agents.silent()).isEmpty();
    assertThat(told).containsExactly("agents");
  }

  @Test
  void oneThatIsGoneIsForgotten() {
    NodeReport object = object("n1", false, Map.of());
    agents.heard(new Change.Added<>(object));
    agents.heard(new Change.Deleted<>(object));
    timeline.advance(Duration.ofMinutes(1));
    assertThat(agents.fresh()).isEmpty();
    assertThat(agents.silent()).isEmpty();
  }
}
