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

/// Which profile applies, and why.
///
/// The manifests that this program prints say `full`. What says nothing may be kube-vip's own, and
/// kube-vips may still run on other nodes: the full profile is taken only for an account that can
/// be nothing but that of the shipped role.
///
/// @param reason for the log
record ProfileChoice(Profile profile, String reason) {

  private static final Logger LOG = LoggerFactory.getLogger(ProfileChoice.class);
  private static final Duration AGAIN = Duration.ofSeconds(1);

  /// Asks the API server if it must. Blocks until that answers.
  ///
  /// @return empty if the program was told to end before
  static Optional<ProfileChoice> of(
      ManagerConfig config, Map<String, String> environment, ShutdownSignal signal)
      throws InterruptedException {
    Optional<Profile> forced = config.compatible().forced();
    if (forced.isPresent()) {
      return Optional.of(new ProfileChoice(forced.get(), "settings say so"));
    }
    // Of these parts only the client is made.
    VipManagerComponent asking =
        DaggerVipManagerComponent.factory().create(config, Profile.FULL, environment, signal);
    asking.client().start();
    try {
      Optional<ProfileChoice> choice = Optional.empty();
      while (choice.isEmpty() && !signal.isRequested()) {
        choice = ask(asking.client(), config.leaseNamespace());
        if (choice.isEmpty()) {
          TimeUnit.NANOSECONDS.sleep(AGAIN.toNanos());
        }
      }
      return choice;
    } finally {
      asking.client().stop();
      asking.timeline().stop();
    }
  }

  /// Empty if the server does not answer.
  static Optional<ProfileChoice> ask(KubeApi api, String namespace) {
    try {
      boolean patches =
          OwnAccess.isAllowed(
              api, CoreTypes.LEASE.group(), CoreTypes.LEASE.plural(), "patch", namespace);
      if (!patches) {
        return Optional.of(
            new ProfileChoice(
                Profile.COMPATIBLE,
                "the account may not patch Leases in " + namespace + ", as kube-vip's may not"));
      }
      return Optional.of(
          OwnAccess.isAllowed(api, "*", "*", "*", "")
              ? new ProfileChoice(
                  Profile.COMPATIBLE,
                  "the account may do everything, so the manifest may be kube-vip's;"
                      + " vip_profile=full says that it is not and that no kube-vip runs")
              : new ProfileChoice(
                  Profile.FULL, "the account may patch Leases, as that of the shipped role"));
    } catch (KubeApiException e) {
      LOG.atWarn()
          .addKeyValue("error", e.getMessage())
          .addKeyValue("remedy", "vip_profile=full or compatible, which asks nobody")
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
