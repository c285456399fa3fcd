package dev.thresher.vip.lease;

import java.net.InetAddress;

/// A voter does not promise an address, because it has promised it to somebody else.
///
/// @param holder the node to which it is promised
/// @param epoch of that node's asking
/// @param leftNanos how long the promise runs unless it is renewed, by the voter's clock
public record Refusal(InetAddress address, String holder, long epoch, long leftNanos) {}
