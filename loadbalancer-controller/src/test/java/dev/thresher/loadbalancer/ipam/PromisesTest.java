package dev.thresher.loadbalancer.ipam;

import static dev.thresher.api.address.IpFamily.IPV4;
import static dev.thresher.loadbalancer.ipam.Pools.claim;
import static dev.thresher.loadbalancer.ipam.Pools.ip;
import static dev.thresher.loadbalancer.ipam.Pools.range;
import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.api.address.IpAddress;
import dev.thresher.loadbalancer.ipam.Quota.Kind;
import dev.thresher.loadbalancer.ipam.Quota.Member;
import dev.thresher.loadbalancer.ipam.Reservation.Holder;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What a pool keeps for some and allows to others.
final class PromisesTest {

  private static final Owner A = new Owner("ns", "a");
  private static final Owner B = new Owner("ns", "b");
  private static final Owner C = new Owner("other", "c");
  private static final Claimant GUEST =
      new Claimant(new Owner("ns", "g1-default-web-1"), "g1", "default", "web");

  private final ClaimBook book = new ClaimBook();

  private static Pool pool(List<Reservation> reservations, Quota... quotas) {
    return new Pool(
        "p",
        "",
        0,
        List.of(),
        List.of(range("192.0.2.0/24 192.0.2.10 192.0.2.13")),
        Map.of(),
        reservations,
        List.of(quotas));
  }

  private static final Pool KEEPING =
      pool(
          List.of(
              new Reservation(ip("192.0.2.10"), new Holder.LoadBalancer(A)),
              new Reservation(
                  ip("192.0.2.12"), new Holder.GuestService("ns", "g1", "default", "web"))));

  private String ask(Pool pool, Claimant claimant, @Nullable IpAddress wanted, String... before) {
    Choice choice =
        book.reserve(
            new ClaimBook.Ask(
                pool,
                claimant,
                IPV4,
                wanted,
                List.of(before).stream().map(Pools::ip).toList(),
                null,
                _ -> false));
    return switch (choice) {
      case Choice.Given(IpAddress address, PoolRange _, Choice.Why why) -> why + " " + address;
      case Choice.Refused(Choice.Cause cause, String _) -> cause.toString();
    };
  }

  private String ask(Pool pool, Owner owner) {
    return ask(pool, Claimant.of(owner), null);
  }

  @Test
  void keptAddressesAreGivenToTheirOwnersOnly() {
    assertThat(ask(KEEPING, B)).isEqualTo("NEXT 192.0.2.11");
    assertThat(ask(KEEPING, C)).isEqualTo("NEXT 192.0.2.13");
    assertThat(ask(KEEPING, new Owner("ns", "d"))).isEqualTo("EXHAUSTED");
    assertThat(ask(KEEPING, A)).isEqualTo("RESERVED 192.0.2.10");
    assertThat(ask(KEEPING, GUEST, null)).isEqualTo("RESERVED 192.0.2.12");
  }

  @Test
  void aKeptAddressComesBeforeAFormerOne() {
    assertThat(ask(KEEPING, Claimant.of(A), null, "192.0.2.13")).isEqualTo("RESERVED 192.0.2.10");
    assertThat(ask(KEEPING, Claimant.of(B), null, "192.0.2.10")).isEqualTo("NEXT 192.0.2.11");
  }

  @Test
  void whoWantsAnothersAddressIsTold() {
    assertThat(ask(KEEPING, Claimant.of(B), ip("192.0.2.10"))).isEqualTo("RESERVED_FOR_ANOTHER");
    assertThat(ask(KEEPING, Claimant.of(A), ip("192.0.2.10"))).isEqualTo("WANTED 192.0.2.10");
    // The owner may want another one.
    assertThat(ask(KEEPING, GUEST, ip("192.0.2.13"))).isEqualTo("WANTED 192.0.2.13");
  }

  @Test
  void aKeptAddressThatIsTakenIsNotWaitedFor() {
    book.record(claim(KEEPING, "192.0.2.10", "ns/z", 1));

    assertThat(ask(KEEPING, A)).isEqualTo("NEXT 192.0.2.11");
  }

  @ParameterizedTest
  @CsvSource({
    "ns, g1, default, web, true",
    "other, g1, default, web, false",
    "ns, g2, default, web, false",
    "ns, g1, kube-system, web, false",
    "ns, g1, default, db, false",
  })
  void aGuestServiceIsKnownByAllOfIt(
      String namespace, String cluster, String serviceNamespace, String name, boolean same) {
    var claimant = new Claimant(new Owner(namespace, "x"), cluster, serviceNamespace, name);

    assertThat(new Holder.GuestService("ns", "g1", "default", "web").is(claimant)).isEqualTo(same);
  }

