package dev.thresher.ccm.drivers;

/// What is made on the host for a Service.
enum Driver {
  /// A `LoadBalancer` object whose address is held on the host.
  LOAD_BALANCER,
  /// A Service with EndpointSlices.
  SERVICE
}
