package dev.thresher.vip.l2;

/// Tells the owner of the node.
@FunctionalInterface
public interface Notices {
  /// Must not block.
  void tell(String reason, String message);
}
