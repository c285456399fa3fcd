package dev.thresher.ccm.app;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import dev.thresher.ccm.duties.LeaderMigration;
import dev.thresher.runtime.cli.GoDuration;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/// What `/configz` answers: upstream's document (`CloudControllerManagerConfiguration`, v1alpha1,
/// in `k8s.io/cloud-provider/config`), in which tools look values up, and beside it every flag.
///
/// The document has upstream's spelling: fields without a JSON name of their own have Go's, with a
/// capital letter; durations are written as Go writes them. A flag that changes nothing here and
/// was not given has upstream's default.
final class ConfigurationDocument {

  private static final String GROUP = "cloudcontrollermanager.config.k8s.io";

  private final JsonObject flags;

  private ConfigurationDocument(JsonObject flags) {
    this.flags = flags;
  }

  /// @param effective `{"flags": {…}}`, every value as text
  static JsonObject of(JsonObject effective, Optional<LeaderMigration> migration) {
    var document = new ConfigurationDocument(effective.getAsJsonObject("flags"));
    JsonObject all = new JsonObject();
    all.add(GROUP, document.whole(migration));
    all.add("flags", effective.get("flags"));
    return all;
  }

  private JsonObject whole(Optional<LeaderMigration> migration) {
    JsonObject whole = new JsonObject();
    whole.addProperty("kind", "CloudControllerManagerConfiguration");
    whole.addProperty("apiVersion", GROUP + "/v1alpha1");
    whole.add("Generic", generic(migration));
    whole.add("KubeCloudShared", shared());
    JsonObject nodes = new JsonObject();
    nodes.add("ConcurrentNodeSyncs", number("concurrent-node-syncs"));
    // Zero, the default, is as many as the other.
    boolean asMany = List.of("", "0").contains(text("concurrent-node-status-updates"));
    nodes.add(
        "ConcurrentNodeStatusUpdates",
        number(asMany ? "concurrent-node-syncs" : "concurrent-node-status-updates"));
    whole.add("NodeController", nodes);
    JsonObject services = new JsonObject();
    services.add("ConcurrentServiceSyncs", number("concurrent-service-syncs"));
    whole.add("ServiceController", services);
    whole.add("NodeStatusUpdateFrequency", duration("node-status-update-frequency", ""));
    JsonObject webhooks = new JsonObject();
    webhooks.add("Webhooks", JsonNull.INSTANCE);
    whole.add("Webhook", webhooks);
    return whole;
  }

  private JsonObject generic(Optional<LeaderMigration> migration) {
    JsonObject client = new JsonObject();
    client.addProperty("kubeconfig", text("kubeconfig"));
    client.addProperty("acceptContentTypes", "");
    client.addProperty("contentType", text("kube-api-content-type"));
    client.add("qps", number("kube-api-qps"));
    client.add("burst", number("kube-api-burst"));

    JsonObject election = new JsonObject();
    election.add("leaderElect", bool("leader-elect", false));
    election.add("leaseDuration", duration("leader-elect-lease-duration", ""));
    election.add("renewDeadline", duration("leader-elect-renew-deadline", ""));
    election.add("retryPeriod", duration("leader-elect-retry-period", ""));
    election.addProperty("resourceLock", text("leader-elect-resource-lock"));
    election.addProperty("resourceName", text("leader-elect-resource-name"));
    election.addProperty("resourceNamespace", text("leader-elect-resource-namespace"));

    JsonObject debugging = new JsonObject();
    debugging.add("enableProfiling", bool("profiling", true));
    debugging.add("enableContentionProfiling", bool("contention-profiling", false));

    JsonObject generic = new JsonObject();
    // The insecure port of old, which upstream's document still has.
    generic.addProperty("Port", 0);
    generic.addProperty("Address", "0.0.0.0");
    generic.add("MinResyncPeriod", duration("min-resync-period", "12h"));
    generic.add("ClientConnection", client);
    generic.add("ControllerStartInterval", duration("controller-start-interval", "0s"));
    generic.add("LeaderElection", election);
    generic.add("Controllers", list("controllers"));
    generic.add("Debugging", debugging);
    generic.addProperty("LeaderMigrationEnabled", migration.isPresent());
    generic.add("LeaderMigration", moving(migration));
    return generic;
  }

