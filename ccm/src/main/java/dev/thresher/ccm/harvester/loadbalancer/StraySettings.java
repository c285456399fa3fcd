package dev.thresher.ccm.harvester.loadbalancer;

import dev.thresher.api.ObjectKey;
import java.time.Duration;

/// What becomes of objects on the host that no Service stands for.
///
/// @param search whether anybody looks: the program has load balancers to look after
/// @param reclaim `--reclaim-orphans`: delete them
/// @param grace `--orphan-grace`: only when they have been seen for so long
/// @param lease what Events about them regard: the program's own lease
public record StraySettings(boolean search, boolean reclaim, Duration grace, ObjectKey lease) {}
