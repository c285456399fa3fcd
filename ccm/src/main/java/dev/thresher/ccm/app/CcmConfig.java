package dev.thresher.ccm.app;

import dev.thresher.api.ObjectKey;
import dev.thresher.ccm.clusters.ClusterName;
import dev.thresher.ccm.controllers.lifecycle.NodeLifecycleController;
import dev.thresher.ccm.controllers.node.LabelSync;
import dev.thresher.ccm.controllers.node.NodeController;
import dev.thresher.ccm.controllers.route.RouteController;
import dev.thresher.ccm.controllers.service.ServiceController;
import dev.thresher.ccm.duties.LeaderMigration;
import dev.thresher.ccm.harvester.loadbalancer.Placement;
import dev.thresher.ccm.harvester.loadbalancer.StraySettings;
import dev.thresher.ccm.harvester.nodes.NodePolicy;
import dev.thresher.runtime.client.ClientConfig;
import dev.thresher.runtime.process.ProcessConfig;
import java.util.Optional;

/// All that the flags say, checked.
///
/// @param ownAccounts whether each controller acts as a service account of its own in the guest
/// @param cloud the provider
/// @param controllers that run here, without those that another program runs
/// @param migration how controllers move from or to another program, if they do
/// @param lease of the leader election, also where a single replica does without
/// @param process what the process was told about itself
record CcmConfig(
    ClientConfig guest,
    boolean ownAccounts,
    ClientConfig host,
    CloudChoice cloud,
    ClusterName cluster,
    Placement placement,
    StraySettings strays,
    NodePolicy machines,
    NodeController.Settings nodes,
    NodeLifecycleController.Settings lifecycle,
    ServiceController.Settings services,
    RouteController.Settings routes,
    LabelSync labelSync,
    ControllerSelection controllers,
    FeatureGates gates,
    Optional<LeaderMigration> migration,
    ObjectKey lease,
    ProcessConfig process) {}
