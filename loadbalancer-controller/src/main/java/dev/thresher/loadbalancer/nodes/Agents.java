package dev.thresher.loadbalancer.nodes;

import dev.thresher.api.ObjectKey;
import dev.thresher.api.net.NodeReport;
import dev.thresher.loadbalancer.nodes.Report.Target;
import dev.thresher.runtime.informer.Change;
import dev.thresher.runtime.time.Timeline;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The reports of all nodes, and which of them still count.
///
/// An agent writes its report anew every few seconds. One whose report has not changed for
/// [#PATIENCE], by this process's clock, is silent: what it said last is worth nothing any more.
/// After a start every report counts for that long, since nobody knows yet who lives.
///
/// Thread-safe; nobody is called with the lock held.
public final class Agents {

  private static final Logger log = LoggerFactory.getLogger(Agents.class);

  /// Three reports that did not come.
  public static final Duration PATIENCE = Duration.ofSeconds(15);

  /// Hears what has changed.
  public interface Listener {
    /// The word on back ends of these load balancers has changed.
    void words(Set<ObjectKey> loadBalancers);

    /// Another set of agents counts, or what one says of its node has changed.
    void agents();
  }

  private record Heard(Report report, String renewTime, long at, boolean silent) {}

  private final Timeline timeline;
  private final Listener listener;
  private final Object lock = new Object();
  private final Map<String, Heard> heard = new TreeMap<>();
  private volatile boolean defined = true;
  private Timeline.@Nullable Deferred watch;

  public Agents(Timeline timeline, Listener listener) {
    this.timeline = timeline;
    this.listener = listener;
  }

  /// Reports that count.
  public List<Report> fresh() {
    synchronized (lock) {
      return heard.values().stream().filter(one -> !one.silent()).map(Heard::report).toList();
    }
  }

  /// Nodes whose agent has been silent for too long.
  public List<String> silent() {
    synchronized (lock) {
      return heard.values().stream().filter(Heard::silent).map(one -> one.report().node()).toList();
    }
  }

  /// Whether the API server knows what reports are.
  public boolean defined() {
    return defined;
  }

  /// The API server has begun, or ceased, to know what reports are.
  public void defined(boolean now) {
    defined = now;
    listener.agents();
  }

  /// A report was written, or is gone.
  public void heard(Change<NodeReport> change) {
    Report report = ReportDocument.read(change.object());
    boolean agents;
    Set<ObjectKey> words;
    synchronized (lock) {
      @Nullable Heard before = heard.get(report.node());
      if (change instanceof Change.Deleted<NodeReport>) {
        heard.remove(report.node());
        agents = before != null;
        words = Set.of();
      } else {
        String renewTime = ReportDocument.renewTime(change.object());
        long now = timeline.nanoTime();
        if (before == null) {
          heard.put(report.node(), new Heard(report, renewTime, now, false));
          agents = true;
          words = owners(report);
        } else {
          boolean moved = !before.renewTime().equals(renewTime);
          heard.put(
              report.node(),
              new Heard(report, renewTime, moved ? now : before.at(), !moved && before.silent()));
          agents =
              (moved && before.silent())
                  || !before.report().subnets().equals(report.subnets())
                  || !before.report().bridge().equals(report.bridge());
          words = changed(before.report(), report);
        }
        arm();
      }
    }
    if (agents) {
      listener.agents();
    }
    if (!words.isEmpty()) {
      listener.words(words);
    }
  }

  private void look() {
    boolean any = false;
    synchronized (lock) {
      watch = null;
      long now = timeline.nanoTime();
      for (Map.Entry<String, Heard> entry : heard.entrySet()) {
        Heard one = entry.getValue();
        if (!one.silent() && now - one.at() >= PATIENCE.toNanos()) {
          entry.setValue(new Heard(one.report(), one.renewTime(), one.at(), true));
          any = true;
          log.atWarn()
              .addKeyValue("node", entry.getKey())
              .addKeyValue("after", PATIENCE)
              .log("probe agent is silent, its word counts no more");
        }
      }
      arm();
    }
    if (any) {
      listener.agents();
    }
  }

  private void arm() {
    if (watch != null) {
      return;
    }
    long now = timeline.nanoTime();
    Optional<Long> next =
        heard.values().stream()
            .filter(one -> !one.silent())
            .map(one -> PATIENCE.toNanos() - (now - one.at()))
            .min(Long::compare);
    next.ifPresent(
        nanos -> watch = timeline.after(Duration.ofNanos(Math.max(nanos, 0)), this::look));
  }

  private static Set<ObjectKey> owners(Report report) {
    var owners = new HashSet<ObjectKey>();
    report.words().keySet().forEach(target -> owners.add(target.loadBalancer()));
    return owners;
  }

  private static Set<ObjectKey> changed(Report before, Report after) {
    var all = new HashMap<Target, Report.Word>(before.words());
    all.putAll(after.words());
    var owners = new HashSet<ObjectKey>();
    all.keySet().stream()
        .filter(target -> !Objects.equals(before.words().get(target), after.words().get(target)))
        .forEach(target -> owners.add(target.loadBalancer()));
    return owners;
  }
}
