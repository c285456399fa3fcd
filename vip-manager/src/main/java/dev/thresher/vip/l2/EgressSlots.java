package dev.thresher.vip.l2;

import dev.thresher.vip.linux.KernelTick;
import dev.thresher.vip.linux.NetlinkSocket;
import dev.thresher.vip.linux.SystemResult;
import dev.thresher.vip.nftables.Batch;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The slots of a lease on the egress hook, where the kernel has it; see [EgressRules]. Says which
/// transactions are due; [NftablesGate], under whose lock this is, does them.
final class EgressSlots {
  private static final Logger LOG = LoggerFactory.getLogger(EgressSlots.class);

  /// By so many ticks the kernel's clock of elements may be late: it stands still within a tick,
  /// and where another processor has to take over the counting it does so after five of its own
  /// (`MAX_STALLED_JIFFIES`), of which the first may have just begun.
  private static final int TICKS_LATE = 7;

  private final long lateNanos = KernelTick.length().multipliedBy(TICKS_LATE).toNanos();
  private boolean there;
  private boolean confirmed;
  private boolean saidTooShort;

  /// Whether the kernel ends slots by itself.
  boolean there() {
    return there;
  }

  /// Makes the table, without any slot, if the kernel can do it; the loopback is where that is
  /// tried.
  ///
  /// @param owned whether it is to vanish with the socket
  void build(NetlinkSocket to, boolean owned) {
    confirmed = false;
    there = true;
    int loopback = 1;
    for (Batch batch :
        List.of(
            EgressRules.install(owned),
            EgressRules.guard("lo", loopback),
            EgressRules.unguard(loopback))) {
      if (to.transact(batch.messages()) instanceof SystemResult.Failed<Integer> failed) {
        LOG.atInfo().addKeyValue("reason", failed).log("no gate on the egress hook");
        // What was made of it does no harm.
        SystemResult<Integer> _ = to.transact(EgressRules.remove().messages());
        there = false;
        break;
      }
    }
    if (!there) {
      LOG.atWarn()
          .addKeyValue("wanted", "nftables egress hook, Linux 5.16 with CONFIG_NETFILTER_EGRESS")
          .log(
              "answers are fenced by the process only: one that is stopped and continued may answer"
                  + " once after its lease");
    }
  }

  /// Nothing of it is there, or wanted.
  void without() {
    there = false;
    confirmed = false;
  }

  /// Empty if no slot can run for that time.
  Optional<Batch> arm(long round, long nanos) {
    long millis = (nanos - lateNanos) / 1_000_000;
    if (there && millis > 0) {
      return Optional.of(EgressRules.arm((int) round, millis));
    }
    if (there && !saidTooShort) {
      saidTooShort = true;
      LOG.atError()
          .addKeyValue("lease", Duration.ofNanos(nanos))
          .addKeyValue("late", Duration.ofNanos(lateNanos))
          .log(
              "nothing leaves: the lease is shorter than this kernel's clock may be late; make it"
                  + " at least three times as long");
    }
    return Optional.empty();
  }

  Batch confirm(long round) {
    return EgressRules.confirm((int) round, confirmed);
  }

  /// [#confirm] was done.
  void confirmed() {
    confirmed = true;
  }
}
