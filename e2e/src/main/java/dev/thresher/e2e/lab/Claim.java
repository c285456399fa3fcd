package dev.thresher.e2e.lab;

import com.google.gson.annotations.SerializedName;

/// A frame in which somebody says that an address is at a link-layer address.
///
/// @param timeNanos arrival, as `System.nanoTime`
/// @param mac the link-layer address said
/// @param source the one that the frame came from
/// @param kind `arp-reply`, `arp-request` (an announcement, or somebody asking under that address)
///   or `advertisement`
/// @param asked it was sent to the prober alone
/// @param address the address claimed
public record Claim(
    @SerializedName("time") long timeNanos,
    String mac,
    String source,
    String kind,
    boolean asked,
    String address) {}
