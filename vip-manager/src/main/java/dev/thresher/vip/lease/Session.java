package dev.thresher.vip.lease;

/// One run of one process of a node. Whatever a session holds or has promised ends with it: a
/// restarted process is another session.
///
/// @param node name of the node
/// @param process random number of the process, never reused
public record Session(String node, long process) {

  public Session {
    if (node.isEmpty()) {
      throw new IllegalArgumentException("a session must name its node");
    }
  }

  @Override
  public String toString() {
    return node + "/" + Long.toHexString(process);
  }
}
