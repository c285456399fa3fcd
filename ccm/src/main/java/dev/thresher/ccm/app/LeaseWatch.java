package dev.thresher.ccm.app;

import com.google.gson.JsonObject;
import dev.thresher.api.CoreTypes;
import dev.thresher.api.ObjectKey;
import dev.thresher.runtime.client.KubeApi;
import dev.thresher.runtime.client.KubeApiException;
import dev.thresher.runtime.informer.Informers;
import dev.thresher.runtime.informer.Scope;
import dev.thresher.runtime.leader.LeaderElection;
import dev.thresher.runtime.lifecycle.Component;
import dev.thresher.runtime.patch.Patches;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Lets a standby hear at once that the lease was given back.
///
/// The role of harvester-cloud-provider's chart lacks `list` and `watch` on leases. Then the
/// election looks by itself every retry period, which is said once.
final class LeaseWatch implements Component {

  private static final Logger log = LoggerFactory.getLogger(LeaseWatch.class);

  private final ObjectKey lease;
  private final LeaderElection election;
  private final KubeApi guest;
  private final Informers informers;

  LeaseWatch(ObjectKey lease, LeaderElection election, KubeApi guest, Informers informers) {
    this.lease = lease;
    this.election = election;
    this.guest = guest;
    this.informers = informers;
  }

  @Override
  public String name() {
    return "lease-watch";
  }

  @Override
  public void start() {
    Thread.ofVirtual().name("lease-watch").start(this::watchIfAllowed);
  }

  @Override
  public void stop() {}

  private void watchIfAllowed() {
    try {
      if (isAllowed("list") && isAllowed("watch")) {
        informers
            .informer(CoreTypes.LEASE, Scope.object(lease.namespace(), lease.name()))
            .onChange(_ -> election.nudge());
      } else {
        log.atInfo()
            .addKeyValue("lease", lease)
            .log(
                "the role lacks list and watch on leases: a standby notices a free lease only at its"
                    + " retry period");
      }
    } catch (KubeApiException e) {
      log.atInfo()
          .addKeyValue("lease", lease)
          .addKeyValue("error", e.getMessage())
          .log("lease is not watched: a standby notices a free one at its retry period");
    }
  }

  private boolean isAllowed(String verb) {
    JsonObject attributes = new JsonObject();
    attributes.addProperty("namespace", lease.namespace());
    attributes.addProperty("verb", verb);
    attributes.addProperty("group", CoreTypes.LEASE.group());
    attributes.addProperty("resource", CoreTypes.LEASE.plural());
    attributes.addProperty("name", lease.name());
    JsonObject review = Patches.nest(attributes, "spec", "resourceAttributes");
    review.addProperty("apiVersion", "authorization.k8s.io/v1");
    review.addProperty("kind", "SelfSubjectAccessReview");
    return guest
        .request(
            "POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", Optional.of(review))
        .map(answer -> answer.getAsJsonObject("status"))
        .map(status -> status.get("allowed").getAsBoolean())
        .orElse(false);
  }
}
