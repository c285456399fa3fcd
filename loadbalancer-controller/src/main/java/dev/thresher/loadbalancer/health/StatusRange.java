package dev.thresher.loadbalancer.health;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// HTTP statuses from one to another, both included.
///
/// @param first 100 to 599
/// @param last not below `first`, at most 599
public record StatusRange(int first, int last) {

  private static final Pattern TEXT = Pattern.compile("([1-5][0-9]{2})(?:-([1-5][0-9]{2}))?");

  /// What counts as healthy unless told otherwise: what kubelet's HTTP probes take for success.
  public static final StatusRange HEALTHY = new StatusRange(200, 399);

  public StatusRange {
    if (first < 100 || last > 599 || first > last) {
      throw new IllegalArgumentException(
          "want statuses from 100 to 599, got " + first + "-" + last);
    }
  }

  /// Reads `200` or `200-299`; empty for anything else.
  public static Optional<StatusRange> tryParse(String text) {
    Matcher matcher = TEXT.matcher(text);
    if (!matcher.matches()) {
      return Optional.empty();
    }
    int first = Integer.parseInt(matcher.group(1));
    int last = matcher.group(2) == null ? first : Integer.parseInt(matcher.group(2));
    return first > last ? Optional.empty() : Optional.of(new StatusRange(first, last));
  }

  boolean contains(int status) {
    return status >= first && status <= last;
  }

  @Override
  public String toString() {
    return first == last ? Integer.toString(first) : first + "-" + last;
  }
}
