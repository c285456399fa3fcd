package dev.thresher.runtime.events;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// Which Event becomes of a report: a new one, one more of an old one, or none.
///
/// The limits are those of client-go's event recorder, so that an operator sees from these programs
/// what other components have taught to expect. Not thread-safe.
final class EventRules {

  /// Events of one object that are let through at once, and the time in which one more is.
  private static final int BURST = 25;

  private static final Duration REFILL = Duration.ofMinutes(5);

  /// Different messages for one object and reason, within the window, before they become one Event.
  private static final int SIMILAR = 10;

  private static final Duration SIMILAR_WINDOW = Duration.ofMinutes(10);

  /// API servers forget Events after an hour; a series that was silent that long begins anew.
  private static final Duration SERIES_LIFE = Duration.ofMinutes(50);

  private static final int REMEMBERED = 4096;

  private static final String COMBINED = "(combined from similar events): ";

  /// What became of a report.
  sealed interface Verdict {
    /// Not written: this object has had too many.
    record HeldBack() implements Verdict {}

    /// @param series whose first Event it is
    record First(Series series) implements Verdict {}

    /// One more of a series.
    record Again(Series series) implements Verdict {}
  }

  /// Events that are written as one. The writer notes under which name.
  static final class Series {
    private final String message;
    private int count;
    private String eventName = "";
    private long last;

    private Series(String message) {
      this.message = message;
    }

    String message() {
      return message;
    }

    int count() {
      return count;
    }

    Optional<String> eventName() {
      return eventName.isEmpty() ? Optional.empty() : Optional.of(eventName);
    }

    void writtenAs(String name) {
      eventName = name;
    }

    /// The Event is not there any more: the next one is the first.
    void forgotten() {
      eventName = "";
      count = 1;
    }
  }

  private static final class Allowance {
    private double tokens = BURST;
    private long since;
  }

  private static final class Similar {
    private final Set<String> messages = new LinkedHashSet<>();
    private long last;
  }

  private final Map<String, Allowance> allowances = remembering();
  private final Map<String, Similar> similar = remembering();
  private final Map<String, Series> series = remembering();

  /// @param object what it is about, unique
  /// @param now monotonic, nanoseconds
  Verdict judge(String object, String type, String reason, String message, long now) {
    String about = object + "\0" + type + "\0" + reason;
    String text = combined(about, message, now) ? COMBINED + message : message;
    String key = text.startsWith(COMBINED) ? about : about + "\0" + message;
    if (!allowed(object, now)) {
      return new Verdict.HeldBack();
    }
    Series known = series.get(key);
    if (known != null && !known.eventName.isEmpty() && now - known.last < SERIES_LIFE.toNanos()) {
      known.count++;
      known.last = now;
      return new Verdict.Again(known);
    }
    Series first = new Series(text);
    first.count = 1;
    first.last = now;
    series.put(key, first);
    return new Verdict.First(first);
  }

  private boolean combined(String about, String message, long now) {
    Similar seen = similar.computeIfAbsent(about, a -> new Similar());
    if (now - seen.last > SIMILAR_WINDOW.toNanos()) {
      seen.messages.clear();
    }
    seen.last = now;
    if (seen.messages.contains(message) || seen.messages.size() < SIMILAR) {
      seen.messages.add(message);
      return false;
    }
    return true;
  }

  private boolean allowed(String object, long now) {
    Allowance allowance = allowances.get(object);
    if (allowance == null) {
      allowance = new Allowance();
      allowance.since = now;
      allowances.put(object, allowance);
    }
    double refilled = (double) (now - allowance.since) / REFILL.toNanos();
    allowance.tokens = Math.min(BURST, allowance.tokens + refilled);
    allowance.since = now;
    if (allowance.tokens < 1) {
      return false;
    }
    allowance.tokens--;
    return true;
  }

  private static <V> Map<String, V> remembering() {
    return new LinkedHashMap<>(16, 0.75f, true) {
      private static final long serialVersionUID = 1;

      @Override
      protected boolean removeEldestEntry(Map.Entry<String, V> eldest) {
        return size() > REMEMBERED;
      }
    };
  }
}
