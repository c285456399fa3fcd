package dev.thresher.vip.majority;

import dev.thresher.api.names.OwnershipNames;
import dev.thresher.vip.lease.VoterRecord;
import dev.thresher.vip.lease.Witness;
import java.util.function.BiConsumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/// A witness that an earlier foundation of the cluster left: nobody who follows the present record
/// may take it, for versions of two foundations have no order. Whoever changes the present record
/// gives it back in the present one's name, once it was seen unchanged for so long that no lease
/// can lean on it. Blocks; one thread.
final class LeftWitness {

  /// Reason of what is told when there is one.
  static final String FOREIGN = "WitnessOfOtherVoters";

  /// Reason of what is told when it cannot be read.
  static final String UNREADABLE = "WitnessUnreadable";

  /// A witness counts for less than this after it was written.
  private static final long UNCHANGED_NANOS = 21_000_000_000L;

  private final VoterStore store;
  private final LongSupplier clock;
  private final BiConsumer<String, String> warn;
  private long settled;
  private @Nullable Witness seen;
  private long seenAt;
  private boolean unreadable;

  /// @param clock monotonic nanoseconds
  /// @param warn hears a reason and a message that people should see at this node
  LeftWitness(VoterStore store, LongSupplier clock, BiConsumer<String, String> warn) {
    this.store = store;
    this.clock = clock;
    this.warn = warn;
  }

  /// Reads the witness until it is known to be of this foundation, or nobody's.
  ///
  /// @param present the record that the API server has, and this node changes
  void look(VoterRecord present) {
    if (!present.witness() || settled == present.cluster()) {
      return;
    }
    try {
      look(present, store.readWitness());
      unreadable = false;
    } catch (IllegalArgumentException e) {
      if (!unreadable) {
        unreadable = true;
        warn.accept(
            UNREADABLE,
            e.getMessage()
                + ": while it is so, neither of two nodes holds an address without the other. Delete"
                + " the Lease "
                + OwnershipNames.WITNESS_LEASE);
      }
    }
  }

  private void look(VoterRecord present, Witness witness) {
    if (witness.mark().equals(Witness.UNMARKED) || witness.mark().cluster() == present.cluster()) {
      settled = present.cluster();
      return;
    }
    if (seen == null) {
      warn.accept(
          FOREIGN,
          "the witness (Lease "
              + OwnershipNames.WITNESS_LEASE
              + ") is of voters that were founded before the present ones: it cannot be taken, and"
              + " is given back if nobody writes it for 20 s. If it stays, vip-managers of the"
              + " former voters still run: stop them");
    }
    if (seen == null || !seen.equals(witness)) {
      seen = witness;
      seenAt = clock.getAsLong();
    } else if (clock.getAsLong() - seenAt >= UNCHANGED_NANOS) {
      store.writeWitness(witness, "", present.mark());
    }
  }
}
