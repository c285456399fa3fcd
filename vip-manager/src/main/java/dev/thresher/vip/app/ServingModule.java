package dev.thresher.vip.app;

import com.google.gson.JsonObject;
import dagger.Module;
import dagger.Provides;
import dev.thresher.runtime.informer.Informers;
import dev.thresher.runtime.metrics.Metrics;
import dev.thresher.runtime.serving.Access;
import dev.thresher.runtime.serving.Endpoint;
import dev.thresher.runtime.serving.HealthChecks.Kind;
import dev.thresher.runtime.serving.HealthRegistry;
import dev.thresher.runtime.serving.OpsServer;
import dev.thresher.vip.controlplane.ControlPlane;
import dev.thresher.vip.election.Right;
import dev.thresher.vip.mesh.TcpMesh;
import dev.thresher.vip.services.AddressKeeper;
import dev.thresher.vip.services.Keeping;
import dev.thresher.vip.services.Ownership;
import jakarta.inject.Singleton;
import java.util.Optional;

/// Health and metrics for operators.
@Module
final class ServingModule {

  private ServingModule() {}

  @Provides
  @Singleton
  static HealthRegistry health(
      Informers informers,
      Right right,
      Ownership ownership,
      AddressKeeper keeper,
      Optional<ControlPlane> controlPlane,
      Profile profile,
      TcpMesh mesh) {
    HealthRegistry health = new HealthRegistry();
    health.add(Kind.LIVE, "right", right::problem);
    health.add(
        Kind.READY,
        "caches",
        () -> problem(informers.hasSynced(), "not all caches have synced yet"));
    health.add(
        Kind.READY,
        "session",
        () ->
            problem(
                right.view().session().isPresent(),
                "this node has no right to hold anything: its Lease was not renewed, or no majority"
                    + " of the voters answers"));
    health.add(Kind.READY, "voter", right::unready);
    if (profile == Profile.FULL) {
      health.add(Kind.READY, "mesh", mesh::problem);
    }
    health.add(
        Kind.READY,
        "ownership",
        () -> problem(ownership.ready(), "who holds what is not known yet"));
    controlPlane.ifPresent(found -> health.add(Kind.READY, "api-server", found::problem));
    health.add(Kind.READY, "addresses", () -> failing(keeper.keeping()));
    return health;
  }

  @Provides
  @Singleton
  static OpsServer server(ManagerConfig config, HealthRegistry health, Metrics metrics) {
    return OpsServer.builder(Endpoint.http(config.opsHost(), config.opsPort(), "prometheus_server"))
        .access(Access.healthAndMetrics())
        .health(health)
        .metrics(metrics)
        .configz(() -> configz(config))
        .logLevel()
        .build();
  }

  /// kube-vip's port for probes.
  @Provides
  @Singleton
  static Optional<OpsServer> healthServer(ManagerConfig config, HealthRegistry health) {
    return config.healthPort() == 0
        ? Optional.empty()
        : Optional.of(
            OpsServer.builder(Endpoint.http("::", config.healthPort(), "health_check_port"))
                .health(health)
                .build());
  }

  private static Optional<String> problem(boolean well, String problem) {
    return well ? Optional.empty() : Optional.of(problem);
  }

  /// An address that was granted to this node and cannot be answered here.
  private static Optional<String> failing(Keeping keeping) {
    return keeping.addresses().entrySet().stream()
        .filter(entry -> entry.getValue().state() instanceof Keeping.State.Failed)
        .map(entry -> entry.getKey().getHostAddress() + ": " + entry.getValue().state())
        .findFirst();
  }

  private static JsonObject configz(ManagerConfig config) {
    JsonObject json = new JsonObject();
    json.addProperty("node", config.node());
    json.addProperty("serviceNamespace", config.serviceNamespace().orElse(""));
    json.addProperty("services", config.serviceNamespace().isPresent());
    json.addProperty("controlPlane", config.controlPlane().toString());
    json.addProperty("leaseNamespace", config.leaseNamespace());
    json.addProperty("interface", config.configuredInterface());
    json.addProperty("classes", config.services().classes().toString());
    json.addProperty("times", config.times().toString());
    json.addProperty("meshPort", config.meshPort());
    json.addProperty("icmp", config.icmp());
    json.addProperty("virtualMac", config.virtualMac());
    json.addProperty("writeStatus", config.writeStatus());
    return json;
  }
}
