package dev.thresher.vip.election;

/// Who holds an address according to the record.
///
/// @param node name of the node
/// @param session the session to which it was given: a later session of the same node has to take
///   it anew
/// @param epoch grows with each change for this address
public record Holder(String node, Session session, long epoch) {

  /// As the node itself says.
  public static Holder heard(String node, String process, long epoch) {
    return new Holder(node, Session.ofProcess(process), epoch);
  }

  /// Reads `node session epoch`.
  ///
  /// @throws IllegalArgumentException for anything else
  public static Holder parse(String text) {
    String[] words = text.split(" ", -1);
    if (words.length != 3 || words[0].isEmpty()) {
      throw new IllegalArgumentException("want \"node session epoch\", found \"" + text + "\"");
    }
    try {
      return new Holder(words[0], Session.parse(words[1]), Long.parseLong(words[2]));
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("want \"node session epoch\", found \"" + text + "\"", e);
    }
  }

  public boolean is(String node, Session session) {
    return this.node.equals(node) && this.session.equals(session);
  }

  @Override
  public String toString() {
    return node + " " + session + " " + epoch;
  }
}
