package dev.thresher.ccm.app;

import dagger.Module;
import dagger.Provides;
import dev.thresher.api.ObjectKey;
import dev.thresher.ccm.duties.Duty;
import dev.thresher.ccm.duties.ForDuty;
import dev.thresher.ccm.duties.LeaderMigration;
import dev.thresher.ccm.duties.Leases;
import dev.thresher.ccm.duties.MigrationLease;
import dev.thresher.runtime.client.KubeApi;
import dev.thresher.runtime.leader.LeaderElection;
import dev.thresher.runtime.leader.LeaderElectionConfig;
import dev.thresher.runtime.leader.Leadership;
import dev.thresher.runtime.lifecycle.ShutdownSignal;
import dev.thresher.runtime.metrics.Metrics;
import dev.thresher.runtime.process.LeaseHome;
import dev.thresher.runtime.process.ProcessModule;
import dev.thresher.runtime.serving.HealthChecks;
import dev.thresher.runtime.serving.HealthRegistry;
import dev.thresher.runtime.time.Timeline;
import jakarta.inject.Singleton;
import java.util.Optional;

/// Gives each controller its leadership, and an API of the guest, as the account that it acts as,
/// that asks for it before each write.
@Module
interface DutiesModule {

  /// Empty without leader migration. Whoever loses the second lease ends, as with the first.
  @Provides
  @Singleton
  static Optional<MigrationLease> migration(
      CcmConfig config,
      LeaseHome home,
      ShutdownSignal signal,
      Leadership main,
      HealthRegistry health,
      Metrics metrics,
      Timeline timeline) {
    return config
        .migration()
        .map(plan -> {
          LeaderElectionConfig first = config.process().election().orElseThrow();
          ObjectKey lease = ObjectKey.of(first.lease().namespace(), plan.leaseName());
          LeaderElection second =
              ProcessModule.candidate(first.withLease(lease), home, signal, metrics, timeline);
          health.add(HealthChecks.Kind.LIVE, "leaderMigration", second::health);
          return new MigrationLease(main, second, second::start, second::stop);
        });
  }

  @Provides
  @Singleton
  static Leases leases(CcmConfig config, Leadership main, Optional<MigrationLease> migration) {
    Optional<LeaderMigration> plan = config.migration();
    return plan.isPresent()
        ? Leases.two(main, plan.get(), migration.orElseThrow())
        : Leases.one(main);
  }

  @Provides
  @ForDuty(Duty.NODE)
  static Leadership nodes(Leases leases) {
    return leases.of(Duty.NODE);
  }

  @Provides
  @ForDuty(Duty.NODE_LIFECYCLE)
  static Leadership lifecycle(Leases leases) {
    return leases.of(Duty.NODE_LIFECYCLE);
  }

  @Provides
  @ForDuty(Duty.SERVICE)
  static Leadership services(Leases leases) {
    return leases.of(Duty.SERVICE);
  }

  @Provides
  @ForDuty(Duty.ROUTE)
  static Leadership routes(Leases leases) {
    return leases.of(Duty.ROUTE);
  }

  @Provides
  @Singleton
  @ForDuty(Duty.NODE)
  static KubeApi forNodes(GuestServers servers, Leases leases) {
    return servers.of(Duty.NODE).fenced(leases.of(Duty.NODE)::held);
  }

  @Provides
  @Singleton
  @ForDuty(Duty.NODE_LIFECYCLE)
  static KubeApi forLifecycle(GuestServers servers, Leases leases) {
    return servers.of(Duty.NODE_LIFECYCLE).fenced(leases.of(Duty.NODE_LIFECYCLE)::held);
  }

  @Provides
  @Singleton
  @ForDuty(Duty.SERVICE)
  static KubeApi forServices(GuestServers servers, Leases leases) {
    return servers.of(Duty.SERVICE).fenced(leases.of(Duty.SERVICE)::held);
  }

  @Provides
  @Singleton
  @ForDuty(Duty.ROUTE)
  static KubeApi forRoutes(GuestServers servers, Leases leases) {
    return servers.of(Duty.ROUTE).fenced(leases.of(Duty.ROUTE)::held);
  }
}
