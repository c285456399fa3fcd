package dev.thresher.vip.majority;

import dev.thresher.runtime.client.KubeApi;
import dev.thresher.vip.lease.VoterRecord;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.SortedSet;

/// The record of voters in the hands of a person, for the day on which a majority of the voters, or
/// the API server's record itself, is gone for good: nobody else can change it then. Blocks; any
/// thread.
public final class ForcedVoters {

  private final VoterStore store;
  private final Optional<VoterRecord> kept;

  /// @param namespace of the Leases
  /// @param kept the record that this node followed last, if it keeps a copy
  public ForcedVoters(KubeApi api, String namespace, Optional<VoterRecord> kept) {
    this.store = new VoterStore(api, namespace);
    this.kept = kept;
  }

  /// The copy of the record that a vip-manager keeps; empty if there is none.
  ///
  /// @param directory its `vip_state_dir`
  /// @throws IOException if there is a file that cannot be read as one
  public static Optional<VoterRecord> kept(Path directory) throws IOException {
    return Files.isDirectory(directory) ? new VoterFile(directory).read() : Optional.empty();
  }

  /// The record as it is; empty if there is none.
  ///
  /// @throws IllegalArgumentException if somebody wrote what cannot be read
  public Optional<VoterRecord> present() {
    return store.read().map(VoterStore.Stored::record);
  }

  /// Opens the way back to the right by Leases, and removes the record of voters and the witness:
  /// voters of now must not be in force when a majority is to be asked again. *Unsafe* unless all
  /// vip-managers are off.
  ///
  /// @return false if that way is open, and there is no record
  /// @throws IllegalStateException if somebody writes at the same time
  public boolean end() {
    boolean removed = store.remove();
    if (store.holders().filter(VoterStore.Holders::closed).isEmpty()) {
      return removed;
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
  /// What the API server lost, because the record was deleted or an older one came back from a
  /// backup of etcd, is taken from this node's copy: nodes follow no version that is older than
  /// theirs.
  ///
  /// @return the record that is in force from now on
  /// @throws IllegalStateException if there is no record here or there, they are of two
  ///   foundations, or it was changed meanwhile
  public VoterRecord force(SortedSet<String> voters) {
    Optional<VoterStore.Stored> stored = store.read();
    VoterRecord next = newest(stored.map(VoterStore.Stored::record)).forced(voters);
    boolean written = stored.isPresent() ? store.change(stored.get(), next) : store.create(next);
    if (!written) {
      throw new IllegalStateException(
          "the record of voters was changed meanwhile: a majority may be there after all; look"
              + " again");
    }
    return next;
  }

  private VoterRecord newest(Optional<VoterRecord> stored) {
    VoterRecord base =
        stored
            .or(() -> kept)
            .orElseThrow(() ->
                new IllegalStateException(
                    "there is no record of voters to replace, neither in the API server nor in"
                        + " vip_state_dir here: if nodes follow one (vip-manager status), say this"
                        + " on one of them, with its settings; if none does, start one node with"
                        + " --bootstrap"));
    if (kept.isEmpty()) {
      return base;
    }
    if (kept.get().cluster() != base.cluster()) {
      throw new IllegalStateException(
          "the record in the API server is of another foundation than the copy in vip_state_dir"
              + " here: say this on a node that follows the one that is to be in force, or remove"
              + " voters.json here");
    }
    return kept.get().version() > base.version() ? kept.get() : base;
  }
}
