package dev.thresher.e2e.vip;

import dev.thresher.e2e.lab.NeedsLab;
import dev.thresher.e2e.lab.ProxyMode;
import org.junit.jupiter.api.Nested;

/// The paths of [DataPath] with kube-proxy as it is, in each of its modes.
@NeedsLab
class DataPathIT {

  @Nested
  @NeedsLab
  class Nftables extends DataPath {
    Nftables() {
      super(ProxyMode.NFTABLES);
    }
  }

  @Nested
  @NeedsLab
  class Iptables extends DataPath {
    Iptables() {
      super(ProxyMode.IPTABLES);
    }
  }
}
