package dev.thresher.vip.lease;

/// Names one version of one cluster's [VoterRecord].
///
/// @param cluster random number given at the foundation
/// @param version from 1
public record RecordMark(long cluster, long version) {}
