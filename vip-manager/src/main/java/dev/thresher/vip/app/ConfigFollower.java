package dev.thresher.vip.app;

import dev.thresher.runtime.lifecycle.Component;
import dev.thresher.runtime.metrics.Metrics;
import dev.thresher.runtime.time.Timeline;
import dev.thresher.vip.services.NodeEvents;
import io.prometheus.metrics.core.metrics.Counter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Looks at the file of settings now and then, and hands on what changed in it. Looking at the text
/// sees every way of changing a file, also the exchanged folder of a mounted ConfigMap.
final class ConfigFollower implements Component {

  static final String REFUSED = "ConfigRefused";
  static final String APPLIED = "ConfigApplied";
  static final String NEEDS_RESTART = "ConfigNeedsRestart";
  static final String WITHOUT_EFFECT = "ConfigWithoutEffect";

  private static final Logger LOG = LoggerFactory.getLogger(ConfigFollower.class);
  private static final Duration PERIOD = Duration.ofSeconds(5);

  private final Path file;
  private final Function<SettingValues, Reload> read;
  private final Consumer<ManagerConfig> apply;
  private final NodeEvents events;
  private final Timeline timeline;
  private final Counter reloads;

  private volatile boolean good = true;
  private volatile int waiting;
  private volatile boolean stopped;

  // The looking thread's own.
  private SettingValues inForce;
  private String seen;
  private List<String> saidRestart = List.of();
  private List<String> saidWithoutEffect;

  /// @param started what the program runs with, read from `file` a moment ago
  /// @param saidWithoutEffect what has no effect of that, which the log says already
  /// @param read decides, given what is in force
  /// @param apply hears what is in force from now on; must not throw
  ConfigFollower(
      Path file,
      SettingValues started,
      List<String> saidWithoutEffect,
      Function<SettingValues, Reload> read,
      Consumer<ManagerConfig> apply,
      NodeEvents events,
      Timeline timeline,
      Metrics metrics) {
    this.file = file;
    this.inForce = started;
    this.saidWithoutEffect = saidWithoutEffect;
    this.read = read;
    this.apply = apply;
    this.events = events;
    this.timeline = timeline;
    this.seen = text();
    metrics.gauge(
        "thresher_vip_config_good",
        "0 while the file of settings has a mistake and the last good one is in force.",
        () -> good ? 1 : 0);
    metrics.gauge(
        "thresher_vip_config_restart_settings",
        "How many settings were changed in the file and need a restart.",
        () -> waiting);
    this.reloads =
        metrics.counter(
            "thresher_vip_config_reloads_total",
            "How often the file of settings changed.",
            "result");
  }

  @Override
  public String name() {
    return "settings";
  }

  @Override
  public void start() {
    timeline.after(PERIOD, this::begin);
  }

  @Override
  public void stop() {
    stopped = true;
  }

  private void begin() {
    if (!stopped) {
      Thread.ofVirtual()
          .name("settings")
          .start(() -> {
            try {
              look();
            } finally {
              timeline.after(PERIOD, this::begin);
            }
          });
    }
  }

  /// One look at the file.
  void look() {
    String now = text();
    if (now.equals(seen)) {
      return;
    }
    seen = now;
    switch (read.apply(inForce)) {
      case Reload.Refused(var why) -> {
        good = false;
        reloads.labelValues("refused").inc();
        LOG.atError()
            .addKeyValue("file", file)
            .addKeyValue("reason", why)
            .log("the changed settings are refused, the last good ones stay in force");
        events.warning(REFUSED, "the last good settings stay in force: " + why);
      }
      case Reload.Taken(var values, var config, var applied, var restart, var idle) -> {
        good = true;
        reloads.labelValues("taken").inc();
        inForce = values;
        waiting = restart.size();
        LOG.atInfo()
            .addKeyValue("file", file)
            .addKeyValue("applied", applied)
            .addKeyValue("needRestart", restart)
            .log("the settings were read again");
        sayWithoutEffect(idle);
        if (!applied.isEmpty()) {
          apply.accept(config);
          events.normal(APPLIED, "changed in " + file + ": " + applied);
        }
        if (!restart.isEmpty() && !restart.equals(saidRestart)) {
          events.warning(
              NEEDS_RESTART,
              "changed in "
                  + file
                  + " and in force only after a restart of vip-manager: "
                  + restart);
        }
        saidRestart = restart;
      }
    }
  }

  /// Each once, as long as it stays.
  private void sayWithoutEffect(List<String> now) {
    List<String> news = now.stream().filter(one -> !saidWithoutEffect.contains(one)).toList();
    if (!news.isEmpty()) {
      LOG.atWarn().addKeyValue("settings", news).log("given without effect");
      events.warning(WITHOUT_EFFECT, "given in " + file + " without effect: " + news);
    }
    saidWithoutEffect = now;
  }

  /// A file that cannot be read is another text than any file has.
  private String text() {
    try {
      return "=" + Files.readString(file);
    } catch (IOException e) {
      return "!" + e;
    }
  }
}
