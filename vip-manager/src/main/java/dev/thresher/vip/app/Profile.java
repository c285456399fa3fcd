package dev.thresher.vip.app;

/// What the program is and does beside its addresses.
enum Profile {
  /// With the shipped manifest and role.
  FULL,
  /// With kube-vip's: its Leases give the right, objects are updated and not patched, there are no
  /// records of nodes, no Events and no mesh.
  COMPATIBLE
}
