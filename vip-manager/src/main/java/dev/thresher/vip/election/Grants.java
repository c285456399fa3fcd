package dev.thresher.vip.election;

import dev.thresher.vip.l2.Claim;
import java.net.InetAddress;
import java.util.Map;
import java.util.Set;

/// The one who acts on a right. Called by one thread of the right's own, in order; [#granted] and
/// [#revoked] should end within a millisecond, because renewals and releases wait behind them.
public interface Grants {

  /// This node may answer for these addresses from now on, until [#revoked].
  ///
  /// @param addresses with what each was before: nobody's, or another session's
  void granted(Map<InetAddress, Claim> addresses);

  /// This node may not answer any more. When this returns, no answer may leave: the addresses are
  /// given to others right after.
  ///
  /// @param reason for the log
  void revoked(Set<InetAddress> addresses, String reason);

  /// All that is urgent is done, messages about it are on their way: now whoever listens may be
  /// told what was granted and revoked since the last time.
  void tell();
}
