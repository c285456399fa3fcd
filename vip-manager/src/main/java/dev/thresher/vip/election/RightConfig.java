package dev.thresher.vip.election;

import java.util.Optional;
import java.util.function.Supplier;

/// How a node takes part.
///
/// @param node name of this node
/// @param process random name of this process, letters and digits
/// @param namespace where the Leases are
/// @param nodeUid UID of the Node object, the owner of the node's Lease, so that the Lease goes
///   when the node does; empty if it is not known. Asked for when the Lease is created
/// @param times see there
public record RightConfig(
    String node,
    String process,
    String namespace,
    Supplier<Optional<String>> nodeUid,
    RightTimes times) {}
