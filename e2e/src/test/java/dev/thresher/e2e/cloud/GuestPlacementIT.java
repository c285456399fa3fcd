package dev.thresher.e2e.cloud;

/// The address is held on a guest node.
class GuestPlacementIT extends MainPath {
  GuestPlacementIT() {
    super(Placement.GUEST);
  }
}
