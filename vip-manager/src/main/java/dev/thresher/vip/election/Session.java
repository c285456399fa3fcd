package dev.thresher.vip.election;

/// One uninterrupted right of one node. A new process has a new one, and so has a process whose
/// right lapsed: whatever a session held, it holds no more once the node shows a later one.
///
/// @param number grows from session to session of a node; given by compare-and-set on the node's
///   Lease, so that two sessions of one node are always in order
/// @param process random name of the process, of letters and digits
public record Session(long number, String process) {

  public Session {
    if (process.isEmpty() || !process.chars().allMatch(Character::isLetterOrDigit)) {
      throw new IllegalArgumentException(
          "the process of a session must be letters and digits, found \"" + process + "\"");
    }
  }

  /// Where a process has one right only, however often it lapses.
  public static Session ofProcess(String process) {
    return new Session(1, process);
  }

  /// Reads `number-process`.
  ///
  /// @throws IllegalArgumentException for anything else
  public static Session parse(String text) {
    int dash = text.indexOf('-');
    if (dash <= 0) {
      throw new IllegalArgumentException("want number-process, found \"" + text + "\"");
    }
    try {
      return new Session(Long.parseLong(text.substring(0, dash)), text.substring(dash + 1));
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("want number-process, found \"" + text + "\"", e);
    }
  }

  @Override
  public String toString() {
    return number + "-" + process;
  }
}
