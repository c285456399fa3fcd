package dev.thresher.ccm.app;

import dev.thresher.api.ObjectKey;
import dev.thresher.ccm.clusters.ClusterName;
import dev.thresher.ccm.controllers.lifecycle.NodeLifecycleController;
import dev.thresher.ccm.controllers.node.LabelSync;
import dev.thresher.ccm.controllers.node.NodeController;
import dev.thresher.ccm.controllers.route.RouteController;
import dev.thresher.ccm.controllers.service.ServiceController;
import dev.thresher.ccm.harvester.loadbalancer.Placement;
import dev.thresher.ccm.harvester.loadbalancer.StraySettings;
import dev.thresher.ccm.harvester.nodes.NodePolicy;
import dev.thresher.runtime.client.ClientConfig;
import dev.thresher.runtime.process.ProcessConfig;

/// All that the flags say, checked.
///
/// @param cloud the provider
/// @param lease of the leader election, also where a single replica does without
/// @param process what the process was told about itself
record CcmConfig(
    ClientConfig guest,
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
    ObjectKey lease,
    ProcessConfig process) {}
