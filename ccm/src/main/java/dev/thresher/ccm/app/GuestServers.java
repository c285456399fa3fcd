package dev.thresher.ccm.app;

import dev.thresher.api.ObjectKey;
import dev.thresher.api.names.KubernetesNames;
import dev.thresher.ccm.duties.Duty;
import dev.thresher.runtime.accounts.AccountToken;
import dev.thresher.runtime.client.ClientConfig;
import dev.thresher.runtime.client.OkHttpKubeApi;
import dev.thresher.runtime.lifecycle.Component;
import dev.thresher.runtime.metrics.Metrics;
import dev.thresher.runtime.serving.HealthChecks;
import dev.thresher.runtime.serving.HealthRegistry;
import dev.thresher.runtime.time.Timeline;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/// Who asks the guest's API server: the program for all, or with
/// `--use-service-account-credentials` each controller, and whoever fills the caches, as a service
/// account of its own. Lease, access reviews and what the provider keeps in the guest are the
/// program's in any case.
final class GuestServers {

  /// Upstream's name for whoever fills the caches.
  static final String READER = "shared-informers";

  private final OkHttpKubeApi program;
  private final Map<String, AccountToken> tokens = new LinkedHashMap<>();
  private final Map<String, OkHttpKubeApi> servers = new LinkedHashMap<>();

  /// @param program with the program's own credentials, started and stopped by others
  /// @param perAccount whether controllers have accounts of their own
  GuestServers(
      OkHttpKubeApi program,
      ClientConfig config,
      boolean perAccount,
      Timeline timeline,
      Metrics metrics) {
    this.program = program;
    if (perAccount) {
      add(READER, config, timeline, metrics);
      for (Duty duty : Duty.values()) {
        add(duty.account(), config, timeline, metrics);
      }
    }
  }

  private void add(String account, ClientConfig config, Timeline timeline, Metrics metrics) {
    if (servers.containsKey(account)) {
      return;
    }
    var token =
        new AccountToken(program, ObjectKey.of(KubernetesNames.KUBE_SYSTEM, account), timeline);
    ClientConfig own =
        config
            // The caches are the guest's, whoever fills them.
            .withToken(
                account.equals(READER) ? config.name() : config.name() + "/" + account, token)
            .withUserAgent(config.userAgent() + " " + account);
    tokens.put(account, token);
    servers.put(account, new OkHttpKubeApi(own, timeline, metrics));
  }

  OkHttpKubeApi of(Duty duty) {
    return servers.getOrDefault(duty.account(), program);
  }

  OkHttpKubeApi reader() {
    return servers.getOrDefault(READER, program);
  }

  /// In the order of their start: tokens come first. An account of a duty that nobody does here is
  /// not asked for.
  List<Component> components(Set<Duty> done) {
    Set<String> accounts = accounts(done);
    List<Component> all = new ArrayList<>();
    tokens.forEach((account, token) -> {
      if (accounts.contains(account)) {
        all.add(token);
      }
    });
    servers.forEach((account, server) -> {
      if (accounts.contains(account)) {
        all.add(server);
      }
    });
    return all;
  }

  void addTo(HealthRegistry health, Set<Duty> done) {
    for (String account : accounts(done)) {
      OkHttpKubeApi server = servers.get(account);
      AccountToken token = tokens.get(account);
      if (server != null && token != null) {
        health.add(
            HealthChecks.Kind.READY,
            "guest-credentials-" + account,
            () -> token.problem().or(server::credentialsProblem));
      }
    }
  }

  private static Set<String> accounts(Set<Duty> done) {
    Set<String> accounts = new TreeSet<>(Set.of(READER));
    done.forEach(duty -> accounts.add(duty.account()));
    return accounts;
  }
}
