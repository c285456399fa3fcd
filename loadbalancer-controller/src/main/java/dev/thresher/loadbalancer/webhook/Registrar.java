package dev.thresher.loadbalancer.webhook;

import com.google.gson.JsonObject;
import dev.thresher.api.CoreTypes;
import dev.thresher.api.ObjectKey;
import dev.thresher.api.ResourceType;
import dev.thresher.api.loadbalancer.LoadBalancerTypes;
import dev.thresher.runtime.client.KubeApi;
import dev.thresher.runtime.patch.Patch;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Tells the API servers about the webhooks: by the two configurations and the definition of
/// `LoadBalancer`.
final class Registrar {

  private static final Logger log = LoggerFactory.getLogger(Registrar.class);

  private static final ObjectKey CONFIGURATION = ObjectKey.cluster(WebhookSettings.NAME);
  private static final ObjectKey DEFINITION =
      ObjectKey.cluster(LoadBalancerTypes.LOAD_BALANCER.resource());

  private final KubeApi api;
  private final WebhookSettings settings;

  Registrar(KubeApi api, WebhookSettings settings) {
    this.api = api;
    this.settings = settings;
  }

  /// The objects as they were before it was known whom to trust: what is written by [#announce] is
  /// refused if somebody with newer knowledge wrote in between.
  ///
  /// @param validating empty if there is none
  /// @param mutating empty if there is none
  /// @param definition empty if there is none
  record Seen(
      Optional<JsonObject> validating,
      Optional<JsonObject> mutating,
      Optional<JsonObject> definition) {}

  /// Why the webhooks cannot be announced: where they would be looked for there is nothing, and
  /// with failure policy Fail every write of a load balancer would be refused.
  Optional<String> obstacle() {
    ObjectKey service = ObjectKey.of(settings.namespace(), WebhookSettings.NAME);
    return settings.url().isPresent() || api.getJson(CoreTypes.SERVICE, service).isPresent()
        ? Optional.empty()
        : Optional.of(
            "Service "
                + service
                + " does not exist, by which API servers reach the webhooks; create it from"
                + " charts/loadbalancer-controller/files/webhook-service.yaml, or run with"
                + " --webhook=false");
  }

  Seen look() {
    return new Seen(
        api.getJson(CoreTypes.VALIDATING_WEBHOOK_CONFIGURATION, CONFIGURATION),
        api.getJson(CoreTypes.MUTATING_WEBHOOK_CONFIGURATION, CONFIGURATION),
        api.getJson(CoreTypes.CUSTOM_RESOURCE_DEFINITION, DEFINITION));
  }

  /// Writes what differs.
  ///
  /// @return whether something was written
  /// @throws dev.thresher.runtime.client.KubeApiException with reason `CONFLICT` or
  ///   `ALREADY_EXISTS` when somebody else wrote meanwhile
  boolean announce(Seen seen, Announcement wanted) {
    // The conversion first: without it no older version can be admitted.
    boolean written = false;
    if (seen.definition().isPresent()) {
      Optional<Patch> patch = wanted.conversion(seen.definition().get());
      written =
          patch.isPresent() && write(CoreTypes.CUSTOM_RESOURCE_DEFINITION, DEFINITION, patch.get());
    }
    written |=
        configuration(CoreTypes.MUTATING_WEBHOOK_CONFIGURATION, seen.mutating(), wanted.mutating());
    written |=
        configuration(
            CoreTypes.VALIDATING_WEBHOOK_CONFIGURATION, seen.validating(), wanted.validating());
    return written;
  }

  private boolean configuration(
      ResourceType<?> type, Optional<JsonObject> present, JsonObject wanted) {
    if (present.isEmpty()) {
      var _ = api.createJson(type, "", wanted);
      log.atInfo().addKeyValue("object", type.kind()).log("webhook registered");
      return true;
    }
    Optional<Patch> patch = Announcement.repair(present.get(), wanted);
    return patch.isPresent() && write(type, CONFIGURATION, patch.get());
  }

  private boolean write(ResourceType<?> type, ObjectKey key, Patch patch) {
    boolean written = api.patch(type, key, patch).isPresent();
    log.atInfo()
        .addKeyValue("object", type.kind())
        .addKeyValue("name", key)
        .log("webhook registration brought up to date");
    return written;
  }
}
