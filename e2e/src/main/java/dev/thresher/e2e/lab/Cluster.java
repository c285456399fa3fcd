package dev.thresher.e2e.lab;

/// A guest cluster as the rest of the lab sees it.
///
/// @param number 0 is the host, guests follow
record Cluster(String name, int number, ControlPlane controlPlane, Workspace workspace) {
  AddressPlan plan() {
    return workspace.plan();
  }
}
