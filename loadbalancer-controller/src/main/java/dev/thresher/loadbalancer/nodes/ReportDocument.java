package dev.thresher.loadbalancer.nodes;

import static java.util.Objects.requireNonNullElse;

import com.google.gson.JsonArray;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import dev.thresher.api.ObjectKey;
import dev.thresher.api.address.IpAddress;
import dev.thresher.api.address.IpSubnet;
import dev.thresher.api.net.BackendReport;
import dev.thresher.api.net.BridgeNetfilter;
import dev.thresher.api.net.NetTypes;
import dev.thresher.api.net.NodeReport;
import dev.thresher.api.net.NodeReportStatus;
import dev.thresher.loadbalancer.health.Verdict;
import dev.thresher.loadbalancer.health.Verdict.Health;
import dev.thresher.loadbalancer.nodes.Report.Target;
import dev.thresher.loadbalancer.nodes.Report.Word;
import dev.thresher.runtime.patch.Patch;
import dev.thresher.runtime.patch.Patches;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// A [Report] as the object `NodeReport`.
public final class ReportDocument {

  private static final int MESSAGE_AT_MOST = 1000;
  private static final int REASON_AT_MOST = 100;

  private ReportDocument() {}

  /// What the object says. What cannot be understood in it counts as not said.
  public static Report read(NodeReport object) {
    NodeReportStatus status = requireNonNullElse(object.getStatus(), new NodeReportStatus());
    Map<Target, Word> words = new HashMap<>();
    for (BackendReport word : status.getBackends()) {
      IpAddress.tryParse(requireNonNullElse(word.getAddress(), ""))
          .ifPresent(address ->
              words.put(
                  new Target(
                      ObjectKey.of(
                          requireNonNullElse(word.getNamespace(), ""),
                          requireNonNullElse(word.getLoadBalancer(), "")),
                      address),
                  new Word(requireNonNullElse(word.getCheck(), ""), verdict(word))));
    }
    return new Report(
        object.getMetadata().getName(),
        requireNonNullElse(status.getAgent(), ""),
        status.getSubnets().stream().flatMap(text -> IpSubnet.tryParse(text).stream()).toList(),
        bridge(status.getBridgeNetfilter()),
        words);
  }

  /// When it was last written, by the writer's clock: only that it changes means something.
  public static String renewTime(NodeReport object) {
    return object.getStatus() == null
        ? ""
        : requireNonNullElse(object.getStatus().getRenewTime(), "");
  }

  /// The object without its status, which has a subresource of its own.
  ///
  /// @param nodeUid the node goes, and its report with it; empty if the node is not known
  public static JsonObject create(String node, Optional<String> nodeUid) {
    JsonObject metadata = new JsonObject();
    metadata.addProperty("name", node);
    nodeUid.ifPresent(uid -> {
      JsonObject owner = new JsonObject();
      owner.addProperty("apiVersion", "v1");
      owner.addProperty("kind", "Node");
      owner.addProperty("name", node);
      owner.addProperty("uid", uid);
      JsonArray owners = new JsonArray();
      owners.add(owner);
      metadata.add("ownerReferences", owners);
    });
    JsonObject object = new JsonObject();
    object.addProperty("apiVersion", NetTypes.NODE_REPORT.apiVersion());
    object.addProperty("kind", NetTypes.NODE_REPORT.kind());
    object.add("metadata", metadata);
    return object;
  }

  /// The whole status.
  public static Patch status(Report report, Instant now) {
    JsonObject status = new JsonObject();
    status.addProperty("renewTime", now.truncatedTo(ChronoUnit.MILLIS).toString());
    status.addProperty("agent", report.agent());
    JsonArray subnets = new JsonArray();
    report.subnets().stream().map(IpSubnet::toString).sorted().forEach(subnets::add);
    status.add("subnets", subnets);
    status.add(
        "bridgeNetfilter",
        report
            .bridge()
            .<com.google.gson.JsonElement>map(bridge -> {
              JsonObject both = new JsonObject();
              both.addProperty("iptables", bridge.iptables());
              both.addProperty("ip6tables", bridge.ip6tables());
              return both;
            })
            .orElse(JsonNull.INSTANCE));
    JsonArray backends = new JsonArray();
    report.words().entrySet().stream()
        .sorted(
            Comparator.comparing((Map.Entry<Target, Word> entry) ->
                entry.getKey().loadBalancer() + " " + entry.getKey().address()))
        .forEach(entry -> backends.add(word(entry.getKey(), entry.getValue())));
    status.add("backends", backends);
    return new Patch.Merge(Patches.nest(status, "status"), "status");
  }

  private static JsonObject word(Target target, Word word) {
    JsonObject object = new JsonObject();
    object.addProperty("namespace", target.loadBalancer().namespace());
    object.addProperty("loadBalancer", target.loadBalancer().name());
    object.addProperty("address", target.address().toString());
    object.addProperty("check", word.check());
    object.addProperty("healthy", word.verdict().isUp());
    if (!word.verdict().isUp()) {
      object.addProperty("reason", cut(word.verdict().reason(), REASON_AT_MOST));
      object.addProperty("message", cut(word.verdict().message(), MESSAGE_AT_MOST));
    }
    return object;
  }

  private static String cut(String text, int most) {
    return text.length() <= most ? text : text.substring(0, most);
  }

  private static Verdict verdict(BackendReport word) {
    return Boolean.TRUE.equals(word.getHealthy())
        ? Verdict.UP
        : new Verdict(
            Health.DOWN,
            requireNonNullElse(word.getReason(), "Failed"),
            requireNonNullElse(word.getMessage(), ""));
  }

  private static Optional<Report.BridgeNetfilter> bridge(@Nullable BridgeNetfilter said) {
    return said == null
        ? Optional.empty()
        : Optional.of(
            new Report.BridgeNetfilter(
                Boolean.TRUE.equals(said.getIptables()), Boolean.TRUE.equals(said.getIp6tables())));
  }
}
