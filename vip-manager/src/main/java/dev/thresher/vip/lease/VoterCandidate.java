package dev.thresher.vip.lease;

/// A node that runs vip-manager, seen as a possible voter.
///
/// @param controlPlane whether it is a node of the control plane
/// @param zone where it is, empty if that is not known
/// @param age for ordering: lower is older
public record VoterCandidate(String node, boolean controlPlane, String zone, long age) {}
