package dev.thresher.loadbalancer.ipam;

import static dev.thresher.api.address.IpFamily.IPV4;
import static dev.thresher.loadbalancer.ipam.Pools.claim;
import static dev.thresher.loadbalancer.ipam.Pools.ip;
import static dev.thresher.loadbalancer.ipam.Pools.pool;
import static dev.thresher.loadbalancer.ipam.Pools.range;
import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.api.address.IpAddress;
import java.time.Instant;
import java.util.List;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;

final class ClaimBookTest {

  private static final Pool POOL = pool("p", range("192.0.2.0/24 192.0.2.10 192.0.2.12"));
  private static final Owner A = new Owner("ns", "a");
  private static final Owner B = new Owner("ns", "b");
  private static final Owner C = new Owner("ns", "c");
  private static final Owner D = new Owner("ns", "d");

  private final ClaimBook book = new ClaimBook();

  private IpAddress reserve(Owner owner) {
    return switch (book.reserve(ask(POOL, owner, _ -> false))) {
      case Choice.Given(IpAddress address, PoolRange _, Choice.Why _) -> address;
      case Choice.Refused(Choice.Cause _, String message) -> throw new AssertionError(message);
    };
  }

  private boolean exhausted() {
    return book.reserve(ask(POOL, D, _ -> false)) instanceof Choice.Refused;
  }

  private static ClaimBook.Ask ask(Pool pool, Owner owner, Predicate<IpAddress> heldElsewhere) {
    return new ClaimBook.Ask(pool, Claimant.of(owner), IPV4, null, List.of(), null, heldElsewhere);
  }

  private static ClaimKey key(String address) {
    return new ClaimKey("", ip(address));
  }

  @Test
  void reservationsKeepWorkersApart() {
    assertThat(reserve(A)).isEqualTo(ip("192.0.2.10"));
    assertThat(reserve(B)).isEqualTo(ip("192.0.2.11"));
    assertThat(reserve(C)).isEqualTo(ip("192.0.2.12"));
    assertThat(exhausted()).isTrue();
  }

  @Test
  void ownerWhoseClaimMayHaveBeenMadeGetsTheSameAddressAgain() {
    IpAddress first = reserve(A);

    assertThat(reserve(A)).isEqualTo(first);
    book.cancelAll(A);
    assertThat(reserve(B)).isNotEqualTo(first);
    assertThat(reserve(A)).isNotEqualTo(first);
  }

  @Test
  void cancelledReservationIsFree() {
    reserve(A);
    reserve(B);
    reserve(C);

    book.cancel(key("192.0.2.11"), A);
    assertThat(exhausted()).isTrue();
    book.cancel(key("192.0.2.11"), B);
    assertThat(reserve(D)).isEqualTo(ip("192.0.2.11"));
  }

  @Test
  void claimsAreFoundByOwnerPoolAndAddress() {
    Claim claim = claim(POOL, "192.0.2.11", "ns/a", 1);
    book.record(claim);

    assertThat(book.of(A)).containsExactly(claim);
    assertThat(book.ofPool("p")).containsExactly(claim);
    assertThat(book.at(key("192.0.2.11"))).contains(claim);
    assertThat(book.of(B)).isEmpty();
    assertThat(book.activeByPool()).containsEntry("p", 1L);
    assertThat(book.inUse(claim.address())).containsExactly(claim);
    book.forget(claim.key(), claim.uid());
    assertThat(book.inUse(claim.address())).isEmpty();
  }

  @Test
  void releasedClaimIsStillTakenUntilItIsGone() {
    Claim claim = claim(POOL, "192.0.2.10", "ns/a", 1, Instant.EPOCH);
    book.record(claim);

    assertThat(reserve(B)).isEqualTo(ip("192.0.2.11"));
    assertThat(book.activeByPool()).isEmpty();
    assertThat(book.inUse(claim.address())).isEmpty();
    book.forget(claim.key(), claim.uid());
    assertThat(book.of(A)).isEmpty();
    assertThat(reserve(C)).isEqualTo(ip("192.0.2.12"));
    assertThat(reserve(D)).isEqualTo(ip("192.0.2.10"));
  }

  @Test
  void lateNewsOfAnOldClaimDoesNotForgetItsSuccessor() {
    book.record(claim(POOL, "192.0.2.10", "ns/a", 1));

    book.forget(key("192.0.2.10"), "uid of an older object");

    assertThat(book.of(A)).hasSize(1);
  }

  @Test
  void changeOfOwnerMovesTheClaim() {
    book.record(claim(POOL, "192.0.2.10", "ns/a", 1));
    book.record(claim(POOL, "192.0.2.10", "ns/b", 1));

    assertThat(book.of(A)).isEmpty();
    assertThat(book.of(B)).hasSize(1);
  }

  @Test
  void oneAddressIsReservedForOneOwner() {
    assertThat(book.reserve(key("203.0.113.9"), A)).isTrue();
    assertThat(book.reserve(key("203.0.113.9"), A)).isTrue();
    assertThat(book.reserve(key("203.0.113.9"), B)).isFalse();
    book.record(claim(POOL, "203.0.113.9", "ns/a", 1));
    assertThat(book.reserve(key("203.0.113.9"), A)).isFalse();
  }

  @Test
  void heldElsewhereIsPassed() {
    Choice choice = book.reserve(ask(POOL, A, ip("192.0.2.10")::equals));

    assertThat(choice)
        .isInstanceOfSatisfying(
            Choice.Given.class, given -> assertThat(given.address()).isEqualTo(ip("192.0.2.11")));
  }

  @Test
  void theSameAddressOnTwoNetworksIsTwoAddresses() {
    var other = new Pool("q", "ns/vlan2", 0, List.of(), List.of(range("192.0.2.0/24 192.0.2.10")));
    assertThat(reserve(A)).isEqualTo(ip("192.0.2.10"));

    Choice choice = book.reserve(ask(other, B, _ -> false));

    assertThat(choice)
        .isInstanceOfSatisfying(
            Choice.Given.class, given -> assertThat(given.address()).isEqualTo(ip("192.0.2.10")));
  }
}
