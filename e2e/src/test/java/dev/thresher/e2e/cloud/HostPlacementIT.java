package dev.thresher.e2e.cloud;

/// The address is held on a host node.
class HostPlacementIT extends MainPath {
  HostPlacementIT() {
    super(Placement.HOST);
  }
}
