package dev.thresher.ccm.controllers.service;

import dev.thresher.ccm.cloudprovider.EnsureResult.Notice;
import io.kubernetes.client.openapi.models.V1Service;
import java.util.List;

/// What this process knows about a Service from its last look.
///
/// Losing it costs repeated Events and nothing else, except for a Service whose finalizer somebody
/// took away: only from here is known that it had a balancer.
///
/// @param service as it was when the cloud was last asked
/// @param nodes digest of the set of nodes that the cloud was last told
/// @param phase how far its Events have come
/// @param said the notices of the last look, so that each is said once
record Remembered(V1Service service, String nodes, Phase phase, List<Notice> said) {

  Remembered {
    said = List.copyOf(said);
  }

  /// Where the Service stands in the story that its Events tell.
  enum Phase {
    /// Seen for the first time by this process, with the finalizer of an earlier one: what was said
    /// is not known. That is no news; what is written now is.
    RESUMED,
    /// `EnsuringLoadBalancer` was said, the end of it not yet.
    ENSURING,
    /// The balancer is as wanted.
    ENSURED,
    /// `DeletingLoadBalancer` was said, the end of it not yet.
    DELETING
  }

  Remembered at(Phase next) {
    return new Remembered(service, nodes, next, said);
  }

  Remembered saying(List<Notice> notices) {
    return new Remembered(service, nodes, phase, notices);
  }
}
