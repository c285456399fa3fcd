package dev.thresher.vip.l2;

/// How an address is begun to be held.
public enum Claim {
  /// Nobody of ours held it before: ask whether a stranger uses it (RFC 5227 2.1, RFC 4862 5.4),
  /// with probes at 0, 15 and 30 ms; claimed at 40 ms if nobody answered.
  FIRST,
  /// Another node of ours held it and does no more: announced at once, without a probe.
  TAKE_OVER
}
