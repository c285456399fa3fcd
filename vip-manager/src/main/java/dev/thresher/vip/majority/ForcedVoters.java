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

  /// Opens the way back to the right by Leases. *Unsafe* unless all vip-managers are off.
  ///
  /// @return false if that way is open
  /// @throws IllegalStateException if somebody writes at the same time
  public boolean end() {
    if (store.holders().filter(VoterStore.Holders::closed).isEmpty()) {
      return false;
    }
    if (!store.reopen()) {
      throw new IllegalStateException(
          "the record of holders was changed meanwhile: are all vip-managers off?");
    }
    return true;
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
