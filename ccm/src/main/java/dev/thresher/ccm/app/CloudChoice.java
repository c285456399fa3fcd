package dev.thresher.ccm.app;

import dev.thresher.ccm.harvester.LoadBalancerDriver;
import dev.thresher.ccm.kubevirt.KubeVirtConfig;

/// Which provider works, with what only that one is told.
sealed interface CloudChoice {

  record Harvester(LoadBalancerDriver driver) implements CloudChoice {}

  record KubeVirt(KubeVirtConfig config) implements CloudChoice {}
}
