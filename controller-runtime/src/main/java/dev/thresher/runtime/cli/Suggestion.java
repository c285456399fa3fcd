package dev.thresher.runtime.cli;

import java.util.Collection;
import java.util.Comparator;
import java.util.Optional;

/// What a person may have meant by a name that does not exist.
final class Suggestion {

  private Suggestion() {}

  /// The name that takes the fewest changes of a letter, if they are few for its length.
  static Optional<String> closest(String wrong, Collection<String> names) {
    record Candidate(String name, int distance) {}
    return names.stream()
        .map(name -> new Candidate(name, distance(wrong, name)))
        .filter(c -> c.distance <= Math.max(2, wrong.length() / 4))
        .min(Comparator.comparingInt(Candidate::distance).thenComparing(Candidate::name))
        .map(Candidate::name);
  }

  /// Levenshtein.
  private static int distance(String a, String b) {
    int[] row = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      row[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int above = row[j];
        int change = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        row[j] = Math.min(change, 1 + Math.min(above, row[j - 1]));
        diagonal = above;
      }
    }
    return row[b.length()];
  }
}
