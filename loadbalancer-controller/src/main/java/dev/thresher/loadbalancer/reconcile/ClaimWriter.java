package dev.thresher.loadbalancer.reconcile;

import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import dev.thresher.api.net.AddressClaim;
import dev.thresher.api.net.NetTypes;
import dev.thresher.loadbalancer.ipam.Claim;
import dev.thresher.loadbalancer.ipam.ClaimBook;
import dev.thresher.loadbalancer.ipam.ClaimKey;
import dev.thresher.runtime.client.KubeApi;
import dev.thresher.runtime.client.KubeApiException;
import dev.thresher.runtime.client.KubeApiException.Reason;
import dev.thresher.runtime.client.Precondition;
import dev.thresher.runtime.patch.Patch;
import dev.thresher.runtime.patch.Patches;
import dev.thresher.runtime.time.Timeline;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;

/// Writes claim objects, and notes in the book what was written.
///
/// Each write of an existing claim carries the version it was decided on: a claim that changed
/// since is a conflict, and the reconcile looks again.
final class ClaimWriter {

  private final KubeApi api;
  private final ClaimBook book;
  private final Timeline timeline;
  private final Consumer<String> poolChanged;
  private final AtomicReference<Instant> lastAllocation = new AtomicReference<>(Instant.MIN);

  /// @param poolChanged is told the name of each pool whose claims change
  ClaimWriter(KubeApi api, ClaimBook book, Timeline timeline, Consumer<String> poolChanged) {
    this.api = api;
    this.book = book;
    this.timeline = timeline;
    this.poolChanged = poolChanged;
  }

  /// @throws KubeApiException with reason `ALREADY_EXISTS` if the address is claimed
  Claim create(Wish wish, ClaimKey key, String pool, ClaimDocument.Subnet subnet, boolean wanted) {
    AddressClaim object =
        api.create(
            NetTypes.ADDRESS_CLAIM,
            ClaimDocument.of(key, pool, subnet, wish, wanted, allocationTime()));
    return noted(object);
  }

  /// A claim of this owner is in use, by the object with this UID.
  Claim takeBack(Claim claim, Wish wish) {
    Claim now = claim;
    if (!now.active()) {
      JsonObject document = Patches.nest(JsonNull.INSTANCE, "status", "releasedAt");
      now = patched(now, Patches.merge(now.version(), document, "status"));
    }
    if (!now.ownerUid().equals(wish.uid())) {
      now = patched(now, Patches.merge(now.version(), ClaimDocument.usedBy(wish), ""));
    }
    return now;
  }

  /// A released claim of the group becomes this member's.
  ///
  /// The owner changes first: until the release is taken back the claim holds the address down, and
  /// it is the new owner's.
  Claim takeOver(Claim claim, Wish wish) {
    JsonObject document = ClaimDocument.ownedBy(wish);
    return takeBack(patched(claim, Patches.merge(claim.version(), document, "")), wish);
  }

  /// A released claim becomes somebody else's, as if it had been made for it.
  Claim takeOver(Claim claim, Wish wish, ClaimDocument.Subnet subnet, boolean wanted) {
    JsonObject document = ClaimDocument.givenTo(wish, subnet, wanted, allocationTime());
    return takeBack(patched(claim, Patches.merge(claim.version(), document, "")), wish);
  }

  /// The owner is gone: the address may be given to others once the pool's history names the owner.
  void release(Claim claim) {
    if (!claim.active()) {
      return;
    }
    JsonObject document =
        Patches.nest(new JsonPrimitive(timeline.now().toString()), "status", "releasedAt");
    Patch.Merge patch = Patches.merge(claim.version(), document, "status");
    Optional<AddressClaim> object =
        api.patch(NetTypes.ADDRESS_CLAIM, ClaimDocument.name(claim.key()), patch);
    if (object.isPresent()) {
      noted(object.get());
    } else {
      book.forget(claim.key(), claim.uid());
      poolChanged.accept(claim.pool());
    }
  }

  /// Ends a released claim, if nobody took it back meanwhile.
  ///
  /// @return false if somebody did
  boolean end(Claim claim) {
    try {
      api.delete(
          NetTypes.ADDRESS_CLAIM,
          ClaimDocument.name(claim.key()),
          new Precondition(Optional.of(claim.uid()), Optional.of(claim.version())));
    } catch (KubeApiException e) {
      if (e.is(Reason.CONFLICT)) {
        return false;
      }
      throw e;
    }
    book.forget(claim.key(), claim.uid());
    return true;
  }

  private Claim patched(Claim claim, Patch patch) {
    return api.patch(NetTypes.ADDRESS_CLAIM, ClaimDocument.name(claim.key()), patch)
        .map(this::noted)
        .orElseThrow(() -> {
          book.forget(claim.key(), claim.uid());
          return new KubeApiException(
              Reason.CONFLICT,
              409,
              "the claim of " + claim.key() + " is gone",
              Optional.empty(),
              null);
        });
  }

  private Claim noted(AddressClaim object) {
    Claim claim =
        ClaimDocument.read(object)
            .orElseThrow(() ->
                new IllegalStateException(
                    "the API server answered with a claim without address or owner: "
                        + object.getMetadata().getName()));
    book.record(claim);
    poolChanged.accept(claim.pool());
    return claim;
  }

  /// The time of an allocation: later than any before, so that the newest one of a pool is known.
  private Instant allocationTime() {
    Instant now = timeline.now();
    return lastAllocation.updateAndGet(last -> now.isAfter(last) ? now : last.plusNanos(1000));
  }
}
