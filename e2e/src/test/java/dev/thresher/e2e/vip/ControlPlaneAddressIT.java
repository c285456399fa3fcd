package dev.thresher.e2e.vip;

import dev.thresher.e2e.cloud.VipRight;
import dev.thresher.e2e.lab.NeedsLab;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;

/// [ControlPlaneAddress] under each right.
@NeedsLab
class ControlPlaneAddressIT {

  @Nested
  @NeedsLab
  class ByLeases extends ControlPlaneAddress {
    ByLeases() {
      super(VipRight.LEASES);
    }
  }

  @Nested
  @NeedsLab
  class ByMajority extends ControlPlaneAddress {
    ByMajority() {
      super(VipRight.MAJORITY);
    }

    /// The voters are in each node's file.
    @Test
    @Order(5)
    void anAddressIsHeldBeforeAnyServerIsThere() {
      theControlPlaneGoesDown();
      awaitAHolder();
    }
  }
}