  @Test
  void quotasCountClaimsAndWhatIsBegun() {
    Pool pool = pool(List.of(), new Quota(Kind.NAMESPACE, "ns", 2));
    book.record(claim(pool, "192.0.2.10", "ns/a", 1));

    assertThat(ask(pool, B)).isEqualTo("NEXT 192.0.2.11");
    assertThat(ask(pool, new Owner("ns", "d"))).isEqualTo("OVER_QUOTA");
    assertThat(ask(pool, C)).isEqualTo("NEXT 192.0.2.12");
    // What was begun goes on, whatever the quota.
    assertThat(ask(pool, B)).isEqualTo("BEGUN 192.0.2.11");
    book.forget(new ClaimKey("", ip("192.0.2.10")), "uid-192.0.2.10");
    assertThat(ask(pool, new Owner("ns", "d"))).isEqualTo("NEXT 192.0.2.13");
  }

  @Test
  void quotasOfProjectsAndGuestClustersGoByWhereOneBelongs() {
    Pool pool =
        pool(List.of(), new Quota(Kind.PROJECT, "c/p", 1), new Quota(Kind.GUEST_CLUSTER, "*", 1));
    book.belong(
        Map.of(
            A,
            new Member("ns", "c/p", ""),
            B,
            new Member("ns2", "c/p", ""),
            C,
            new Member("ns3", "", "g1"),
            GUEST.owner(),
            new Member("ns4", "", "g1")));

    assertThat(ask(pool, A)).isEqualTo("NEXT 192.0.2.10");
    assertThat(ask(pool, B)).isEqualTo("OVER_QUOTA");
    assertThat(ask(pool, C)).isEqualTo("NEXT 192.0.2.11");
    assertThat(ask(pool, GUEST, null)).isEqualTo("OVER_QUOTA");
    assertThat(ask(pool, new Owner("ns5", "e"))).isEqualTo("NEXT 192.0.2.12");
  }

  @ParameterizedTest(name = "{0}/{1}/{2}: {3}")
  @CsvSource(
      delimiter = '|',
      value = {
        "a | '' | ''  | namespace a 1",
        "b | '' | ''  | namespace b 5",
        "b | p  | ''  | namespace b 5, project p 7",
        "a | q  | g   | namespace a 1, guest cluster g 9",
      })
  void aNamedQuotaCountsInPlaceOfThatOfEverybody(
      String namespace, String project, String cluster, String expected) {
    List<Quota> quotas =
        List.of(
            new Quota(Kind.NAMESPACE, "*", 5),
            new Quota(Kind.NAMESPACE, "a", 1),
            new Quota(Kind.PROJECT, "p", 7),
            new Quota(Kind.GUEST_CLUSTER, "*", 9));

    assertThat(Quota.applying(quotas, new Member(namespace, project, cluster)))
        .map(quota -> quota.kind().text() + " " + quota.who() + " " + quota.addresses())
        .containsExactly(expected.split(", ", -1));
  }

  /// Of a full pool every address would be looked at for each who waits, whenever one wakes.
  @Test
  void aFullPoolIsSearchedOnce() {
    Pool pool = pool(List.of());
    var looks = new AtomicInteger();
    int searched = 0;
    for (int i = 0; i < 50; i++) {
      searched = i == 1 ? looks.get() : searched;
      Choice choice =
          book.reserve(
              new ClaimBook.Ask(
                  pool,
                  Claimant.of(new Owner("ns", "w" + i)),
                  IPV4,
                  null,
                  List.of(),
                  null,
                  _ -> looks.incrementAndGet() > 0));
      assertThat(choice).isInstanceOf(Choice.Refused.class);
    }

    assertThat(looks.get()).isPositive().isEqualTo(searched);
  }

  @Test
  void whatWasHeldWithoutAClaimIsLookedAtAgainWhenItMayBeFree() {
    Pool pool = pool(List.of());
    var held = new AtomicInteger(1);
    for (int i = 0; i < 2; i++) {
      Choice choice =
          book.reserve(
              new ClaimBook.Ask(
                  pool, Claimant.of(A), IPV4, null, List.of(), null, _ -> held.get() == 1));
      assertThat(choice).isInstanceOf(Choice.Refused.class);
    }
    held.set(0);
    book.mayHaveFreed();

    assertThat(ask(pool, A)).isEqualTo("NEXT 192.0.2.10");
  }
}
