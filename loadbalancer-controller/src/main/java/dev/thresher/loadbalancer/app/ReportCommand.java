package dev.thresher.loadbalancer.app;

import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import dev.thresher.api.ResourceType;
import dev.thresher.api.loadbalancer.LoadBalancerTypes;
import dev.thresher.api.net.NetTypes;
import dev.thresher.loadbalancer.reconcile.Inventory;
import dev.thresher.loadbalancer.report.Report;
import dev.thresher.loadbalancer.report.ReportText;
import dev.thresher.loadbalancer.report.Snapshot;
import dev.thresher.runtime.cli.BuildInfo;
import dev.thresher.runtime.cli.FlagGroup;
import dev.thresher.runtime.cli.KubeconfigOptions;
import dev.thresher.runtime.cli.LoggingOptions;
import dev.thresher.runtime.cli.UsageException;
import dev.thresher.runtime.client.ClientConfig;
import dev.thresher.runtime.client.KubeApiException;
import dev.thresher.runtime.client.ListQuery;
import dev.thresher.runtime.client.Models;
import dev.thresher.runtime.client.OkHttpKubeApi;
import dev.thresher.runtime.client.WatchApi.RawPage;
import dev.thresher.runtime.metrics.Metrics;
import dev.thresher.runtime.time.SystemTimeline;
import io.kubernetes.client.common.KubernetesObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// `loadbalancer-controller report`. Reads three kinds of objects and writes none.
@Command(
    name = "loadbalancer-controller report",
    description =
        "Prints pools, claimed addresses with their owners, and what does not fit together: orphans"
            + " and conflicts. Changes nothing; needs to list ippools, addressclaims and"
            + " loadbalancers.")
@FlagGroup("Report")
final class ReportCommand implements Callable<Integer> {

  /// The first argument that asks for it.
  static final String NAME = "report";

  /// As many as client-go makes of a request that is throttled.
  static final int ATTEMPTS = 10;

  private final Map<String, String> environment;
  private final Connect connect;

  @Spec private @Nullable CommandSpec spec;

  @Mixin private final KubeconfigOptions kubeconfig = new KubeconfigOptions(50, 100);
  @Mixin private final LoggingOptions logging = new LoggingOptions();

  @Option(
      names = {"--output", "-o"},
      description = "table or json")
  private String output = "table";

  /// Asks the host for the objects.
  interface Connect {
    Snapshot snapshot(ClientConfig config) throws Exception;
  }

  ReportCommand(Map<String, String> environment) {
    this(environment, ReportCommand::ask);
  }

  /// @param connect for tests: in place of an API server
  ReportCommand(Map<String, String> environment, Connect connect) {
    this.environment = environment;
    this.connect = connect;
  }

  @Override
  public Integer call() throws Exception {
    if (!output.equals("table") && !output.equals("json")) {
      throw new UsageException("--output must be table or json, got \"" + output + "\"");
    }
    logging.apply();
    Report report =
        Report.of(
            connect.snapshot(
                kubeconfig
                    .client("host", environment)
                    .withUserAgent(BuildInfo.load().userAgent("loadbalancer-controller-report"))));
    var out = Objects.requireNonNull(spec, "picocli sets it").commandLine().getOut();
    out.print(output.equals("json") ? ReportText.json(report) : ReportText.table(report));
    out.flush();
    return 0;
  }

  private static Snapshot ask(ClientConfig config) throws Exception {
    var api = new OkHttpKubeApi(config, new SystemTimeline(), new Metrics());
    api.start();
    try {
      return snapshot(api::listRaw);
    } finally {
      api.stop();
    }
  }

  /// Lists documents as they are stored.
  @FunctionalInterface
  interface Documents {
    RawPage list(ResourceType<?> type, ListQuery query, Consumer<JsonObject> item);
  }

  static Snapshot snapshot(Documents documents) throws InterruptedException {
    var unreadable = new ArrayList<Snapshot.Unreadable>();
    return Inventory.of(
        all(documents, LoadBalancerTypes.IP_POOL, unreadable),
        all(documents, NetTypes.ADDRESS_CLAIM, unreadable),
        all(documents, LoadBalancerTypes.LOAD_BALANCER, unreadable),
        unreadable);
  }

  /// Comes back as often as the API server asks to, within reason: for a second after a definition
  /// has changed it has its storage made anew, and nobody else tries again in the user's place.
  private static <T extends KubernetesObject> List<T> all(
      Documents documents, ResourceType<T> type, List<Snapshot.Unreadable> unreadable)
      throws InterruptedException {
    for (int attempt = 1; ; attempt++) {
      var found = new ArrayList<JsonObject>();
      try {
        var _ = documents.list(type, ListQuery.all().withLimit(0), found::add);
        return found.stream().flatMap(item -> read(type, item, unreadable)).toList();
      } catch (KubeApiException e) {
        if (e.retryAfter().isEmpty() || attempt == ATTEMPTS) {
          throw e;
        }
        Thread.sleep(e.retryAfter().get());
      }
    }
  }

  private static <T extends KubernetesObject> Stream<T> read(
      ResourceType<T> type, JsonObject document, List<Snapshot.Unreadable> unreadable) {
    try {
      return Stream.of(Models.read(type, document));
    } catch (JsonParseException e) {
      JsonObject metadata = document.getAsJsonObject("metadata");
      String name = metadata.get("name").getAsString();
      unreadable.add(
          new Snapshot.Unreadable(
              type.kind(),
              type.namespaced() ? metadata.get("namespace").getAsString() + "/" + name : name,
              String.valueOf(e.getMessage())));
      return Stream.empty();
    }
  }
}
