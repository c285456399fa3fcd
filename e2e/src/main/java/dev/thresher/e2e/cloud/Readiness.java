package dev.thresher.e2e.cloud;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import dev.thresher.e2e.lab.Await;
import dev.thresher.e2e.lab.Machine;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/// Whether the programs are able to do their work.
public final class Readiness {

  private static final String UNINITIALIZED = "node.cloudprovider.kubernetes.io/uninitialized";

  private static final String CONNECTED_PEERS = "thresher_vip_mesh_connected_peers";
  private static final String VOTERS = "thresher_vip_voters";
  private static final String LEASE_RUNS = "thresher_vip_session";

  private Readiness() {}

  /// Waits until nodes are initialised, every program says that it is ready, and every vip-manager
  /// is connected with every other: only then is the death of one noticed at once.
  public static void awaitAll(Cloud cloud, Duration atMost) {
    Await.until(
        "the guest's nodes to be initialised",
        atMost,
        () -> alive(cloud) && tainted(cloud).isEmpty());
    awaitPrograms(cloud, atMost);
    awaitMesh(cloud, atMost);
  }

  /// Waits until every program that runs says that it is ready.
  public static void awaitPrograms(Cloud cloud, Duration atMost) {
    for (String program : cloud.programs()) {
      Await.until(
          program + " to be ready",
          atMost,
          () -> alive(cloud) && OpsPort.of(cloud, program).ready());
    }
  }

  /// Waits until every vip-manager is connected with every other.
  public static void awaitMesh(Cloud cloud, Duration atMost) {
    if (cloud.right() == VipRight.COMPATIBLE) {
      // They know of each other by their Leases alone.
      for (Machine machine : cloud.holders()) {
        Await.until(
            "vip-manager on " + machine.name() + " to be ready",
            atMost,
            () -> alive(cloud) && OpsPort.vipManager(cloud, machine).ready());
      }
      return;
    }
    int others = cloud.holders().size() - 1;
    for (Machine machine : cloud.holders()) {
      Await.until(
          "vip-manager on " + machine.name() + " to be connected with " + others + " others",
          atMost,
          () -> alive(cloud) && metric(cloud, machine, CONNECTED_PEERS) >= others);
    }
    if (cloud.right() == VipRight.MAJORITY) {
      for (Machine machine : cloud.holders()) {
        Await.until(
            "all vip-managers to be voters, in the eyes of that on " + machine.name(),
            atMost,
            () ->
                alive(cloud)
                    && metric(cloud, machine, VOTERS) == Math.min(3, others + 1)
                    && metric(cloud, machine, LEASE_RUNS) == 1);
      }
    }
  }

  private static double metric(Cloud cloud, Machine machine, String name) {
    return OpsPort.vipManager(cloud, machine).metric(name).orElse(0);
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

  /// Whether a node waits for its cloud provider.
  public static boolean isUninitialized(JsonObject node) {
    JsonElement taints = node.getAsJsonObject("spec").get("taints");
    return taints != null && taints.toString().contains(UNINITIALIZED);
  }

  private static List<String> tainted(Cloud cloud) {
    return cloud.guest().api().list("/api/v1/nodes").stream()
        .filter(Readiness::isUninitialized)
        .map(HostObjects::name)
        .toList();
  }

  /// A program that ended will not get ready: say so at once, with what it printed last.
  private static boolean alive(Cloud cloud) {
    for (String name : cloud.programs()) {
      if (!cloud.process(name).isAlive()) {
        throw cloud.ended(name);
      }
    }
    return true;
  }
}
