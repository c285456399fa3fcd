package dev.thresher.ccm.app;

import dev.thresher.ccm.duties.LeaderMigration;
import dev.thresher.ccm.duties.LeaderMigrationReader;
import dev.thresher.runtime.cli.FlagGroup;
import dev.thresher.runtime.cli.UsageException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Option;

/// The flags of controllers that move from one controller manager to another.
@FlagGroup("Leader migration")
final class LeaderMigrationOptions {

  private static final Logger log = LoggerFactory.getLogger(LeaderMigrationOptions.class);

  @Option(
      names = "--enable-leader-migration",
      arity = "0..1",
      fallbackValue = "true",
      description =
          "run the controllers that are being moved to or from another controller manager under a"
              + " second lease, which that program knows, too")
  private boolean enabled;

  @Option(
      names = "--leader-migration-config",
      description =
          "file with a LeaderMigrationConfiguration (controllermanager.config.k8s.io/v1): the"
              + " second lease and which program runs which controller; empty for upstream's default")
  private String config = "";

  /// @param elect whether there is a first lease; without one there is no second either, as
  ///   upstream
  /// @throws UsageException if the file is not usable
  Optional<LeaderMigration> migration(boolean elect) {
    if (!enabled || !elect) {
      if (enabled || !config.isEmpty()) {
        log.atWarn()
            .addKeyValue("enableLeaderMigration", enabled)
            .addKeyValue("leaderElect", elect)
            .log("no leader migration: it needs --enable-leader-migration and --leader-elect");
      }
      return Optional.empty();
    }
    LeaderMigration migration = config.isEmpty() ? LeaderMigration.DEFAULT : read();
    if (!migration.unknown().isEmpty()) {
      log.atWarn()
          .addKeyValue("controllers", migration.unknown())
          .log("the leader migration gives this program controllers that it does not have");
    }
    return Optional.of(migration);
  }

  private LeaderMigration read() {
    try {
      return LeaderMigrationReader.read(Files.readString(Path.of(config)), config);
    } catch (IOException e) {
      throw new UsageException(
          "--leader-migration-config: cannot read " + config + ": " + e.getMessage());
    } catch (IllegalArgumentException e) {
      throw new UsageException("--leader-migration-config: " + e.getMessage());
    }
  }
}