  private static JsonObject moving(Optional<LeaderMigration> migration) {
    JsonObject moving = new JsonObject();
    moving.addProperty("leaderName", migration.map(LeaderMigration::leaseName).orElse(""));
    moving.addProperty("resourceLock", migration.isPresent() ? "leases" : "");
    moving.add(
        "controllerLeaders",
        migration.<JsonElement>map(plan -> rows(plan.leaders())).orElse(JsonNull.INSTANCE));
    return moving;
  }

  private static JsonArray rows(List<LeaderMigration.Leader> leaders) {
    JsonArray rows = new JsonArray();
    for (LeaderMigration.Leader leader : leaders) {
      JsonObject row = new JsonObject();
      row.addProperty("name", leader.controller());
      row.addProperty("component", leader.component());
      rows.add(row);
    }
    return rows;
  }

  private JsonObject shared() {
    JsonObject provider = new JsonObject();
    provider.addProperty("Name", text("cloud-provider"));
    provider.addProperty("CloudConfigFile", text("cloud-config"));
    JsonObject shared = new JsonObject();
    shared.add("CloudProvider", provider);
    shared.addProperty("ExternalCloudVolumePlugin", text("external-cloud-volume-plugin"));
    shared.add("UseServiceAccountCredentials", bool("use-service-account-credentials", false));
    shared.add("AllowUntaggedCloud", bool("allow-untagged-cloud", false));
    shared.add("RouteReconciliationPeriod", duration("route-reconciliation-period", ""));
    shared.add("NodeMonitorPeriod", duration("node-monitor-period", ""));
    shared.addProperty("ClusterName", text("cluster-name"));
    shared.addProperty("ClusterCIDR", text("cluster-cidr"));
    shared.add("AllocateNodeCIDRs", bool("allocate-node-cidrs", false));
    String allocator = text("cidr-allocator-type");
    shared.addProperty("CIDRAllocatorType", allocator.isEmpty() ? "RangeAllocator" : allocator);
    shared.add("ConfigureCloudRoutes", bool("configure-cloud-routes", true));
    shared.add("NodeSyncPeriod", duration("node-sync-period", "0s"));
    return shared;
  }

  private String text(String flag) {
    return flags.has(flag) ? flags.get(flag).getAsString() : "";
  }

  private JsonPrimitive bool(String flag, boolean otherwise) {
    String text = text(flag);
    return new JsonPrimitive(text.isEmpty() ? otherwise : Boolean.parseBoolean(text));
  }

  /// Without the trailing zero of a whole number.
  private JsonPrimitive number(String flag) {
    BigDecimal number = new BigDecimal(text(flag)).stripTrailingZeros();
    return new JsonPrimitive(number.scale() <= 0 ? number.setScale(0) : number);
  }

  private JsonPrimitive duration(String flag, String otherwise) {
    String text = text(flag);
    return new JsonPrimitive(goes(GoDuration.parse(text.isEmpty() ? otherwise : text)));
  }

  /// As Go's `Duration.String` writes it: from a minute on with every smaller unit.
  static String goes(Duration duration) {
    if (duration.compareTo(Duration.ofMinutes(1)) < 0) {
      return GoDuration.format(duration);
    }
    Duration seconds = duration.minusMinutes(duration.toMinutes());
    String hours = duration.toHours() > 0 ? duration.toHours() + "h" : "";
    String rest = seconds.isZero() ? "0s" : fraction(seconds);
    return hours + duration.toMinutesPart() + "m" + rest;
  }

  private static String fraction(Duration seconds) {
    return BigDecimal.valueOf(seconds.toNanos(), 9).stripTrailingZeros().toPlainString() + "s";
  }

  private JsonArray list(String flag) {
    JsonArray list = new JsonArray();
    for (String item : text(flag).split(",", -1)) {
      list.add(item);
    }
    return list;
  }
}
