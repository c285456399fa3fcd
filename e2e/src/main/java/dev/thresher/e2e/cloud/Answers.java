package dev.thresher.e2e.cloud;

import dev.thresher.e2e.lab.Claim;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongPredicate;

/// What a client that asks "who has this address" again and again saw.
///
/// Made of the claims that a neighbour probe collected; only answers to the probe's own questions
/// count, announcements do not.
public final class Answers {

  private final List<Claim> answers;

  private Answers(List<Claim> answers) {
    this.answers = answers;
  }

  public static Answers of(List<Claim> claims) {
    return new Answers(claims.stream().filter(Claim::asked).toList());
  }

  public int count() {
    return answers.size();
  }

  /// Link-layer addresses that answered.
  public Set<String> holders() {
    var macs = new HashSet<String>();
    answers.forEach(a -> macs.add(a.mac()));
    return Set.copyOf(macs);
  }

  /// How often another answered than before.
  public int moves() {
    int moves = 0;
    for (int i = 1; i < answers.size(); i++) {
      moves += answers.get(i).mac().equals(answers.get(i - 1).mac()) ? 0 : 1;
    }
    return moves;
  }

  /// The first answer at or after a time.
  public Optional<Claim> firstFrom(long nanos) {
    return answers.stream().filter(a -> a.timeNanos() - nanos >= 0).findFirst();
  }

  /// The first answer at or after a time that is not from this link-layer address.
  public Optional<Claim> firstFromOther(long nanos, String mac) {
    return answers.stream()
        .filter(a -> a.timeNanos() - nanos >= 0 && !a.mac().equals(mac))
        .findFirst();
  }

  /// The longest time without an answer between two answers, the second of them at or after a time.
  public Duration longestGap(long fromNanos) {
    return longestGap(time -> time - fromNanos >= 0);
  }

  /// The same, the second of them before another time.
  public Duration longestGap(long fromNanos, long untilNanos) {
    return longestGap(time -> time - fromNanos >= 0 && time - untilNanos < 0);
  }

  private Duration longestGap(LongPredicate counts) {
    long longest = 0;
    for (int i = 1; i < answers.size(); i++) {
      if (counts.test(answers.get(i).timeNanos())) {
        longest = Math.max(longest, answers.get(i).timeNanos() - answers.get(i - 1).timeNanos());
      }
    }
    return Duration.ofNanos(longest);
  }

  /// How long a holder went on to answer after another's first answer since a time.
  public Duration saidAfterAnother(String mac, long fromNanos) {
    Optional<Claim> other = firstFromOther(fromNanos, mac);
    return other
        .flatMap(first ->
            answers.stream()
                .filter(a -> a.mac().equals(mac) && a.timeNanos() - first.timeNanos() > 0)
                .reduce((one, later) -> later)
                .map(last -> Duration.ofNanos(last.timeNanos() - first.timeNanos())))
        .orElse(Duration.ZERO);
  }

  /// The time during which two holders answered.
  ///
  /// When an address moves, the old holder's last answer must come before the new holder's first.
  /// Every answer of a holder that was succeeded less than [#MOVE_BACK] before counts, with the
  /// time since its successor's first answer.
  public Duration doubleTime() {
    long total = 0;
    String current = "";
    String before = "";
    long since = 0;
    for (Claim answer : answers) {
      if (answer.mac().equals(current)) {
        continue;
      }
      if (answer.mac().equals(before) && answer.timeNanos() - since < MOVE_BACK.toNanos()) {
        total += answer.timeNanos() - since;
      }
      before = current;
      current = answer.mac();
      since = answer.timeNanos();
    }
    return Duration.ofNanos(total);
  }

  /// An address that comes back after this time was moved back on purpose; one that comes back
  /// sooner had two holders.
  private static final Duration MOVE_BACK = Duration.ofMillis(500);
}
