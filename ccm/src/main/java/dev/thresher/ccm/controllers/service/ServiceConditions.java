package dev.thresher.ccm.controllers.service;

import com.google.gson.JsonObject;
import dev.thresher.api.ObjectKey;
import dev.thresher.api.json.LenientJson;
import dev.thresher.runtime.client.KubeApiException;
import dev.thresher.runtime.client.KubeApiException.Reason;
import dev.thresher.runtime.patch.Patch;
import dev.thresher.runtime.patch.Patches;
import io.kubernetes.client.openapi.models.V1Condition;
import io.kubernetes.client.openapi.models.V1Service;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Writes the condition of a Service, beside those of others. Thread-safe.
final class ServiceConditions {

  private static final Logger log = LoggerFactory.getLogger(ServiceConditions.class);

  private final ServiceWrites writes;
  private final InstantSource clock;
  private final AtomicBoolean refusalSaid = new AtomicBoolean();

  ServiceConditions(ServiceWrites writes, InstantSource clock) {
    this.writes = writes;
    this.clock = clock;
  }

  /// Makes the condition say this. Costs nothing if it does.
  ///
  /// @return the Service as it is then, empty if it is gone
  Optional<V1Service> tell(V1Service service, Readiness readiness) {
    try {
      return writes.patchFresh(
          service,
          seen -> readiness.among(present(seen), clock.instant()).map(all -> patch(seen, all)));
    } catch (KubeApiException e) {
      if (!e.is(Reason.FORBIDDEN)) {
        throw e;
      }
      // The Events say the same, and no load balancer is worse for it.
      if (refusalSaid.compareAndSet(false, true)) {
        log.atWarn()
            .addKeyValue("service", ObjectKey.of(service))
            .addKeyValue("error", e.getMessage())
            .log("role does not allow to patch services/status: Services get no condition");
      }
      return Optional.of(service);
    }
  }

  /// As [#tell], after a failure that is to be reported whatever becomes of this.
  void tellFailure(V1Service service, String reason, String why) {
    try {
      var _ = tell(service, new Readiness.Bad(reason, why));
    } catch (KubeApiException e) {
      log.atWarn()
          .addKeyValue("service", ObjectKey.of(service))
          .addKeyValue("error", e.getMessage())
          .log("condition of the service could not be written");
    }
  }

  private static List<V1Condition> present(V1Service service) {
    var status = service.getStatus();
    List<V1Condition> conditions = status == null ? null : status.getConditions();
    return conditions == null ? List.of() : conditions;
  }

  /// The list is one of several writers, so it carries the version that was seen.
  private static Patch patch(V1Service seen, List<V1Condition> conditions) {
    JsonObject meta = new JsonObject();
    meta.addProperty("resourceVersion", seen.getMetadata().getResourceVersion());
    JsonObject document =
        Patches.nest(LenientJson.gson().toJsonTree(conditions), "status", "conditions");
    document.add("metadata", meta);
    return new Patch.Merge(document, "status");
  }
}
