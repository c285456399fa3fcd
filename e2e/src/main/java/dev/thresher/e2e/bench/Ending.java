package dev.thresher.e2e.bench;

import dev.thresher.e2e.cloud.Cloud;
import java.time.Duration;
import java.util.function.Consumer;

/// What ends the holder of an address on a node, and what makes that node whole again.
///
/// @param least from the end to the mending
/// @param end takes the node's name
/// @param mend takes the node's name
record Ending(String what, Duration least, Consumer<String> end, Consumer<String> mend) {

  /// How long what does not end a process lasts; at least until another node holds the addresses.
  record Lasting(Duration frozen, Duration cut) {}

  static Ending killed(Cloud cloud) {
    return new Ending(
        "holder killed (SIGKILL)",
        Duration.ZERO,
        node -> cloud.process(name(node)).kill(),
        node -> startAgainOnceEnded(cloud, node));
  }

  static Ending stopped(Cloud cloud) {
    return new Ending(
        "holder stopped (SIGTERM)",
        Duration.ZERO,
        node -> cloud.process(name(node)).terminate(),
        node -> startAgainOnceEnded(cloud, node));
  }

  /// The process stands still, and goes on when another node has long held the addresses.
  static Ending frozen(Cloud cloud, Duration lasting) {
    return new Ending(
        "holder's process stopped (SIGSTOP) for " + lasting.toSeconds() + " s",
        lasting,
        node -> cloud.process(name(node)).freeze(),
        node -> cloud.process(name(node)).thaw());
  }

  /// The node's cable is cut, and mended when another node has long held the addresses.
  static Ending cut(Cloud cloud, Duration lasting) {
    return new Ending(
        "holder cut off for " + lasting.toSeconds() + " s",
        lasting,
        node -> cloud.linkOf(node).cut(),
        node -> cloud.linkOf(node).restore());
  }

  private static void startAgainOnceEnded(Cloud cloud, String node) {
    cloud.process(name(node)).onExit().join();
    cloud.startAgain(name(node));
  }

  private static String name(String node) {
    return "vip-manager-" + node;
  }
}
