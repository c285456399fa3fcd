package dev.thresher.vip.majority;

import dev.thresher.runtime.client.KubeApi;
import dev.thresher.vip.lease.VoterRecord;
import java.util.Optional;
import java.util.SortedSet;

/// The record of voters in the hands of a person, for the day on which a majority of the voters is
/// gone for good: nobody else can change it then. Blocks; any thread.
public final class ForcedVoters {

  private final VoterStore store;

  /// @param namespace of the Leases
  public ForcedVoters(KubeApi api, String namespace) {
    this.store = new VoterStore(api, namespace);
  }

  /// The record as it is; empty if there is none.
  ///
  /// @throws IllegalArgumentException if somebody wrote what cannot be read
  public Optional<VoterRecord> present() {
    return store.read().map(VoterStore.Stored::record);
  }

  /// Makes these the only voters, without asking the ones before. *Unsafe* unless those of them
  /// that are not named are off, or are started anew: a majority of them would go on to give
  /// leases.
  ///
  /// @return the record that is in force from now on
  /// @throws IllegalStateException if there is no record, or it was changed meanwhile
  public VoterRecord force(SortedSet<String> voters) {
    VoterStore.Stored base =
        store
            .read()
            .orElseThrow(() ->
                new IllegalStateException(
                    "there is no record of voters to replace: start one node with --bootstrap"));
    VoterRecord next = base.record().forced(voters);
    if (!store.change(base, next)) {
      throw new IllegalStateException(
          "the record of voters was changed meanwhile: a majority may be there after all; look"
              + " again");
    }
    return next;
  }
}
