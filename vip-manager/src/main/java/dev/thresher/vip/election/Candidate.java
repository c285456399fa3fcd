package dev.thresher.vip.election;

/// A live node, seen as a possible holder.
///
/// @param node its name
/// @param links its network
/// @param barred why it may hold nothing (excluded by label, about to stop); empty: it may
public record Candidate(String node, NodeLinks links, String barred) {

  public Candidate(String node, NodeLinks links) {
    this(node, links, "");
  }
}
