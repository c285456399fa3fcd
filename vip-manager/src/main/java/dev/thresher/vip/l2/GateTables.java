package dev.thresher.vip.l2;

import dev.thresher.vip.linux.NetlinkSocket;
import dev.thresher.vip.linux.SystemResult;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Makes the tables of [GateRules], empty, as well as the kernel can.
///
/// @param tried what is expected of the kernel; the first that it accepts is used
/// @param echo whether pings are answered
record GateTables(List<GateRules.Abilities> tried, boolean echo) {
  private static final Logger LOG = LoggerFactory.getLogger(GateTables.class);

  /// Replaces whatever tables of that name exist.
  ///
  /// @return what the kernel can
  /// @throws IllegalStateException if it refuses; the message says what is missing
  GateRules.Abilities build(NetlinkSocket to) {
    SystemResult<Integer> result = SystemResult.failed("nftables", 0);
    GateRules.Abilities used = tried.getFirst();
    for (GateRules.Abilities abilities : tried) {
      used = abilities;
      result = to.transact(GateRules.install(abilities).messages());
      if (!(result instanceof SystemResult.Failed<Integer> failed
          && (failed.errno().isUnsupported() || failed.errno().isAbsent()))) {
        break;
      }
    }
    if (result instanceof SystemResult.Failed<Integer> failed) {
      throw new IllegalStateException(
          failed.errno().isNotPermitted()
              ? "nftables refused table "
                  + GateRules.TABLE
                  + ": either CAP_NET_ADMIN is missing, or another vip-manager runs on this node"
                  + " and owns the table; "
                  + failed
              : "nftables refused table " + GateRules.TABLE + ": " + failed);
    }
    if (echo
        && to.transact(EchoRules.install().messages())
            instanceof SystemResult.Failed<Integer> failed) {
      LOG.atInfo()
          .addKeyValue("wanted", "translation of addresses by nftables in family inet, Linux 5.2")
          .addKeyValue("reason", failed)
          .log("pods and processes of this node get no answer to pings of addresses held here");
    }
    return used;
  }
}
