package dev.thresher.vip.app;

import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import dev.thresher.runtime.client.KubeApi;
import dev.thresher.runtime.client.KubeApiException;
import dev.thresher.runtime.lifecycle.ShutdownSignal;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Which profile applies, and why. An account that may patch Leases has the shipped role, or more;
/// kube-vip's may not.
///
/// @param reason for the log
record ProfileChoice(Profile profile, String reason) {

  private static final Logger LOG = LoggerFactory.getLogger(ProfileChoice.class);
  private static final String PATH = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
  private static final Duration AGAIN = Duration.ofSeconds(1);

  /// How often a server that does not answer is asked. A node of the control plane may start before
  /// its server does; its health is not served as long as this lasts.
  private static final int TRIES = 30;

  /// Asks the API server if it must. Blocks while that does not answer, for half a minute or more.
  static ProfileChoice of(
      ManagerConfig config, Map<String, String> environment, ShutdownSignal signal)
      throws InterruptedException {
    Optional<Profile> forced = config.compatible().forced();
    if (forced.isPresent()) {
      return new ProfileChoice(forced.get(), "settings say so");
    }
    // Of these parts only the client is made.
    VipManagerComponent asking =
        DaggerVipManagerComponent.factory().create(config, Profile.FULL, environment, signal);
    asking.client().start();
    Optional<ProfileChoice> choice = Optional.empty();
    for (int attempt = 1;
        choice.isEmpty() && attempt <= TRIES && !signal.isRequested();
        attempt++) {
      choice = ask(asking.client(), config.leaseNamespace());
      if (choice.isEmpty()) {
        TimeUnit.NANOSECONDS.sleep(AGAIN.toNanos());
      }
    }
    if (choice.isPresent()) {
      asking.client().stop();
      asking.timeline().stop();
      return choice.get();
    }
    Thread.ofVirtual().name("profile").start(() -> keepAsking(asking, config, signal));
    return new ProfileChoice(
        Profile.FULL, "the API server has not said yet what this account may do");
  }

  /// Ends the program if the profile that was begun with turns out to be the wrong one.
  private static void keepAsking(
      VipManagerComponent asking, ManagerConfig config, ShutdownSignal signal) {
    try {
      while (!signal.isRequested()) {
        Optional<ProfileChoice> choice = ask(asking.client(), config.leaseNamespace());
        if (choice.isPresent()) {
          if (choice.get().profile() != Profile.FULL) {
            signal.request(1, choice.get().reason() + ": starting again with profile compatible");
          }
          return;
        }
        TimeUnit.NANOSECONDS.sleep(AGAIN.toNanos());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      asking.client().stop();
      asking.timeline().stop();
    }
  }

  /// Empty if the server does not answer.
  static Optional<ProfileChoice> ask(KubeApi api, String namespace) {
    try {
      boolean patches =
          api.request("POST", PATH, Optional.of(mayPatchLeases(namespace)))
              .map(answer -> answer.get("status"))
              .filter(status ->
                  status instanceof JsonObject verdict
                      && verdict.get("allowed") instanceof JsonPrimitive allowed
                      && allowed.getAsBoolean())
              .isPresent();
      return Optional.of(
          patches
              ? new ProfileChoice(Profile.FULL, "the account may patch Leases")
              : new ProfileChoice(
                  Profile.COMPATIBLE,
                  "the account may not patch Leases in " + namespace + ", as kube-vip's may not"));
    } catch (KubeApiException e) {
      LOG.atWarn()
          .addKeyValue("error", e.getMessage())
          .log("waiting for the API server to say what this account may do");
      return Optional.empty();
    }
  }

  private static JsonObject mayPatchLeases(String namespace) {
    JsonObject attributes = new JsonObject();
    attributes.addProperty("group", "coordination.k8s.io");
    attributes.addProperty("resource", "leases");
    attributes.addProperty("verb", "patch");
    attributes.addProperty("namespace", namespace);
    JsonObject spec = new JsonObject();
    spec.add("resourceAttributes", attributes);
    JsonObject review = new JsonObject();
    review.addProperty("apiVersion", "authorization.k8s.io/v1");
    review.addProperty("kind", "SelfSubjectAccessReview");
    review.add("spec", spec);
    return review;
  }

  void log() {
    LOG.atInfo()
        .addKeyValue("profile", profile)
        .addKeyValue("reason", reason)
        .log("profile chosen");
    if (profile == Profile.COMPATIBLE) {
      LOG.atWarn()
          .addKeyValue(
              "added",
              "take-over in a tenth of a second by proof of death (or by a majority of voters) in"
                  + " place of vip_leaseduration; addresses spread over the nodes; drain; Events;"
                  + " records of the nodes' networks and their settings; pools as limits")
          .addKeyValue("how", "apply the output of vip-manager manifest rbac and daemonset")
          .log("runs with kube-vip's manifest and rights, the full manifest adds");
    }
  }
}
