package dev.thresher.vip.app;

import dev.thresher.api.CoreTypes;
import dev.thresher.runtime.client.KubeApi;
import dev.thresher.runtime.client.KubeApiException;
import dev.thresher.runtime.client.OwnAccess;
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
    Optional<ProfileChoice> choice = await(asking, config, signal, TRIES);
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
      await(asking, config, signal, Integer.MAX_VALUE)
          .filter(choice -> choice.profile() != Profile.FULL)
          .ifPresent(choice ->
              signal.request(1, choice.reason() + ": starting again with profile compatible"));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      asking.client().stop();
      asking.timeline().stop();
    }
  }

  /// Empty if the server does not answer so often, or the program is to end.
  private static Optional<ProfileChoice> await(
      VipManagerComponent asking, ManagerConfig config, ShutdownSignal signal, int tries)
      throws InterruptedException {
    for (int attempt = 0; attempt < tries && !signal.isRequested(); attempt++) {
      Optional<ProfileChoice> choice = ask(asking.client(), config.leaseNamespace());
      if (choice.isPresent()) {
        return choice;
      }
      TimeUnit.NANOSECONDS.sleep(AGAIN.toNanos());
    }
    return Optional.empty();
  }

  /// Empty if the server does not answer.
  static Optional<ProfileChoice> ask(KubeApi api, String namespace) {
    try {
      boolean patches =
          OwnAccess.isAllowed(
              api, CoreTypes.LEASE.group(), CoreTypes.LEASE.plural(), "patch", namespace);
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
