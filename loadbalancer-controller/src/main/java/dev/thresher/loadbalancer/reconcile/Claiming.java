package dev.thresher.loadbalancer.reconcile;

import dev.thresher.api.ObjectKey;
import dev.thresher.api.net.AddressClaim;
import dev.thresher.api.net.NetTypes;
import dev.thresher.loadbalancer.ipam.Claim;
import dev.thresher.loadbalancer.ipam.ClaimBook;
import dev.thresher.loadbalancer.ipam.ClaimKey;
import dev.thresher.runtime.client.KubeApi;
import dev.thresher.runtime.client.KubeApiException;
import dev.thresher.runtime.client.KubeApiException.Reason;
import java.util.Optional;

/// Makes an address that the book keeps back for an owner its own, if nobody is quicker.
final class Claiming {

  private final KubeApi api;
  private final ClaimBook book;
  private final ClaimWriter writer;

  Claiming(KubeApi api, ClaimBook book, ClaimWriter writer) {
    this.api = api;
    this.book = book;
    this.writer = writer;
  }

  /// @return the claim, if it is this owner's now; empty if somebody else has the address
  Optional<Claim> claim(
      Wish wish, ClaimKey key, String pool, ClaimDocument.Subnet subnet, boolean wanted) {
    try {
      return Optional.of(writer.create(wish, key, pool, subnet, wanted));
    } catch (KubeApiException e) {
      if (e.is(Reason.ALREADY_EXISTS)) {
        return existing(wish, key);
      }
      if (isCertain(e)) {
        book.cancel(key, wish.owner());
      }
      // Without an answer the claim may exist: the address stays kept back for this owner, so that
      // the next try is the same one and finds its own claim.
      throw e;
    }
  }

  /// Makes the released claim of an address that the book keeps back this owner's.
  ///
  /// @throws KubeApiException with reason `CONFLICT` if the claim has changed or ended meanwhile
  void takeOver(Wish wish, Claim released, ClaimDocument.Subnet subnet, boolean wanted) {
    keptBack(wish, released, () -> writer.takeOver(released, wish, subnet, wanted));
  }

  /// A claim of this owner is its own again, as [#takeOver].
  void takeBack(Wish wish, Claim claim) {
    keptBack(wish, claim, () -> writer.takeBack(claim, wish));
  }

  private void keptBack(Wish wish, Claim claim, Runnable write) {
    try {
      write.run();
    } catch (KubeApiException e) {
      if (isCertain(e)) {
        book.cancel(claim.key(), wish.owner());
      }
      throw e;
    }
  }

  /// Whose claim it is that was there already.
  private Optional<Claim> existing(Wish wish, ClaimKey key) {
    ObjectKey name = ClaimDocument.name(key);
    Optional<AddressClaim> object = api.get(NetTypes.ADDRESS_CLAIM, name);
    book.cancel(key, wish.owner());
    Optional<Claim> claim = object.flatMap(ClaimDocument::read);
    claim.ifPresent(book::record);
    if (claim.isEmpty() || !claim.get().owner().equals(wish.owner())) {
      return Optional.empty();
    }
    boolean asItIs = claim.get().active() && claim.get().ownerUid().equals(wish.uid());
    return Optional.of(asItIs ? claim.get() : writer.takeBack(claim.get(), wish));
  }

  private static boolean isCertain(KubeApiException e) {
    return switch (e.reason()) {
      case CONFLICT,
          ALREADY_EXISTS,
          INVALID,
          UNAUTHORIZED,
          FORBIDDEN,
          NOT_FOUND,
          GONE,
          THROTTLED,
          FENCED ->
          true;
      case SERVER_ERROR, UNREACHABLE -> false;
    };
  }
}
