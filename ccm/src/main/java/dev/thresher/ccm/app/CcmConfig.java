package dev.thresher.ccm.app;

import com.google.gson.JsonObject;
import dev.thresher.api.ObjectKey;
import dev.thresher.ccm.clusters.ClusterName;
import dev.thresher.ccm.controllers.lifecycle.NodeLifecycleController;
import dev.thresher.ccm.controllers.node.NodeController;
import dev.thresher.ccm.controllers.service.ServiceController;
import dev.thresher.ccm.harvester.loadbalancer.Placement;
import dev.thresher.ccm.harvester.nodes.NodeAddressPolicy;
import dev.thresher.runtime.client.ClientConfig;
import dev.thresher.runtime.leader.LeaderElectionConfig;
import dev.thresher.runtime.serving.Access;
import dev.thresher.runtime.serving.Endpoint;
import java.util.Optional;

/// All that the flags say, checked.
///
/// @param lease of the leader election, also where a single replica does without
/// @param election empty for a single replica
/// @param endpoint empty for no port
/// @param flags the effective flags, for `/configz`
record CcmConfig(
    ClientConfig guest,
    ClientConfig host,
    ClusterName cluster,
    Placement placement,
    NodeAddressPolicy addresses,
    NodeController.Settings nodes,
    NodeLifecycleController.Settings lifecycle,
    ServiceController.Settings services,
    ControllerSelection controllers,
    String identity,
    ObjectKey lease,
    Optional<LeaderElectionConfig> election,
    Optional<Endpoint> endpoint,
    Access access,
    JsonObject flags) {}
