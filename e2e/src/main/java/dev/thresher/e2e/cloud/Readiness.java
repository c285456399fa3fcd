package dev.thresher.e2e.cloud;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import dev.thresher.e2e.lab.LabException;
import dev.thresher.e2e.lab.LabProcess;
import dev.thresher.e2e.lab.Machine;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Whether the programs are able to do their work.
public final class Readiness {

  private static final String UNINITIALIZED = "node.cloudprovider.kubernetes.io/uninitialized";

  private Readiness() {}

  /// Waits until nodes are initialised, both controllers lead and every vip-manager has its node
  /// lease.
  public static void awaitAll(Cloud cloud, Duration atMost) {
    Await.until(
        "the guest's nodes to be initialised",
        atMost,
        () -> alive(cloud) && tainted(cloud).isEmpty());
    Await.until(
        "loadbalancer-controller to lead",
        atMost,
        () ->
            alive(cloud)
                && leaseHeld(cloud.host().api(), "kube-system", "harvester-load-balancer"));
    awaitVipManagers(cloud, atMost);
  }

  /// Waits until every vip-manager has its node lease.
  public static void awaitVipManagers(Cloud cloud, Duration atMost) {
    var api = (cloud.placement() == Placement.GUEST ? cloud.guest() : cloud.host()).api();
    for (Machine machine : cloud.holders()) {
      Await.until(
          "vip-manager on " + machine.name() + " to have its node lease",
          atMost,
          () -> alive(cloud) && leaseHeld(api, "kube-system", "thresher-vip-" + machine.name()));
    }
  }

  /// nftables tables that a vip-manager left on its node, `NODE: TABLE`.
  public static List<String> tablesOfOurs(Cloud cloud) {
    var left = new ArrayList<String>();
    for (Machine machine : cloud.holders()) {
      machine
          .namespace()
          .run(List.of("nft", "list", "tables"))
          .lines()
          .filter(line -> line.contains("thresher"))
          .forEach(line -> left.add(machine.name() + ": " + line));
    }
    return left;
  }

  private static List<String> tainted(Cloud cloud) {
    var names = new ArrayList<String>();
    for (JsonObject node : cloud.guest().api().list("/api/v1/nodes")) {
      JsonElement taints = node.getAsJsonObject("spec").get("taints");
      if (taints != null && taints.toString().contains(UNINITIALIZED)) {
        names.add(HostObjects.name(node));
      }
    }
    return names;
  }

  private static boolean leaseHeld(
      dev.thresher.e2e.lab.KubeApi api, String namespace, String name) {
    Optional<JsonObject> lease =
        api.find("/apis/coordination.k8s.io/v1/namespaces/" + namespace + "/leases/" + name);
    return lease.map(l -> !HostObjects.text(l, "spec", "holderIdentity").isEmpty()).orElse(false);
  }

  /// A program that ended will not get ready: say so at once, with what it printed last.
  private static boolean alive(Cloud cloud) {
    for (String name : cloud.programs()) {
      LabProcess process = cloud.process(name);
      if (!process.isAlive()) {
        List<String> lines = process.output().lines().toList();
        throw new LabException(
            name
                + " ended; its last lines:\n  "
                + String.join("\n  ", lines.subList(Math.max(0, lines.size() - 15), lines.size())));
      }
    }
    return true;
  }
}
