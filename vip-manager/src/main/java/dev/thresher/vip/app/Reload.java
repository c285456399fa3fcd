package dev.thresher.vip.app;

import dev.thresher.vip.app.SettingValues.WrongUsageException;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Predicate;
import java.util.function.Supplier;

/// What follows from reading the settings again while the program runs: a pure function of what is
/// in force and what is read.
sealed interface Reload {

  /// What is in force stays as it is.
  ///
  /// @param why for people: the setting, its value and what to write
  record Refused(String why) implements Reload {}

  /// @param values in force from now on
  /// @param config that follows from them
  /// @param applied names of settings that changed
  /// @param restart names of settings that were changed and need a restart
  /// @param withoutEffect of what is read, for people: see [WithoutEffect]
  record Taken(
      SettingValues values,
      ManagerConfig config,
      List<String> applied,
      List<String> restart,
      List<String> withoutEffect)
      implements Reload {}

  /// @param inForce the values now
  /// @param running in which the program runs
  /// @param read gives those of now; may find them wrong
  static Reload of(
      SettingValues inForce,
      Profile running,
      Supplier<SettingValues> read,
      String hostName,
      Predicate<Path> exists) {
    try {
      SettingValues newer = read.get();
      // What needs a restart must be right, too: the next start would fail.
      ManagerConfig afterRestart = ManagerConfig.of(newer, hostName, exists);
      SettingValues next = inForce.following(newer);
      ManagerConfig config = ManagerConfig.of(next, hostName, exists);
      return new Taken(
          next,
          config,
          names(inForce.differing(next)),
          names(next.differing(newer)),
          WithoutEffect.all(newer, afterRestart.compatible().forced().orElse(running)));
    } catch (WrongUsageException e) {
      return new Refused(String.valueOf(e.getMessage()));
    }
  }

  private static List<String> names(List<Setting> settings) {
    return settings.stream().map(Setting::name).toList();
  }
}
